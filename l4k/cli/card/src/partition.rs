//! The partition table of a card: an MBR with one partition. Sixteen bytes and a signature: the crates that write it bring more than they
//! save. May call nothing of this crate.

use std::ops::Range;

use anyhow::{Context, Result, ensure};

/// Bytes of a sector.
pub const SECTOR: u64 = 512;

/// Where the partition starts. Cards are written in large blocks, and 1 MiB is a multiple of these.
const START: u64 = 1 << 20;

/// FAT32, addressed by sector numbers.
const TYPE: u8 = 0x0c;

/// For addresses by cylinder, head and sector, which nobody uses any more: the largest there is.
const NO_GEOMETRY: [u8; 3] = [0xfe, 0xff, 0xff];

/// The first of four entries.
const ENTRY: Range<usize> = 446..462;
/// At the end of the first sector.
const SIGNATURE: Range<usize> = 510..512;

/// The card's identifier, the same for each card, so that the same input gives the same image.
const IDENTIFIER: Range<usize> = 440..444;

/// A partition, in bytes from the card's beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Where it starts.
    pub start: u64,
    /// Its size.
    pub size: u64,
}

impl Partition {
    /// The one partition of a card of this size.
    pub fn on_card(size: u64) -> Result<Partition> {
        ensure!(size > START && size.is_multiple_of(SECTOR), "a card of {size} bytes has no place for a partition");
        Ok(Partition { start: START, size: size - START })
    }

    /// Its place in a card's image.
    pub fn range(self) -> Result<Range<usize>> {
        Ok(usize::try_from(self.start)?..usize::try_from(self.start + self.size)?)
    }

    /// Writes the table to the card's first sector.
    pub fn write(self, card: &mut [u8]) -> Result<()> {
        let sector = card.get_mut(..SIGNATURE.end).context("a card without a first sector")?;
        sector[IDENTIFIER].copy_from_slice(b"l4k\0");
        let mut entry = [0; ENTRY.end - ENTRY.start];
        entry[1..4].copy_from_slice(&NO_GEOMETRY);
        entry[4] = TYPE;
        entry[5..8].copy_from_slice(&NO_GEOMETRY);
        entry[8..12].copy_from_slice(&u32::try_from(self.start / SECTOR)?.to_le_bytes());
        entry[12..16].copy_from_slice(&u32::try_from(self.size / SECTOR)?.to_le_bytes());
        sector[ENTRY].copy_from_slice(&entry);
        sector[SIGNATURE].copy_from_slice(&[0x55, 0xaa]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_holds_one_partition_of_type_0c() {
        let mut card = vec![0xee; 512];
        card[446..510].fill(0);
        Partition::on_card(64 << 20).expect("a partition").write(&mut card).expect("written");
        assert_eq!(card[446..450], [0, 0xfe, 0xff, 0xff], "not active, no geometry");
        assert_eq!(card[450], 0x0c);
        assert_eq!(card[454..458], 2048_u32.to_le_bytes());
        assert_eq!(card[458..462], (131_072_u32 - 2048).to_le_bytes());
        assert!(card[462..510].iter().all(|byte| *byte == 0), "other entries");
        assert_eq!(card[510..], [0x55, 0xaa]);
    }

    #[test]
    fn card_without_a_place_for_a_partition_is_refused() {
        for size in [0, 512, 1 << 20, (64 << 20) + 1] {
            assert!(Partition::on_card(size).is_err(), "{size}");
        }
        assert!(Partition { start: 0, size: 512 }.write(&mut [0; 100]).is_err());
    }
}
