//! Registers of the devices: the one thing of this program that the compiler cannot check.
#![allow(unsafe_code)]

use l4k_drivers::devices;
use l4k_drivers::registers::Mapped;

/// The registers of the four devices that init gives, by the address that init has passed; `None` from the second call on.
pub fn at(address: u64) -> Option<[Mapped; 4]> {
    // SAFETY: init has mapped four devices from this address on, in this address space alone, before it started this program; the devices do not reach into memory.
    unsafe { devices::take(address) }
}
