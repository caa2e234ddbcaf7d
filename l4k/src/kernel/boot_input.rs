//! What a board tells the kernel at boot.

use crate::base::address::PhysicalAddress;
use crate::base::arch::{Line, Trigger};

/// A range of physical memory, in whole pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryRange {
    /// First byte; a multiple of 4096.
    pub start: PhysicalAddress,
    /// Length in bytes; a multiple of 4096.
    pub bytes: u64,
}

/// A device of the board, told to the first program.
#[derive(Clone, Copy, Debug)]
pub struct Device<'a> {
    /// What the board uses it for, for example `console`.
    pub role: &'a str,
    /// What it is, as in the device tree.
    pub compatible: &'a str,
    /// Its registers.
    pub registers: MemoryRange,
    /// Its interrupt.
    pub interrupt: Option<(Line, Trigger)>,
    /// Rate of the clock that it works with, in hertz; 0 if the board does not know.
    pub clock_hertz: u64,
}

/// Everything that the kernel has to know of a machine to start the first program.
#[derive(Clone, Copy, Debug)]
pub struct BootInput<'a> {
    /// The board's name.
    pub board: &'a str,
    /// Normal memory that is free: without the kernel's image, tables and stacks and without the package.
    pub memory: &'a [MemoryRange],
    /// Device memory that programs may have: without the devices that the kernel keeps.
    pub device_memory: &'a [MemoryRange],
    /// Devices.
    pub devices: &'a [Device<'a>],
    /// The package of programs, as the kernel sees it.
    pub package: &'a [u8],
    /// The package's physical address; a multiple of 4096.
    pub package_address: PhysicalAddress,
    /// How many cores the machine has in use.
    pub cores: u32,
}
