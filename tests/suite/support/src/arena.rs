//! The addresses that the tests may map, read, write and jump to as they like: no Rust value ever lies there.

use core::ops::Range;

use l4k_sys::abi::memory::USER_END;

/// The addresses. Programs are linked below; the suite's stacks and windows are below, too.
pub const ARENA: Range<u64> = 0x10_0000_0000..USER_END;

/// An address in the kernel's half.
pub const KERNEL_ADDRESS: u64 = 0xffff_0000_0000_0000;

/// Whether a test may write there: in the arena, or where no program can have anything.
#[must_use]
pub const fn is_free_for_tests(address: u64) -> bool {
    address >= ARENA.start
}
