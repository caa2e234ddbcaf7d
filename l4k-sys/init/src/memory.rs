//! The normal untyped memory of the first program: picks the piece that fits, and counts.

use heapless::Vec;
use l4k_sys::abi::boot::{BootInformation, Entry};
use l4k_sys::handle::{NewObject, UntypedStatus};
use l4k_sys::{CNode, Error, Untyped};

/// Pieces of untyped memory that are kept in mind; a board has a few dozen at most.
const PIECES_MAX: usize = 96;

/// All normal untyped memory.
#[derive(Clone, Debug)]
pub struct UntypedPool {
    normal: Vec<Untyped, PIECES_MAX>,
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
        let mut normal = Vec::new();
        for entry in information.entries() {
            if let Entry::Untyped { slot, device: false, .. } = entry {
                let _ = normal.push(Untyped::from_slot(slot));
            }
        }
        UntypedPool { normal }
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
        self.normal.iter().filter_map(|piece| piece.query().ok()).fold(Totals::default(), add)
    }

    fn smallest_with_room(&self, bits: u8, limit: u64) -> Option<Untyped> {
        let with_free = |piece: &Untyped| {
            let status = piece.query().ok()?;
            (has_room(&status, bits) && ends_by(&status, limit)).then(|| (free(&status), *piece))
        };
        self.normal.iter().filter_map(with_free).min_by_key(|(free, _)| *free).map(|(_, piece)| piece)
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
