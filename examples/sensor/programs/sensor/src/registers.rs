//! Registers of the I2C controller and of the pins: the one thing of this driver that the compiler cannot check.
#![allow(unsafe_code)]

use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use l4k_drivers::registers::Mapped;

/// Bytes of each block.
const BYTES: usize = 0x100;

/// Bytes from the first device's registers to the second's: `l4k_init::solo::DEVICE_STRIDE`.
const STRIDE: usize = 0x1_0000;

/// Whether the registers were taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The registers of both devices, by the address that init has passed; `None` from the second call on.
pub fn at(address: u64) -> Option<[Mapped; 2]> {
    let first = NonNull::new(address as *mut u32)?;
    let second = NonNull::new((address as usize + STRIDE) as *mut u32)?;
    if TAKEN.swap(true, Ordering::Relaxed) {
        return None;
    }
    // SAFETY: init has mapped a page of device memory at both addresses, in this address space alone, before it started this program;
    // `TAKEN` sees to it that there is one value for each; the devices do not reach into memory.
    Some([first, second].map(|base| unsafe { Mapped::new(base, BYTES) }))
}
