//! Registers of the I2C controller and of the pins: the one thing of this driver that the compiler cannot check.
#![allow(unsafe_code)]

use l4k_drivers::devices;
use l4k_drivers::registers::Mapped;

/// The registers of both devices, by the address that init has passed; `None` from the second call on.
pub fn at(address: u64) -> Option<[Mapped; 2]> {
    // SAFETY: init has mapped two devices from this address on, in this address space alone, before it started this program; the devices do not reach into memory.
    unsafe { devices::take(address) }
}
