//! Registers of the devices: the one thing of this program that the compiler cannot check.
#![allow(unsafe_code)]

use core::array;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use l4k_drivers::registers::Mapped;

/// Bytes of each block.
const BYTES: usize = 0x100;

/// Bytes from one device's registers to the next's: `l4k_init::solo::DEVICE_STRIDE`.
const STRIDE: usize = 0x1_0000;

/// Whether the registers were taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The registers of the four devices that init gives, by the address that it has passed; `None` from the second call on.
pub fn at(address: u64) -> Option<[Mapped; 4]> {
    let first = NonNull::new(address as *mut u32)?;
    if TAKEN.swap(true, Ordering::Relaxed) {
        return None;
    }
    // SAFETY: init has mapped four pages of device memory at these addresses, in this address space alone, before it started this program;
    // `TAKEN` sees to it that there is one value for each; the devices do not reach into memory.
    Some(array::from_fn(|index| unsafe { Mapped::new(first.byte_add(index * STRIDE), BYTES) }))
}
