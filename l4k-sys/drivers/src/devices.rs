//! Registers of the devices that this program was given when it was started, at one address and in steps from there: the other side of
//! `l4k_init::solo`. Calls `registers`.
#![allow(unsafe_code)]

use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::registers::Mapped;

/// From one device to the next, in bytes: `l4k_init::solo::DEVICE_STRIDE`.
pub const STRIDE: u64 = 0x1_0000;

/// Bytes of each block. Other devices may have the rest of its page.
pub const BLOCK_BYTES: usize = 0x100;

/// Whether the registers were taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The registers of the first `N` devices, by the address that the program was passed; `None` if no registers can lie there, and from the second
/// time on.
///
/// # Safety
/// At `address` and at the next multiples of [`STRIDE`] from there, `N` in all, [`BLOCK_BYTES`] each are mapped readable and writable, as device memory, and stay
/// so; but for what this function returns, nothing in this program reads or writes them; and no access to the devices has an effect on memory
/// that Rust knows of.
#[must_use]
pub unsafe fn take<const N: usize>(address: u64) -> Option<[Mapped; N]> {
    // SAFETY: as this function's, and there is one flag for the whole program.
    unsafe { take_once(&TAKEN, address) }
}

/// # Safety
/// As [`take`]'s, and each call for these addresses has the same flag.
unsafe fn take_once<const N: usize>(taken: &AtomicBool, address: u64) -> Option<[Mapped; N]> {
    let first = NonNull::new(address as *mut u32).filter(|first| first.is_aligned())?;
    address.checked_add(STRIDE * N as u64)?;
    if taken.swap(true, Ordering::Relaxed) {
        return None;
    }
    let bases: [_; N] =
        core::array::from_fn(|index| first.map_addr(|first| first.saturating_add(index * STRIDE as usize)));
    // SAFETY: the caller promises that a block of its own is mapped at each of these addresses; the flag sees to it that there is one value for each.
    Some(bases.map(|base| unsafe { Mapped::new(base, BLOCK_BYTES) }))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::registers::{Offset, Registers};
    use std::vec;

    const FIRST: Offset = Offset::new(0);
    const WORDS: usize = STRIDE as usize / 4;

    #[test]
    fn the_stride_is_that_of_the_starter() {
        assert_eq!(STRIDE, l4k_init::solo::DEVICE_STRIDE);
    }

    #[test]
    fn each_device_has_its_own_block_a_stride_from_the_last() {
        let mut memory = vec![0u32; 3 * WORDS];
        let address = memory.as_mut_ptr().expose_provenance() as u64;
        // SAFETY: the vector is longer than three blocks, and is not used while they are.
        let mut blocks: [Mapped; 3] = unsafe { take_once(&AtomicBool::new(false), address) }.unwrap();
        for (number, block) in (1..).zip(&mut blocks) {
            block.write(FIRST, number);
        }
        assert_eq!([memory[0], memory[WORDS], memory[2 * WORDS]], [1, 2, 3]);
        assert_eq!(memory.iter().sum::<u32>(), 6);
    }

    #[test]
    fn registers_are_given_once() {
        let taken = AtomicBool::new(false);
        let mut memory = vec![0u32; WORDS];
        let address = memory.as_mut_ptr().expose_provenance() as u64;
        // SAFETY: the vector is longer than the block; the blocks are not used.
        let take = || unsafe { take_once::<1>(&taken, address) };
        assert!(take().is_some());
        assert!(take().is_none());
    }

    #[test]
    fn where_no_registers_can_lie_nothing_is_taken() {
        let taken = AtomicBool::new(false);
        for address in [0, 0x1002, u64::MAX - 3] {
            // SAFETY: nothing is made of these addresses, which is what is tested.
            assert!(unsafe { take_once::<2>(&taken, address) }.is_none(), "{address:#x}");
        }
        assert!(!taken.into_inner());
    }
}
