//! The device memory of the first program: registers at addresses of one's choice, asked for in any order.
//!
//! An untyped hands out its memory from the bottom to the top. So that a low address can be asked for after a high one, a piece is split into halves, and
//! the half into halves, until one is what was asked for; the others stay for later.

use core::ops::RangeInclusive;

use heapless::Vec;
use l4k_sys::abi::boot::{BootInformation, Entry};
use l4k_sys::handle::NewObject;
use l4k_sys::{CNode, Error, Untyped};

use crate::device_error::{Address, DeviceError};
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

/// Ranges that are kept in mind to tell why an address is no device. Neighbours are one range.
const RANGES_MAX: usize = 64;

/// What a board calls the interrupt controller among its devices, and how many ranges of it are kept in mind. Programs cannot have it: the kernel does.
const KEPT: &str = "interrupt-controller";
const KEPT_MAX: usize = 4;

/// Addresses of memory of one kind, as the boot information lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    start: u64,
    /// The last address.
    last: u64,
    device: bool,
}

/// All device memory.
#[derive(Clone, Debug)]
pub struct DevicePool {
    pieces: Vec<Piece, PIECES_MAX>,
    ranges: Vec<Range, RANGES_MAX>,
    /// Registers of the interrupt controller.
    kept: Vec<RangeInclusive<u64>, KEPT_MAX>,
}

impl DevicePool {
    /// All device memory that the boot information lists.
    #[must_use]
    pub fn new(information: &BootInformation<'_>) -> DevicePool {
        let mut pool = DevicePool { pieces: Vec::new(), ranges: Vec::new(), kept: Vec::new() };
        for entry in information.entries() {
            match entry {
                Entry::Untyped { slot, address, size_bits: size_bits @ 0..64, device } => {
                    pool.note(Range { start: address, last: address.saturating_add((1 << size_bits) - 1), device });
                    if device {
                        let piece = Piece { untyped: Untyped::from_slot(slot), address, size_bits: size_bits as u8 };
                        let _ = pool.pieces.push(piece);
                    }
                }
                Entry::Device { role: KEPT, address, length: length @ 1.., .. } => {
                    let _ = pool.kept.push(address..=address.saturating_add(length - 1));
                }
                _ => {}
            }
        }
        pool
    }

    fn note(&mut self, range: Range) {
        let before =
            |known: &&mut Range| known.device == range.device && known.last.checked_add(1) == Some(range.start);
        match self.ranges.iter_mut().find(before) {
            Some(known) => known.last = range.last,
            // Without it, an error says less.
            None => drop(self.ranges.push(range)),
        }
    }

    /// Why there is no piece that covers an address. The boot information does not list memory that is in use: a gap between pieces of RAM is where the
    /// kernel and this program are.
    fn why_not(&self, address: u64) -> DeviceError {
        if self.kept.iter().any(|range| range.contains(&address)) {
            return DeviceError::InterruptController(Address(address));
        }
        let is_ram = |range: Option<&Range>| range.is_some_and(|range| !range.device);
        let below = self.ranges.iter().filter(|range| range.start <= address).max_by_key(|range| range.start);
        let above = self.ranges.iter().filter(|range| range.start > address).min_by_key(|range| range.start);
        let inside = below.is_some_and(|below| address <= below.last);
        if is_ram(below) && (inside || is_ram(above)) {
            return DeviceError::Ram(Address(address));
        }
        DeviceError::NoDevice(Address(address))
    }

