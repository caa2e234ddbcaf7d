//! The device memory of the first program: registers at addresses of one's choice, asked for in any order.
//!
//! An untyped hands out its memory from the bottom to the top. So that a low address can be asked for after a high one, a piece is split into halves, and
//! the half into halves, until one is what was asked for; the others stay for later.

use heapless::Vec;
use l4k_sys::abi::boot::{BootInformation, Entry};
use l4k_sys::handle::NewObject;
use l4k_sys::{CNode, Error, Untyped};

use crate::slots::SlotAllocator;

/// Pieces that are kept in mind. Each device that is asked for splits a few dozen bits at most.
const PIECES_MAX: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    untyped: Untyped,
    address: u64,
    size_bits: u8,
}

impl Piece {
    fn covers(&self, address: u64) -> bool {
        address.checked_sub(self.address).is_some_and(|offset| offset >> self.size_bits == 0)
    }
}

/// All device memory.
#[derive(Clone, Debug)]
pub struct DevicePool {
    pieces: Vec<Piece, PIECES_MAX>,
}

impl DevicePool {
    /// All device memory that the boot information lists.
    #[must_use]
    pub fn new(information: &BootInformation<'_>) -> DevicePool {
        let mut pieces = Vec::new();
        for entry in information.entries() {
            if let Entry::Untyped { slot, address, size_bits: size_bits @ 0..64, device: true } = entry {
                let _ = pieces.push(Piece { untyped: Untyped::from_slot(slot), address, size_bits: size_bits as u8 });
            }
        }
        DevicePool { pieces }
    }

    /// Makes an object in a free slot of one's own, at a physical address. Splitting takes slots, which stay taken.
    ///
    /// # Errors
    /// `InvalidSize`; `Misaligned` if the address is not a multiple of the object's size; `NotEnoughMemory` if no device memory covers it or it is
    /// taken; `SlotOutOfRange` without slots; those of a retype.
    pub fn make(&mut self, slots: &mut SlotAllocator, object: NewObject, slot: u64, address: u64) -> Result<(), Error> {
        let bits = object.memory_bits().ok_or(Error::InvalidSize)?;
        if !address.is_multiple_of(1u64.checked_shl(u32::from(bits)).ok_or(Error::InvalidSize)?) {
            return Err(Error::Misaligned);
        }
        let piece = self.carve(slots, address, bits)?;
        piece.untyped.retype_at(object, CNode::OWN.at(slot), address)
    }

    /// The piece of this size at this address, split off what covers it.
    fn carve(&mut self, slots: &mut SlotAllocator, address: u64, bits: u8) -> Result<Piece, Error> {
        loop {
            let index = self.pieces.iter().position(|piece| piece.covers(address)).ok_or(Error::NotEnoughMemory)?;
            let piece = *self.pieces.get(index).ok_or(Error::NotEnoughMemory)?;
            if piece.size_bits < bits {
                return Err(Error::NotEnoughMemory);
            }
            if piece.size_bits == bits {
                return Ok(piece);
            }
            self.split(slots, index, piece)?;
        }
    }

    fn split(&mut self, slots: &mut SlotAllocator, index: usize, piece: Piece) -> Result<(), Error> {
        if self.pieces.is_full() {
            return Err(Error::NotEnoughMemory);
        }
        let halves = slots.take_range(2).ok_or(Error::SlotOutOfRange)?;
        let size_bits = piece.size_bits - 1;
        if let Err(error) = piece.untyped.retype(NewObject::Untyped(size_bits), CNode::OWN.at(halves.first), 2) {
            slots.give_back(halves);
            return Err(error);
        }
        let half = |number: u64| Piece {
            untyped: Untyped::from_slot(halves.first + number),
            address: piece.address + (number << size_bits),
            size_bits,
        };
        if let Some(place) = self.pieces.get_mut(index) {
            *place = half(0);
        }
        // There is room: it was looked at before.
        let _ = self.pieces.push(half(1));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::slots::SlotRange;
    use crate::testing::{record, recorded};
    use l4k_sys::abi::boot::{Writer, tag};
    use l4k_sys::abi::{FrameSize, SystemCall};
    use std::vec::Vec as List;

    const FRAME: NewObject = NewObject::Frame(FrameSize::Small);

    /// One piece of 64 KiB in slot 40.
    fn pool() -> (DevicePool, SlotAllocator) {
        let mut bytes = [0; 64];
        let mut writer = Writer::new(&mut bytes);
        writer.append_words(tag::UNTYPED, [40, 0xfe00_0000, 16, 1]).unwrap();
        (DevicePool::new(&BootInformation::new(&bytes)), SlotAllocator::new(SlotRange { first: 100, count: 20 }))
    }

    fn made() -> List<(u64, u64)> {
        recorded()
            .iter()
            .filter(|seen| seen.call == SystemCall::UntypedRetypeAt)
            .map(|seen| (seen.x[0], seen.x[6]))
            .collect()
    }

    #[test]
    fn devices_are_had_in_any_order_and_again() {
        let (mut pool, mut slots) = pool();
        record(usize::MAX);
        for (slot, address) in [(60, 0xfe00_f000), (61, 0xfe00_0000), (62, 0xfe00_8000), (63, 0xfe00_f000)] {
            pool.make(&mut slots, FRAME, slot, address).unwrap();
        }
        let made = made();
        assert_eq!(made.len(), 4);
        assert_eq!(made[0].0, made[3].0, "the same piece for the same address");
        let mut pieces: List<Piece> = pool.pieces.iter().copied().collect();
        pieces.sort_by_key(|piece| piece.address);
        let mut next = 0xfe00_0000;
        for piece in &pieces {
            assert_eq!(piece.address, next, "{pieces:?}");
            next += 1 << piece.size_bits;
        }
        assert_eq!(next, 0xfe01_0000);
    }

    #[test]
    fn what_cannot_be_had_changes_nothing() {
        let (mut pool, mut slots) = pool();
        record(usize::MAX);
        assert_eq!(pool.make(&mut slots, FRAME, 60, 0xfe01_0000), Err(Error::NotEnoughMemory));
        assert_eq!(pool.make(&mut slots, FRAME, 60, 0xfe00_0800), Err(Error::Misaligned));
        assert_eq!(pool.make(&mut slots, NewObject::Untyped(20), 60, 0xfe00_0000), Err(Error::NotEnoughMemory));
        assert_eq!((pool.pieces.len(), recorded().len()), (1, 0));
        record(0);
        assert_eq!(pool.make(&mut slots, FRAME, 60, 0xfe00_0000), Err(Error::Dying));
        assert_eq!(pool.pieces.len(), 1);
        assert_eq!(slots.take_range(20).map(|range| range.count), Some(20));
    }

    #[test]
    fn slots_that_run_out_are_told() {
        let (mut pool, _) = pool();
        let mut slots = SlotAllocator::new(SlotRange { first: 100, count: 3 });
        record(usize::MAX);
        assert_eq!(pool.make(&mut slots, FRAME, 60, 0xfe00_0000), Err(Error::SlotOutOfRange));
    }
}
