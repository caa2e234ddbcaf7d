//! One page of the first program's address space through which it writes into frames that it is about to give away.
#![allow(unsafe_code)]

use core::ptr;

use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::{Error, MapAttributes, Rights};
use l4k_sys::{AddressSpace, Frame};

const PAGE_BYTES: usize = PAGE_SIZE as usize;

/// A page of address space in which nothing is mapped, but while a frame is written.
#[derive(Debug)]
pub struct Window {
    address: u64,
}

impl Window {
    /// The window on the second page after `end`; the first stays empty as a guard.
    #[must_use]
    pub const fn after(end: u64) -> Window {
        Window { address: end.next_multiple_of(PAGE_SIZE) + PAGE_SIZE }
    }

    /// Writes up to 4096 bytes to the beginning of a small frame that is mapped nowhere, through `space`, the caller's own.
    ///
    /// # Errors
    /// Those of mapping a frame; `InvalidArgument` for more bytes than a page has.
    pub fn write(&mut self, space: AddressSpace, frame: Frame, bytes: &[u8]) -> Result<(), Error> {
        if bytes.len() > PAGE_BYTES {
            return Err(Error::InvalidArgument);
        }
        frame.map(space, self.address, Rights::READ.union(Rights::WRITE), MapAttributes::NORMAL)?;
        // SAFETY: the kernel has just mapped a whole page writable at this address, which it refuses if anything else is mapped
        // there: the page is valid for writes, no Rust value lies in it, and it cannot overlap `bytes`, which are
        // at most a page.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.address as *mut u8, bytes.len()) };
        frame.unmap()
    }
}

#[cfg(test)]
impl Window {
    /// A window on memory of a test.
    pub(crate) fn on(page: &'static mut [u8; PAGE_BYTES]) -> Window {
        Window { address: page.as_mut_ptr() as u64 }
    }
}
