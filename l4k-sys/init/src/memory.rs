//! The normal untyped memory of the first program: picks the piece that fits, and counts.

use heapless::Vec;
use l4k_sys::abi::boot::{BootInformation, Entry};
use l4k_sys::handle::{NewObject, UntypedStatus};
use l4k_sys::{CNode, Error, Untyped};

use crate::slots::SlotRange;

/// Runs of slots that are kept in mind. The kernel puts pieces into slots next to each other, but for one: two runs are all.
const RUNS_MAX: usize = 8;

/// All normal untyped memory, however many pieces it is in.
#[derive(Clone, Debug)]
pub struct UntypedPool {
    normal: Vec<SlotRange, RUNS_MAX>,
    left_out: u64,
}

/// How much memory there is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All of it.
    pub total: u64,
    /// That of which nothing has been made.
    pub free: u64,
}

impl UntypedPool {
    /// All normal untyped memory that the boot information lists.
    #[must_use]
    pub fn new(information: &BootInformation<'_>) -> UntypedPool {
        let mut pool = UntypedPool { normal: Vec::new(), left_out: 0 };
        for entry in information.entries() {
            if let Entry::Untyped { slot, size_bits, device: false, .. } = entry {
                pool.add(slot, size_bits);
            }
        }
        pool
    }

    fn add(&mut self, slot: u64, size_bits: u64) {
        let next = self.normal.last_mut().filter(|run| run.first.checked_add(run.count) == Some(slot));
        if let Some(run) = next {
            run.count += 1;
        } else if self.normal.push(SlotRange { first: slot, count: 1 }).is_err() {
            self.left_out = self.left_out.saturating_add(1u64.checked_shl(size_bits as u32).unwrap_or(0));
        }
    }

    /// Bytes that are not used because their slots are scattered. With this kernel there are none.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    fn pieces(&self) -> impl Iterator<Item = Untyped> {
        self.normal.iter().flat_map(|run| run.iter()).map(Untyped::from_slot)
    }

    /// Makes an object in a free slot of one's own, out of the smallest piece that has room for it.
    ///
    /// # Errors
    /// `InvalidSize`; `NotEnoughMemory` if no piece has room; those of a retype.
    pub fn make(&self, object: NewObject, slot: u64) -> Result<(), Error> {
        self.make_below(object, slot, u64::MAX)
    }

    /// The same, out of pieces that end at or below a physical address: for buffers of devices that reach no further.
    ///
    /// # Errors
    /// Those of [`make`](Self::make).
    pub fn make_below(&self, object: NewObject, slot: u64, limit: u64) -> Result<(), Error> {
        let bits = object.memory_bits().ok_or(Error::InvalidSize)?;
        let piece = self.smallest_with_room(bits, limit).ok_or(Error::NotEnoughMemory)?;
        piece.retype(object, CNode::OWN.at(slot), 1).map(|_| ())
    }

    /// How much normal memory there is. Memory that was given to a program counts as used, whatever the program has left of it.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let add = |sum: Totals, status: UntypedStatus| Totals {
            total: sum.total + size(&status),
            free: sum.free + free(&status),
        };
        self.pieces().filter_map(|piece| piece.query().ok()).fold(Totals::default(), add)
    }

    fn smallest_with_room(&self, bits: u8, limit: u64) -> Option<Untyped> {
        let with_free = |piece: Untyped| {
            let status = piece.query().ok()?;
            (has_room(&status, bits) && ends_by(&status, limit)).then(|| (free(&status), piece))
        };
        self.pieces().filter_map(with_free).min_by_key(|(free, _)| *free).map(|(_, piece)| piece)
    }
}

fn size(status: &UntypedStatus) -> u64 {
    1u64.checked_shl(u32::from(status.size_bits)).unwrap_or(0)
}

fn free(status: &UntypedStatus) -> u64 {
    size(status).saturating_sub(status.used_bytes)
}

/// Whether it ends at or below this address.
fn ends_by(status: &UntypedStatus, limit: u64) -> bool {
    status.physical_address.checked_add(size(status)).is_some_and(|end| end <= limit)
}

/// Whether an object of 2^`bits` bytes, aligned to its size, still fits.
fn has_room(status: &UntypedStatus, bits: u8) -> bool {
    let Some(wanted) = 1u64.checked_shl(u32::from(bits)) else { return false };
    let start = status.used_bytes.checked_next_multiple_of(wanted);
    start.and_then(|start| start.checked_add(wanted)).is_some_and(|end| end <= size(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use l4k_sys::handle::MemoryKind;

    fn status(size_bits: u8, used_bytes: u64) -> UntypedStatus {
        UntypedStatus { physical_address: 0, size_bits, used_bytes, memory: MemoryKind::Normal }
    }

    #[test]
    fn pieces_in_slots_next_to_each_other_have_no_limit() {
        let mut pool = UntypedPool { normal: Vec::new(), left_out: 0 };
        pool.add(16, 20);
        (30..2000).for_each(|slot| pool.add(slot, 12));
        assert_eq!((pool.pieces().count(), pool.left_out()), (1971, 0));
        (0..10).for_each(|index| pool.add(3000 + index * 2, 12));
        assert_eq!((pool.pieces().count(), pool.left_out()), (1971 + RUNS_MAX - 2, 4 * 4096));
    }

    #[test]
    fn a_piece_is_below_a_limit_with_its_end() {
        let piece = UntypedStatus { physical_address: 0x1_0000, ..status(16, 0) };
        assert!(ends_by(&piece, 0x2_0000) && !ends_by(&piece, 0x1_ffff));
        assert!(!ends_by(&UntypedStatus { physical_address: u64::MAX - 5, ..piece }, u64::MAX));
    }

    #[test]
    fn alignment_counts_when_room_is_looked_for() {
        assert!(has_room(&status(16, 0), 16));
        assert!(has_room(&status(16, 1), 15));
        assert!(!has_room(&status(16, 1), 16));
        assert!(!has_room(&status(16, (1 << 15) + 1), 15));
        assert!(!has_room(&status(16, 0), 17));
        assert!(!has_room(&status(47, 0), 64));
    }
}
