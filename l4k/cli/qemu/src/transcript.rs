//! What a guest has written so far, and how far its reader has come. May call nothing of this crate.

/// All output of a guest, with a mark behind what has been waited for.
#[derive(Default)]
pub struct Transcript {
    bytes: Vec<u8>,
    read: usize,
}

impl Transcript {
    /// Takes more output.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Finds `text` behind the mark, moves the mark behind it, and returns what stands between the old mark and the text's end.
    pub fn find(&mut self, text: &str) -> Option<String> {
        let unread = &self.bytes[self.read..];
        let start = unread.windows(text.len().max(1)).position(|window| window == text.as_bytes())?;
        let end = start + text.len();
        let found = String::from_utf8_lossy(&unread[..end]).into_owned();
        self.read += end;
        Some(found)
    }

    /// What stands behind the mark.
    pub fn unread(&self) -> String {
        String::from_utf8_lossy(&self.bytes[self.read..]).into_owned()
    }

    /// Everything, as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Everything, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Transcript;

    #[test]
    fn text_is_found_once_and_in_order() {
        let mut transcript = Transcript::default();
        transcript.extend(b"one tw");
        assert_eq!(transcript.find("two"), None);
        transcript.extend(b"o one");
        assert_eq!(transcript.find("two"), Some("one two".to_owned()));
        assert_eq!(transcript.find("one"), Some(" one".to_owned()));
        assert_eq!(transcript.find("one"), None);
        assert_eq!(transcript.text(), "one two one");
    }
}
