//! A part of the first program's address space through which it writes into frames that it is about to give away: one frame at a time, small or large.
#![allow(unsafe_code)]

use core::{fmt, ptr};

use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::{Error, FrameSize, MapAttributes, Rights};
use l4k_sys::{AddressSpace, Frame};

/// Address space of a large frame in which nothing is mapped, but while a frame is written.
pub struct Window {
    address: u64,
}

impl fmt::Debug for Window {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Window").field("address", &format_args!("{:#x}", self.address)).finish()
    }
}

impl Window {
    /// The window behind `end` and at least a page that stays empty as a guard, where a large frame can be mapped.
    #[must_use]
    pub const fn after(end: u64) -> Window {
        Window { address: (end.next_multiple_of(PAGE_SIZE) + PAGE_SIZE).next_multiple_of(FrameSize::Large.bytes()) }
    }

    /// Writes to the beginning of a small or large frame that is mapped nowhere, through `space`, the caller's own.
    ///
    /// # Errors
    /// Those of mapping a frame; `InvalidArgument` for more bytes than the frame has.
    pub fn write(&mut self, space: AddressSpace, frame: Frame, bytes: &[u8]) -> Result<(), Error> {
        // Every frame has a page. Whoever wants more has to have a large one.
        let length = bytes.len() as u64;
        if length > PAGE_SIZE && length > 1u64.checked_shl(u32::from(frame.query()?.size_bits)).unwrap_or(0) {
            return Err(Error::InvalidArgument);
        }
        frame.map(space, self.address, Rights::READ.union(Rights::WRITE), MapAttributes::NORMAL)?;
        // SAFETY: the kernel has just mapped the frame writable at this address, which it refuses if anything else is mapped there: its bytes are valid
        // for writes, no Rust value lies in them, and they cannot overlap `bytes`, which are at most as many.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.address as *mut u8, bytes.len()) };
        frame.unmap()
    }
}

#[cfg(test)]
impl Window {
    /// A window on memory of a test.
    pub(crate) fn on(page: &'static mut [u8]) -> Window {
        Window { address: page.as_mut_ptr() as u64 }
    }
}
