//! What was written, for people and for tools. May call nothing of this crate.

use std::fmt::Write as _;
use std::path::PathBuf;

use l4k_qemu::Board;
use serde_json::{Value, json};

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Of which firmware.
    pub name: String,
    /// For which board.
    pub board: Board,
    /// Where to.
    pub directory: PathBuf,
    /// The files, with their sizes.
    pub files: Vec<(String, usize)>,
    /// The size of the card, if there is one.
    pub card_bytes: Option<u64>,
    /// Files of the vendor that the board needs beside them.
    pub missing: &'static [&'static str],
}

impl Written {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{} for {}:\n", self.name, self.board);
        let below = if self.card_bytes.is_some() { "boot/" } else { "" };
        for (path, bytes) in &self.files {
            let _ = writeln!(text, "  {:<33} {bytes:>9} bytes", format!("{below}{path}"));
        }
        if let Some(bytes) = self.card_bytes {
            let _ = writeln!(text, "  sdcard.img {:>32} MiB, FAT32, the same files", bytes >> 20);
        }
        let _ = writeln!(text, "in {}", self.directory.display());
        if !self.missing.is_empty() {
            text += "Still needed beside them, from boot/ of https://github.com/raspberrypi/firmware \
                     (--firmware DIRECTORY puts them in):\n";
            text.extend(self.missing.iter().map(|name| format!("  {name}\n")));
        }
        text
    }

    /// For tools.
    #[must_use]
    pub fn json(&self) -> Value {
        let file = |(path, bytes): &(String, usize)| json!({ "path": path, "bytes": bytes });
        json!({
            "directory": self.directory,
            "card_bytes": self.card_bytes,
            "files": self.files.iter().map(file).collect::<Vec<_>>(),
            "missing": self.missing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Written;
    use l4k_qemu::Board;

    #[test]
    fn a_raw_image_has_no_card() {
        let written = Written {
            name: "hello".to_owned(),
            board: Board::QemuVirt,
            directory: "/out".into(),
            files: vec![("hello-qemu-virt.img".to_owned(), 4096)],
            card_bytes: None,
            missing: &[],
        };
        let text = written.text();
        assert_eq!(text, "hello for qemu-virt:\n  hello-qemu-virt.img                    4096 bytes\nin /out\n");
        assert!(written.json()["card_bytes"].is_null());
    }
}
