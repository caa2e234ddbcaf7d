//! The framebuffer's memory: the one thing of this program that the compiler cannot check.
#![allow(unsafe_code)]

use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

/// Pixels in device memory.
pub struct Pixels {
    first: NonNull<u32>,
    count: usize,
}

/// Whether they were taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

impl Pixels {
    /// So many pixels at the address that init has passed; `None` from the second call on.
    pub fn at(address: u64, count: usize) -> Option<Pixels> {
        let first = NonNull::new(address as *mut u32)?;
        if TAKEN.swap(true, Ordering::Relaxed) {
            return None;
        }
        Some(Pixels { first, count })
    }

    /// Sets a pixel. One that is not there is passed over.
    pub fn set(&mut self, index: usize, value: u32) {
        if index < self.count {
            // SAFETY: init has mapped the framebuffer there, as many rows as it has said, in this address space alone; the index is below their
            // number of pixels, and `TAKEN` sees to it that there is one owner.
            unsafe { self.first.add(index).write_volatile(value) };
        }
    }
}
