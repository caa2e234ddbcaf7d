//! Edits of a file whose fields are known: what an input of the fuzzer means for readers of formats. Bytes at random seldom get past a magic number.

use libfuzzer_sys::arbitrary::{Result, Unstructured};

/// A field: where it begins, how many bytes it has.
pub type Field = (usize, usize);

/// The file with some fields changed to values that readers are wrong about: zero, the largest, a power of two, or close to what was there.
pub fn edited(file: &[u8], fields: &[Field], input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut bytes = file.to_vec();
    for _ in 0..input.int_in_range(0..=6)? {
        let (start, width) = *input.choose(fields)?;
        let Some(place) = bytes.get_mut(start..start + width) else { continue };
        let mut old = [0; 8];
        old[..width].copy_from_slice(place);
        let old = u64::from_le_bytes(old);
        let value = match input.int_in_range(0..=7)? {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << input.int_in_range(0..=63)?,
            3 => (1 << input.int_in_range(0..=63)?) - 1,
            4 => old.wrapping_add(input.int_in_range(0..=8)?),
            5 => old.wrapping_sub(input.int_in_range(0..=8)?),
            6 => old.wrapping_add(4096 * input.int_in_range(0..=8)?),
            _ => input.arbitrary()?,
        };
        place.copy_from_slice(&value.to_le_bytes()[..width]);
    }
    let length = input.int_in_range(0..=15)?;
    if length < 4 {
        bytes.truncate(bytes.len().saturating_sub(1 << (4 * length)));
    }
    Ok(bytes)
}