    /// Makes an object in a free slot of one's own, at a physical address. Splitting takes slots, which stay taken.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub fn make(
        &mut self,
        slots: &mut SlotAllocator,
        object: NewObject,
        slot: u64,
        address: u64,
    ) -> Result<(), DeviceError> {
        let refused = |error| DeviceError::Kernel(Address(address), error);
        let size_bits = object.memory_bits().filter(|bits| *bits < 64).ok_or(refused(Error::InvalidSize))?;
        if !address.is_multiple_of(1 << size_bits) {
            return Err(DeviceError::Misaligned { address: Address(address), size_bits });
        }
        let piece = self.carve(slots, address, size_bits)?;
        piece.untyped.retype_at(object, CNode::OWN.at(slot), address).map_err(|error| match error {
            Error::NotEnoughMemory => DeviceError::Taken(Address(address)),
            error => refused(error),
        })
    }

    /// The piece of this size at this address, split off what covers it.
    fn carve(&mut self, slots: &mut SlotAllocator, address: u64, bits: u8) -> Result<Piece, DeviceError> {
        loop {
            let mut pieces = self.pieces.iter().copied().enumerate();
            let (index, piece) = pieces.find(|(_, piece)| piece.covers(address)).ok_or(self.why_not(address))?;
            if piece.size_bits < bits {
                return Err(DeviceError::TooLarge { address: Address(address), size_bits: bits });
            }
            if piece.size_bits == bits {
                return Ok(piece);
            }
            self.split(slots, index, piece, Address(address))?;
        }
    }

    fn split(
        &mut self,
        slots: &mut SlotAllocator,
        index: usize,
        piece: Piece,
        wanted: Address,
    ) -> Result<(), DeviceError> {
        if self.pieces.is_full() {
            return Err(DeviceError::TooManyPieces(wanted));
        }
        let halves = slots.take_range(2).ok_or(DeviceError::NoSlots(wanted))?;
        let size_bits = piece.size_bits - 1;
        if let Err(error) = piece.untyped.retype(NewObject::Untyped(size_bits), CNode::OWN.at(halves.first), 2) {
            slots.give_back(halves);
            return Err(match error {
                // A half is in use: an object larger than what is wanted lies there.
                Error::NotEnoughMemory => DeviceError::Taken(wanted),
                error => DeviceError::Kernel(wanted, error),
            });
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
    use l4k_sys::registers::Registers;
    use std::string::ToString;
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
        assert_eq!(pool.make(&mut slots, FRAME, 60, 0xfe01_0000), Err(DeviceError::NoDevice(Address(0xfe01_0000))));
        let misaligned = DeviceError::Misaligned { address: Address(0xfe00_0800), size_bits: 12 };
        assert_eq!(pool.make(&mut slots, FRAME, 60, 0xfe00_0800), Err(misaligned));
        let large = DeviceError::TooLarge { address: Address(0xfe00_0000), size_bits: 20 };
        assert_eq!(pool.make(&mut slots, NewObject::Untyped(20), 60, 0xfe00_0000), Err(large));
        assert_eq!((pool.pieces.len(), recorded().len()), (1, 0));
        record(0);
        assert_eq!(
            pool.make(&mut slots, FRAME, 60, 0xfe00_0000),
            Err(DeviceError::Kernel(Address(0xfe00_0000), Error::Dying))
        );
        assert_eq!(pool.pieces.len(), 1);
        assert_eq!(slots.take_range(20).map(|range| range.count), Some(20));
    }

    #[test]
    fn what_is_no_device_is_told_by_its_address() {
        let mut bytes = [0; 512];
        let mut writer = Writer::new(&mut bytes);
        // RAM with a gap, where the kernel is, and devices with another.
        for (slot, address, device) in [
            (40, 0x4000_0000, 0),
            (41, 0x4002_0000, 0),
            (42, 0xfe00_0000, 1),
            (43, 0xfe01_0000, 1),
            (44, 0xfe03_0000, 1),
        ] {
            writer.append_words(tag::UNTYPED, [slot, address, 16, device]).unwrap();
        }
        let words = [0xff84_0000u64.to_le_bytes(), 0x8000u64.to_le_bytes()];
        let numbers = [0, 0, KEPT.len() as u32, 3].map(u32::to_le_bytes);
        writer.append(tag::DEVICE, &[words.as_flattened(), numbers.as_flattened(), KEPT.as_bytes(), b"gic"]).unwrap();
        let mut pool = DevicePool::new(&BootInformation::new(&bytes));
        let mut slots = SlotAllocator::new(SlotRange { first: 100, count: 100 });
        record(usize::MAX);
        let mut said = |address| pool.make(&mut slots, FRAME, 60, address).unwrap_err().to_string();
        for address in [0x4000_0000, 0x4001_0000, 0x4002_f000] {
            assert_eq!(said(address), std::format!("address {address:#x} is RAM, not a device"));
        }
        for address in [0x3000_0000, 0x5000_0000, 0xfe02_f000, 0xfe04_0000, 0xff84_8000] {
            assert_eq!(said(address), std::format!("the board has no device memory at address {address:#x}"));
        }
        for address in [0xff84_0000, 0xff84_7000] {
            let kept = std::format!("address {address:#x} is the interrupt controller's, and the kernel keeps that");
            assert_eq!(said(address), kept);
        }
    }

    #[test]
    fn what_is_taken_is_told_as_that() {
        let (mut pool, mut slots) = pool();
        // The splits are let through, and the frame is refused as the kernel refuses memory that is in use.
        l4k_sys::stub::install(|number, _| match SystemCall::from_number(number) {
            Some(SystemCall::UntypedRetypeAt) => Registers::new([Error::NotEnoughMemory.code()]),
            _ => Registers::default(),
        });
        let taken = pool.make(&mut slots, FRAME, 60, 0xfe00_3000).unwrap_err();
        assert_eq!(taken.to_string(), "the device at address 0xfe003000 is taken already");
    }

    #[test]
    fn slots_that_run_out_are_told() {
        let (mut pool, _) = pool();
        let mut slots = SlotAllocator::new(SlotRange { first: 100, count: 3 });
        record(usize::MAX);
        assert_eq!(pool.make(&mut slots, FRAME, 60, 0xfe00_0000), Err(DeviceError::NoSlots(Address(0xfe00_0000))));
    }
}
