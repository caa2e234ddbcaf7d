//! Bytes in message words: little endian, zero padded.

/// Packs bytes into words; what does not fit is left out.
#[must_use]
pub fn pack_bytes<const N: usize>(bytes: &[u8]) -> [u64; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks(8)) {
        *word = pack_word(bytes);
    }
    words
}

/// Packs up to eight bytes into one word.
#[must_use]
pub fn pack_word(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |packed, byte| packed << 8 | u64::from(*byte))
}

/// The bytes of words, in order.
pub fn unpack_bytes(words: impl IntoIterator<Item = u64>) -> impl Iterator<Item = u8> {
    words.into_iter().flat_map(u64::to_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_packed_little_endian() {
        assert_eq!(pack_bytes(b"abcdefghi"), [u64::from_le_bytes(*b"abcdefgh"), u64::from(b'i')]);
        assert_eq!(pack_bytes::<2>(b""), [0, 0]);
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let words: [u64; 6] = pack_bytes(b"fourteen bytes");
        assert!(unpack_bytes(words).take(14).eq(*b"fourteen bytes"));
        assert!(unpack_bytes(words).skip(14).all(|byte| byte == 0));
    }
}
