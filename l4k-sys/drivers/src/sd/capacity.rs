//! A card's capacity, from its CSD (SD Physical Layer Simplified Specification 6.00, section 5.3).

/// Bytes of a block, on every card.
pub const BLOCK_BYTES: usize = 512;

/// Blocks of 512 bytes that the card has, by its CSD: the number that the card answered CMD9 with, its bit 0 in bit 0.
///
/// Blocks from 2^32 - 1 on are left out, since their number has no place in 32 bits.
///
/// `None` if the CSD's version is unknown (SDUC has version 3), or its block length is not one of 512, 1024 and 2048
/// bytes.
pub(super) fn blocks(csd: u128) -> Option<u32> {
    match field(csd, 126, 2) {
        0 => standard_capacity(csd),
        // Section 5.3.3: units of 512 KiB.
        1 => Some(u32::try_from((u64::from(field(csd, 48, 22)) + 1) << 10).unwrap_or(u32::MAX)),
        _ => None,
    }
}

/// Version 1, section 5.3.2: units of up to 512 blocks of the card's own length.
fn standard_capacity(csd: u128) -> Option<u32> {
    let length = field(csd, 80, 4);
    if !(9..=11).contains(&length) {
        return None;
    }
    let units = field(csd, 62, 12) + 1;
    let multiplier = field(csd, 47, 3) + 2;
    Some(units << multiplier << (length - 9))
}

/// `width` bits, up to 32, from bit `low` on.
const fn field(csd: u128, low: u32, width: u32) -> u32 {
    (csd >> low) as u32 & (u32::MAX >> (32 - width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_capacity_cards() {
        let csd = |length: u128, size: u128, multiplier: u128| length << 80 | size << 62 | multiplier << 47;
        assert_eq!(blocks(csd(9, 0, 0)), Some(4));
        assert_eq!(blocks(csd(9, 4095, 7)), Some(4096 * 512));
        // The largest: 2 GB with blocks of 1024 bytes.
        assert_eq!(blocks(csd(10, 4095, 7)), Some(4096 * 512 * 2));
        assert_eq!(blocks(csd(11, 4095, 7)), Some(4096 * 512 * 4));
        for length in [0, 8, 12, 15] {
            assert_eq!(blocks(csd(length, 1, 1)), None);
        }
    }

    #[test]
    fn high_capacity_cards() {
        let csd = |size: u128| 1 << 126 | size << 48;
        assert_eq!(blocks(csd(0)), Some(1024));
        assert_eq!(blocks(csd(0x1d89)), Some(0x1d8a * 1024));
        assert_eq!(blocks(csd(0x3f_ffff)), Some(u32::MAX));
    }

    #[test]
    fn unknown_versions_are_refused() {
        assert_eq!(blocks(2 << 126), None);
        assert_eq!(blocks(u128::MAX), None);
    }
}
