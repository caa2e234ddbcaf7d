//! A board as data: what a board support crate says of its machine.

use crate::MemoryRange;
use crate::base::address::PhysicalAddress;
use crate::kernel::boot::Device;
pub use crate::machine::device_tree::Controller;

/// A board.
#[derive(Debug)]
pub struct Board {
    /// Its name.
    pub name: &'static str,
    /// Where a device tree lies if the loader passes none: its physical address.
    pub device_tree: Option<u64>,
    /// Memory that every model of the board has: taken if the loader tells nothing at all. Empty: it has to tell.
    pub least_memory: &'static [MemoryRange],
    /// Memory that is never given out.
    pub reserved: &'static [MemoryRange],
    /// The interrupt controller, or `None` if the device tree tells.
    pub interrupt_controller: Option<Controller>,
    /// The device that the kernel writes its messages to; the linker script names its page.
    pub console: Console,
    /// How the other cores are called.
    pub cores: Cores,
    /// Devices that programs are told of.
    pub devices: &'static [Device<'static>],
    /// Device memory that programs may have. Must not contain the interrupt controller. What the loader says is RAM is left out.
    pub device_memory: &'static [MemoryRange],
}

/// A device that bytes are written to one at a time. Offsets are bytes from the start of its page.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// The register that takes a byte.
    pub data: u64,
    /// The register that tells whether there is room for one.
    pub status: u64,
    /// Those of its bits that tell it.
    pub mask: u32,
    /// What these bits are when there is room.
    pub ready: u32,
    /// What is written to which register first, for loaders that leave the device as it is after reset.
    pub set_up: &'static [(u64, u32)],
}

impl Console {
    /// An Arm PL011 (DDI 0183G, 3.3): UARTDR, and UARTFR.TXFF.
    pub const PL011: Console = Console { data: 0x00, status: 0x18, mask: 1 << 5, ready: 0, set_up: &[] };

    /// The mini-UART in the page of the auxiliary devices (BCM2711 ARM Peripherals, 2.2): AUX_MU_IO_REG, and the bit of AUX_MU_LSR_REG that says that the
    /// transmitter takes at least one byte.
    pub const MINI_UART: Console = Console { data: 0x40, status: 0x54, mask: 1 << 5, ready: 1 << 5, set_up: &[] };
}

/// How the cores besides the first are called.
#[derive(Clone, Copy, Debug)]
pub enum Cores {
    /// There are none, or they are left alone.
    One,
    /// Each waits until an address to go on at appears in a word of memory: the words' physical addresses, of core 1, 2 and so on.
    SpinTable(&'static [u64]),
    /// Firmware is called to start each that the device tree names (PSCI, DEN0022).
    Firmware,
}

/// A range of physical memory in a constant of a board.
///
/// # Panics
/// At compile time, if the address is beyond 2^44.
#[must_use]
pub const fn range(start: u64, bytes: u64) -> MemoryRange {
    match PhysicalAddress::new(start) {
        Some(start) => MemoryRange { start, bytes },
        None => panic!("a physical address has at most 44 bits"),
    }
}
