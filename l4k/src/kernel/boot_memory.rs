//! Physical memory at boot: the block that the first program's objects are made of, and untypeds for all the rest.

use super::boot_error::BootError;
use super::boot_input::{BootInput, MemoryRange};
use super::ground::Ground;
use crate::base::address::{OBJECT_MEMORY_END, PhysicalAddress, SizeBits};
use crate::base::arch::Arch;
use crate::base::store::UNIT;
use crate::object::capability::{Capability, MemoryClass};
use crate::object::slot::Slot;
use crate::operation::look_up::Table;
use crate::operation::retype::Window;
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::boot::slot;
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::object::SLOT_BITS;

/// The first program's CNode has at least 2^12 slots.
const CNODE_BITS_MIN: u8 = 12;

/// Slots that the first program gets for itself.
const FREE_SLOTS: u64 = 2048;

/// Slot of the untyped that the first program's objects are made of.
const GROUND_SLOT: u64 = 16;

const _: () = assert!(GROUND_SLOT > slot::SMC_CONTROL);

/// Largest untyped that boot makes, in bits: offsets in an untyped are 32 bits in units of 32 bytes.
const LARGEST_BITS: u8 = 36;

/// Numbers of slots not given out yet.
#[derive(Debug)]
pub struct SlotCursor {
    next: u64,
    bits: u8,
}

impl SlotCursor {
    /// Behind the well-known slots of a CNode that has so many more, and enough for the program itself.
    pub fn new(used: u64) -> Self {
        let next = GROUND_SLOT + 1;
        let bits = (next + used + FREE_SLOTS).next_power_of_two().checked_ilog2().unwrap_or(0) as u8;
        Self { next, bits: bits.max(CNODE_BITS_MIN) }
    }

    /// The CNode's slots as a power of two.
    pub const fn bits(&self) -> u8 {
        self.bits
    }

    /// Takes `count` slots in a row.
    pub fn take<'a>(&mut self, count: u64) -> Result<u64, BootError<'a>> {
        let first = self.next;
        if (1 << self.bits) - first < count {
            return Err(BootError::SlotsExhausted);
        }
        self.next += count;
        Ok(first)
    }

    /// First slot that is free, and how many are.
    pub const fn free(&self) -> [u64; 2] {
        [self.next, (1 << self.bits) - self.next]
    }
}

/// Bytes that the first program's objects need, with frames of so many bytes: a power of two.
pub const fn bytes_needed(frames: u64, cnode_bits: u8, space_bits: u64) -> u64 {
    let cnode = 1 << (cnode_bits + SLOT_BITS);
    // Objects are aligned to their size: the space may have to skip its own size, pool and thread a page each.
    let bytes = cnode + 2 * (1 << space_bits) + frames + 4 * PAGE_SIZE;
    bytes.next_power_of_two()
}

/// Untypeds that the memory of a machine becomes, or a few less: the block of the first objects parts one piece.
pub fn untypeds(input: &BootInput<'_>) -> u64 {
    let pieces = |ranges: &[MemoryRange]| ranges.iter().map(|range| Split::of(bounds(*range)).count()).sum::<usize>();
    (pieces(input.memory) + pieces(input.device_memory)) as u64 + 2 * u64::from(LARGEST_BITS - 12)
}

/// Finds and clears the block of the first program's objects, makes its CNode in it, and puts both into their slots.
pub fn lay_ground<'a, A: Arch>(
    system: &mut System<A>,
    input: &BootInput<'_>,
    needed: u64,
    cnode_bits: u8,
) -> Result<(Ground, MemoryRange), BootError<'a>> {
    let free = input.memory.iter().map(|range| range.bytes).sum();
    let too_small = BootError::MemoryTooSmall { needed, free };
    let block = input.memory.iter().find_map(|range| aligned_block(*range, needed)).ok_or(too_small)?;
    system.store.zero(block.start, block.bytes);
    let Some(capability) = system.make_cnode(block.start, cnode_bits) else {
        return Err(BootError::Operation(Error::InvalidAddress));
    };
    let Capability::CNode { object, size_bits, last, .. } = capability else {
        return Err(BootError::Operation(Error::WrongKind));
    };
    let table = Table { object, size_bits, last };
    let untyped = table.slot(GROUND_SLOT)?;
    let size = SizeBits::new(needed.checked_ilog2().unwrap_or(0) as u8).ok_or(Error::InvalidSize)?;
    let watermark = ((1u64 << (cnode_bits + SLOT_BITS)) / UNIT) as u32;
    let ground = Capability::Untyped { size_bits: size, memory: MemoryClass::Normal, watermark, base: block.start };
    *system.store.get_mut(untyped) = Slot { capability: ground, ..Slot::EMPTY };
    system.add_reference(&capability);
    system.insert_child(untyped, table.slot(slot::CNODE)?, capability);
    Ok((Ground { table, untyped }, block))
}

/// A range of normal memory as first and end address, without page 0: no object has the address 0, which stands for none.
fn bounds(range: MemoryRange) -> (u64, u64) {
    let end = range.start.value().saturating_add(range.bytes);
    (range.start.value().max(PAGE_SIZE).min(end), end)
}

