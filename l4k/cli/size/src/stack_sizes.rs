//! The section `.stack_sizes`, in which the compiler notes how much stack each function takes: an address of eight bytes, then a number in
//! groups of seven bits (ULEB128). May call nothing of this directory.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

/// The section's name.
pub const SECTION: &str = ".stack_sizes";

/// Reads the section: bytes of stack by the function's address.
pub fn read(mut section: &[u8]) -> Result<BTreeMap<u64, u64>> {
    let mut sizes = BTreeMap::new();
    while let Some((address, rest)) = section.split_first_chunk::<8>() {
        let (size, rest) = number(rest).context("a number in .stack_sizes has no end")?;
        let address = u64::from_le_bytes(*address);
        let earlier = sizes.insert(address, size);
        ensure!(earlier.is_none_or(|earlier| earlier == size), "two sizes of the stack at {address:#x}");
        section = rest;
    }
    ensure!(section.is_empty(), "{} bytes too many in .stack_sizes", section.len());
    Ok(sizes)
}

/// The number at the beginning, and what follows it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at(length);
    let groups = number
        .iter()
        .rev()
        .try_fold(0_u64, |value, byte| value.checked_mul(0x80).map(|value| value | u64::from(byte & 0x7f)));
    groups.map(|value| (value, rest))
}

#[cfg(test)]
mod tests {
    use super::read;

    fn entry(address: u64, number: &[u8]) -> Vec<u8> {
        [&address.to_le_bytes(), number].concat()
    }

    #[test]
    fn sizes_are_read_by_address() {
        let section = [entry(0xffff_ffff_8000_0000, &[16]), entry(8, &[0xc0, 0x21]), entry(12, &[0])].concat();
        let sizes: Vec<_> = read(&section).expect("sizes").into_iter().collect();
        assert_eq!(sizes, [(8, 4288), (12, 0), (0xffff_ffff_8000_0000, 16)]);
    }

    #[test]
    fn cut_or_contradicting_section_is_refused() {
        for wrong in [entry(8, &[]), entry(8, &[0x80]), vec![1, 2, 3], [entry(8, &[16]), entry(8, &[32])].concat()] {
            assert!(read(&wrong).is_err(), "{wrong:?}");
        }
    }
}
