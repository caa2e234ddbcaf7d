//! RAM of the simulated machine: a piece of host memory. Calls `base`.
#![allow(unsafe_code)]

extern crate std;

use super::Simulated;
use crate::base::store::Store;
use std::alloc::Layout;

/// Physical address of the first byte of RAM.
pub const RAM_START: u64 = 0x4000_0000;

/// Host alignment of RAM: that of the largest object that the kernel keeps a Rust type in, and more.
const ALIGNMENT: usize = 1 << 21;

/// Bytes of a page.
pub const PAGE: usize = 4096;

/// RAM: host memory, zero at first. The kernel reads and writes it directly: what stands here is what the data caches of all cores say.
#[derive(Debug)]
pub struct Ram {
    bytes: *mut u8,
    layout: Layout,
}

// SAFETY: the memory belongs to this value alone; moving it to another thread moves the only pointer to it.
unsafe impl Send for Ram {}

impl Ram {
    /// RAM of a size.
    ///
    /// # Panics
    /// If the host has no such memory.
    #[must_use]
    pub fn new(bytes: usize) -> Ram {
        let layout = Layout::from_size_align(bytes, ALIGNMENT).expect("a size of RAM");
        // SAFETY: the size is not zero: every test gives at least a page.
        let memory = unsafe { std::alloc::alloc_zeroed(layout) };
        assert!(!memory.is_null(), "out of host memory");
        Ram { bytes: memory, layout }
    }

    /// Where physical address 0 would be.
    #[must_use]
    pub fn window(&self) -> *mut u8 {
        self.bytes.wrapping_sub(RAM_START as usize)
    }

    /// Size.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.layout.size() as u64
    }

    /// Whether all these bytes are in RAM.
    #[must_use]
    pub fn contains(&self, address: u64, bytes: u64) -> bool {
        address >= RAM_START && bytes <= self.size() && address - RAM_START <= self.size() - bytes
    }

    /// A byte.
    ///
    /// # Panics
    /// If the address is not in RAM.
    #[must_use]
    pub fn byte(&self, address: u64) -> u8 {
        // SAFETY: `place` checks the range; initialised (zero at first).
        unsafe { self.place(address, 1).read() }
    }

    /// A word, aligned or not.
    ///
    /// # Panics
    /// If the address is not in RAM.
    #[must_use]
    pub fn word(&self, address: u64) -> u64 {
        // SAFETY: `place` checks the range; initialised (zero at first).
        unsafe { self.place(address, 8).cast::<u64>().read_unaligned() }
    }

    /// Writes a word.
    ///
    /// # Panics
    /// If the address is not in RAM.
    pub fn set_word(&mut self, address: u64, value: u64) {
        // SAFETY: `place` checks the range; object memory that no reference is alive to while the machine is called.
        unsafe { self.place(address, 8).cast::<u64>().write_unaligned(value) }
    }

    /// Copies bytes out of RAM.
    ///
    /// # Panics
    /// If they are not in RAM.
    pub fn read(&self, address: u64, bytes: &mut [u8]) {
        let place = self.place(address, bytes.len());
        // SAFETY: `place` checks the range; `bytes` is no part of RAM, to which there are no references.
        unsafe { bytes.as_mut_ptr().copy_from_nonoverlapping(place, bytes.len()) }
    }

    fn place(&self, address: u64, bytes: usize) -> *mut u8 {
        assert!(self.contains(address, bytes as u64), "{address:#x} is not in RAM");
        self.window().wrapping_add(address as usize)
    }
}

/// The memory of a simulated machine, for a kernel that tests run.
#[must_use]
pub fn store_of(machine: Simulated) -> Store<Simulated> {
    // SAFETY: the object memory is this machine's RAM, which it owns. Tests give the store to a kernel, and change objects through it only to see that
    // checks find it.
    unsafe { Store::new(machine) }
}

impl Drop for Ram {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout, freed once.
        unsafe { std::alloc::dealloc(self.bytes, self.layout) }
    }
}