/// A block of a power-of-two size, aligned to it, in a range.
fn aligned_block(range: MemoryRange, bytes: u64) -> Option<MemoryRange> {
    let (start, end) = bounds(range);
    let start = start.checked_next_multiple_of(bytes)?;
    if start.checked_add(bytes)? > end || end > OBJECT_MEMORY_END {
        return None;
    }
    Some(MemoryRange { start: PhysicalAddress::new(start)?, bytes })
}

/// Slots of the ground's CNode for a retype.
pub fn window(ground: Ground, first: u64, count: u64) -> Result<Window, Error> {
    Window::new(ground.table.object, ground.table.size_bits, first, count)
}

/// Where the capabilities to untyped memory went: `count` slots from `first`.
#[derive(Clone, Copy, Debug)]
pub struct Untypeds {
    /// The CNode, and the untyped of the first objects.
    pub ground: Ground,
    /// Slot of that untyped.
    pub ground_slot: u64,
    /// First slot of the others.
    pub first: u64,
    /// First slot behind them.
    pub end: u64,
}

/// Puts untypeds for all memory but the block into slots. Normal memory counts as used up to its end: it is cleared before its
/// first use, in steps, and not at boot.
pub fn give_untypeds<'a, A: Arch>(
    system: &mut System<A>,
    ground: Ground,
    cursor: &mut SlotCursor,
    input: &BootInput<'_>,
    block: MemoryRange,
) -> Result<Untypeds, BootError<'a>> {
    let first = cursor.free()[0];
    for range in input.memory {
        for part in without(*range, block) {
            give_range(system, ground, cursor, part, MemoryClass::Normal)?;
        }
    }
    for range in input.device_memory {
        let (start, end) = (range.start.value(), range.start.value() + range.bytes);
        give_range(system, ground, cursor, (start, end), MemoryClass::Device)?;
    }
    Ok(Untypeds { ground, ground_slot: GROUND_SLOT, first, end: cursor.free()[0] })
}

/// What is left of a range before and behind a block in it, as first and end address.
fn without(range: MemoryRange, block: MemoryRange) -> [(u64, u64); 2] {
    let (start, end) = bounds(range);
    let (hole, hole_end) = (block.start.value(), block.start.value() + block.bytes);
    if hole_end <= start || hole >= end {
        return [(start, end), (end, end)];
    }
    [(start, hole), (hole_end, end)]
}

/// A range, split into aligned powers of two, the largest that fit: start and bits of each.
#[derive(Clone, Debug)]
struct Split {
    start: u64,
    end: u64,
}

impl Split {
    const fn of((start, end): (u64, u64)) -> Self {
        Self { start, end }
    }
}

impl Iterator for Split {
    type Item = (u64, u8);

    #[inline(never)]
    fn next(&mut self) -> Option<(u64, u8)> {
        let start = self.start;
        let fits = self.end.checked_sub(start).filter(|bytes| *bytes >= PAGE_SIZE)?.checked_ilog2()? as u8;
        let aligned = if start == 0 { LARGEST_BITS } else { start.trailing_zeros() as u8 };
        let bits = fits.min(aligned).min(LARGEST_BITS);
        self.start += 1 << bits;
        Some((start, bits))
    }
}

/// Makes an untyped of each part of a range.
fn give_range<'a, A: Arch>(
    system: &mut System<A>,
    ground: Ground,
    cursor: &mut SlotCursor,
    range: (u64, u64),
    memory: MemoryClass,
) -> Result<(), BootError<'a>> {
    for (start, bits) in Split::of(range) {
        let (Some(base), Some(size)) = (PhysicalAddress::new(start), SizeBits::new(bits)) else {
            return Err(BootError::Operation(Error::InvalidAddress));
        };
        let used = if memory == MemoryClass::Normal { size.bytes() } else { 0 };
        let capability = Capability::Untyped { size_bits: size, memory, watermark: (used / UNIT) as u32, base };
        let number = cursor.take(1)?;
        *system.store.get_mut(ground.slot(number)?) = Slot { capability, ..Slot::EMPTY };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn range(start: u64, bytes: u64) -> MemoryRange {
        MemoryRange { start: PhysicalAddress::truncated(start), bytes }
    }

    #[test]
    fn page_zero_is_given_to_nobody() {
        assert_eq!(aligned_block(range(0, 0x10_0000), 0x4_0000), Some(range(0x4_0000, 0x4_0000)));
        assert_eq!(aligned_block(range(0, 0x4_0000), 0x4_0000), None);
        assert_eq!(without(range(0, 0x8000), range(0x4000, 0x2000)), [(0x1000, 0x4000), (0x6000, 0x8000)]);
        assert_eq!(without(range(0, 0x1000), range(0x4000, 0x2000)), [(0x1000, 0x1000), (0x1000, 0x1000)]);
    }

    #[test]
    fn a_block_lies_at_a_multiple_of_its_size_within_the_range() {
        assert_eq!(aligned_block(range(0x5000, 0x8000), 0x4000), Some(range(0x8000, 0x4000)));
        assert_eq!(aligned_block(range(0x5000, 0x6000), 0x4000), None);
        assert_eq!(aligned_block(range(0x5000, 0x7000), 0x4000), Some(range(0x8000, 0x4000)));
    }
}
