//! Device registers of 32 bits: what device logic reads and writes. On the target they are memory of the device, in the tests of
//! this crate a model of it.
#![allow(unsafe_code)]

use core::ptr::NonNull;

/// The place of a register: bytes from the start of its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(u16);

impl Offset {
    /// This many bytes from the start.
    ///
    /// # Panics
    /// If the offset is not a multiple of four. Meant for constants, where that is found out at compile time.
    #[must_use]
    pub const fn new(bytes: u16) -> Offset {
        assert!(bytes.is_multiple_of(4), "registers of 32 bits lie at multiples of four");
        Offset(bytes)
    }

    /// The register `count` registers further on. Wraps beyond 64 KiB, where no block reaches.
    #[must_use]
    pub const fn plus(self, count: u16) -> Offset {
        Offset(self.0.wrapping_add(count.wrapping_mul(4)))
    }

    /// Bytes from the start.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0 as usize
    }
}

/// A block of registers. Reading may have effects in the device, thus `&mut`.
pub trait Registers {
    /// Reads a register.
    fn read(&mut self, register: Offset) -> u32;

    /// Writes a register.
    fn write(&mut self, register: Offset, value: u32);

    /// Writes back what `change` makes of the register's value.
    fn modify(&mut self, register: Offset, change: impl FnOnce(u32) -> u32)
    where
        Self: Sized,
    {
        let value = self.read(register);
        self.write(register, change(value));
    }
}

/// Registers in memory that is mapped.
#[derive(Debug)]
pub struct Mapped {
    base: NonNull<u32>,
    bytes: usize,
}

impl Mapped {
    /// The block of `bytes` at `base`.
    ///
    /// # Safety
    /// `base` is a multiple of four; `bytes` from it on are mapped readable and writable, as device memory or memory without a cache, for as long as
    /// the value lives; nothing else in this program reads or writes them; and no access to the device has an effect on
    /// memory that Rust knows of.
    #[must_use]
    pub const unsafe fn new(base: NonNull<u32>, bytes: usize) -> Mapped {
        Mapped { base, bytes }
    }

    /// Where the register lies.
    ///
    /// # Panics
    /// If it is beyond the block: the driver was given another device's registers.
    fn at(&self, register: Offset) -> NonNull<u32> {
        assert!(register.bytes() + 4 <= self.bytes, "a register beyond its block");
        // SAFETY: the assertion holds the result inside the block that `new` was given.
        unsafe { self.base.byte_add(register.bytes()) }
    }
}

// SAFETY: `new` promises that the block is used through this value only, whichever thread has it.
unsafe impl Send for Mapped {}

impl Registers for Mapped {
    fn read(&mut self, register: Offset) -> u32 {
        // SAFETY: `at` gives an address inside the block, which `new` promises to be mapped and not used otherwise.
        unsafe { self.at(register).read_volatile() }
    }

    fn write(&mut self, register: Offset, value: u32) {
        // SAFETY: as for `read`.
        unsafe { self.at(register).write_volatile(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_lie_at_their_offsets() {
        let mut memory = [1u32, 2, 3];
        // SAFETY: the array lives longer than the block and is not used while the block lives.
        let mut block = unsafe { Mapped::new(NonNull::from(&mut memory).cast(), 12) };
        assert_eq!(block.read(Offset::new(4)), 2);
        block.write(Offset::new(0).plus(2), 9);
        block.modify(Offset::new(0), |value| value | 0x10);
        assert_eq!(memory, [0x11, 2, 9]);
    }

    #[test]
    #[should_panic(expected = "beyond its block")]
    fn a_register_beyond_the_block_is_not_touched() {
        let mut memory = [0u32; 3];
        // SAFETY: as above.
        let mut block = unsafe { Mapped::new(NonNull::from(&mut memory).cast(), 8) };
        block.write(Offset::new(8), 1);
    }
}
