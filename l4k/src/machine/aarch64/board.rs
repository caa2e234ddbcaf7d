//! A board as data: what a board support crate says of its machine.

use crate::MemoryRange;
use crate::base::address::PhysicalAddress;
use crate::kernel::boot::Device;

/// A board.
#[derive(Debug)]
pub struct Board {
    /// Its name.
    pub name: &'static str,
    /// Where a device tree lies if the loader passes none: its physical address.
    pub device_tree: Option<u64>,
    /// Devices that programs are told of.
    pub devices: &'static [Device<'static>],
    /// Device memory that programs may have. Must not contain the interrupt controller.
    pub device_memory: &'static [MemoryRange],
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
