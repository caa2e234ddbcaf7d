//! What a board boots from: the files with the kernel among them, as a directory and as a card. May call `configuration`, `vendor`, `written` and the crate `l4k-card`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use l4k_card::{self as card, CardFile};
use l4k_qemu::Board;

use super::configuration::{Console, config_txt, readme_txt};
use super::vendor;
use super::written::Written;
use crate::files;

/// What is to be written, but for the kernel.
#[derive(Clone, Copy, Debug)]
pub struct Card<'a> {
    /// What is on it, for people.
    pub name: &'a str,
    /// For which board.
    pub board: Board,
    /// Which UART is the console.
    pub console: Console,
    /// Where to.
    pub output: &'a Path,
    /// Where the vendor's files are.
    pub vendor: Option<&'a Path>,
}

/// The vendor's files, if they are there.
pub struct Given(Option<Vec<CardFile>>);

impl Card<'_> {
    /// Refuses what cannot be written, before anything is built; takes the vendor's files.
    pub fn check(&self) -> Result<Given> {
        check_board(self.board)?;
        files::check_directory(self.output)?;
        Ok(Given(self.vendor.map(vendor::take).transpose()?))
    }

    /// Writes a kernel, what belongs to it, and more files.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, given: Given, kernel: Vec<u8>, more: Vec<CardFile>) -> Result<Written> {
        let mut files = self.own_files(kernel);
        files.extend(given.0.unwrap_or_default());
        files.extend(more);
        let card_bytes = write(self.output, &files)?;
        Ok(Written {
            name: self.name.to_owned(),
            board: self.board,
            directory: self.output.to_owned(),
            files: files.into_iter().map(|file| (file.path, file.contents.len())).collect(),
            card_bytes: Some(card_bytes),
            missing: self.missing(),
        })
    }

    fn missing(&self) -> &'static [&'static str] {
        if self.vendor.is_some() { &[] } else { &vendor::FILES }
    }

    fn own_files(&self, kernel: Vec<u8>) -> Vec<CardFile> {
        let text = |path: &str, contents: String| CardFile { path: path.to_owned(), contents: contents.into_bytes() };
        vec![
            CardFile { path: "kernel8.img".to_owned(), contents: kernel },
            text("config.txt", config_txt(self.console)),
            text("README.txt", readme_txt(self.name, self.missing())),
        ]
    }
}

/// Whether a board boots from a card.
#[must_use]
pub fn boots_from_card(board: Board) -> bool {
    match board {
        Board::RaspberryPi4 => true,
        Board::QemuVirt | Board::Versal => false,
    }
}

fn check_board(board: Board) -> Result<()> {
    ensure!(boots_from_card(board), "the board {board} boots from no card; rpi4 does");
    Ok(())
}

/// The directory `boot` and the card, each under another name until it is whole.
fn write(output: &Path, files: &[CardFile]) -> Result<u64> {
    fs::create_dir_all(output).with_context(|| format!("making {}", output.display()))?;
    let (boot, part) = (output.join("boot"), output.join("boot.partial"));
    remove(&part)?;
    let written = fill(&part, files).and_then(|()| card::write(&output.join("sdcard.img"), files));
    if written.is_err() {
        // The error says more than one about this.
        let _ = remove(&part);
    }
    let card_bytes = written?;
    remove(&boot)?;
    fs::rename(&part, &boot).with_context(|| format!("writing {}", boot.display()))?;
    Ok(card_bytes)
}

fn fill(part: &Path, files: &[CardFile]) -> Result<()> {
    for file in files {
        let path = part.join(&file.path);
        let parent = path.parent().unwrap_or(part);
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        fs::write(&path, &file.contents).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn remove(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| format!("removing {}", directory.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_board, write};
    use l4k_card::{self as card, CardFile};
    use l4k_qemu::Board;
    use std::fs;

    #[test]
    fn directory_and_card_hold_the_same_and_replace_what_was_there() {
        let output = std::env::temp_dir().join(format!("l4k-image-{}", std::process::id()));
        let file = |path: &str, contents: &[u8]| CardFile { path: path.to_owned(), contents: contents.to_vec() };
        write(&output, &[file("old.txt", b"old"), file("config.txt", b"1")]).expect("an image");
        write(&output, &[file("config.txt", b"22"), file("overlays/x.dtbo", b"x")]).expect("another image");
        assert!(!output.join("boot/old.txt").exists());
        for (path, contents) in [("config.txt", &b"22"[..]), ("overlays/x.dtbo", b"x")] {
            assert_eq!(fs::read(output.join("boot").join(path)).expect("a file"), contents);
            assert_eq!(card::read(&output.join("sdcard.img"), path).expect("a file"), contents);
        }
        let twice = [file("config.txt", b"3"), file("CONFIG.TXT", b"4")];
        write(&output, &twice).expect_err("one would hide the other");
        assert_eq!(fs::read(output.join("boot/config.txt")).expect("what was there"), b"22");
        assert!(!output.join("boot.partial").exists(), "something is left behind");
        fs::remove_dir_all(&output).expect("the image can be removed");
    }

    #[test]
    fn boards_without_a_card_are_refused() {
        assert!(check_board(Board::RaspberryPi4).is_ok());
        assert!(check_board(Board::QemuVirt).is_err());
    }
}
