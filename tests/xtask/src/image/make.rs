//! Builds an example, and writes what its board boots from. May call the other files of this directory, `firmware`, `card`, `equipment` and
//! `set_up`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use l4k_qemu::Board;
use serde_json::json;

use super::configuration::{Console, config_txt, readme_txt};
use super::vendor;
use crate::card::{self, CardFile};
use crate::equipment::Equipment;
use crate::firmware::{self, Extras, Profile};
use crate::project::Project;
use crate::set_up;

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Request {
    /// The example's name.
    pub example: String,
    /// For which board.
    pub board: Board,
    /// cargo's profile.
    pub profile: Profile,
    /// Which UART is the console.
    pub console: Console,
    /// Where to; a directory in `target` if nothing is named.
    pub output: Option<PathBuf>,
    /// Where the vendor's files are.
    pub vendor: Option<PathBuf>,
    /// A file for the result.
    pub json: Option<PathBuf>,
}

/// Makes it.
pub fn run(project: &Project, request: &Request) -> Result<()> {
    let directory = project.example(&request.example)?;
    check_board(request.board)?;
    let output = match &request.output {
        Some(output) => output.clone(),
        None => project.target().join("image").join(format!("{}-{}", request.example, request.board)),
    };
    ensure!(!output.is_file(), "{} is a file, and a directory is to be there", output.display());
    let given = request.vendor.as_deref().map(vendor::take).transpose()?;
    let toolchain = set_up::ensure(project, &[])?;
    let features: &[&str] = match request.console {
        Console::Pl011 => &[],
        Console::MiniUart => &["mini-uart-console"],
    };
    let firmware = firmware::build_with(
        &toolchain,
        &directory,
        request.profile,
        request.board,
        Extras { features, ..Extras::default() },
    )?;
    let kernel = fs::read(firmware.raw_image()?).context("reading the raw image")?;
    let mut files = own_files(request, kernel, given.is_some());
    files.extend(given.unwrap_or_default());
    if let Some(more) = Equipment::of(&directory)?.card {
        files.extend(card::files_in(&more)?);
    }
    let card_bytes = write(&output, &files)?;
    tell(request, &output, &files, card_bytes)
}

/// Only boards that boot from a card.
fn check_board(board: Board) -> Result<()> {
    match board {
        Board::RaspberryPi4 => Ok(()),
        Board::QemuVirt | Board::Versal => bail!("the board {board} boots from no card; rpi4 does"),
    }
}

fn own_files(request: &Request, kernel: Vec<u8>, has_vendor: bool) -> Vec<CardFile> {
    let missing: &[&str] = if has_vendor { &[] } else { &vendor::FILES };
    let text = |path: &str, contents: String| CardFile { path: path.to_owned(), contents: contents.into_bytes() };
    vec![
        CardFile { path: "kernel8.img".to_owned(), contents: kernel },
        text("config.txt", config_txt(request.console)),
        text("README.txt", readme_txt(&request.example, missing)),
    ]
}

/// The directory `boot` and the card, each under another name until it is whole.
fn write(output: &Path, files: &[CardFile]) -> Result<u64> {
    fs::create_dir_all(output).with_context(|| format!("making {}", output.display()))?;
    let (boot, part) = (output.join("boot"), output.join("boot.partial"));
    remove(&part)?;
    for file in files {
        let path = part.join(&file.path);
        let parent = path.parent().unwrap_or(&part);
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        fs::write(&path, &file.contents).with_context(|| format!("writing {}", path.display()))?;
    }
    let card_bytes = card::write(&output.join("sdcard.img"), files)?;
    remove(&boot)?;
    fs::rename(&part, &boot).with_context(|| format!("writing {}", boot.display()))?;
    Ok(card_bytes)
}

fn remove(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| format!("removing {}", directory.display()))?;
    }
    Ok(())
}

fn tell(request: &Request, output: &Path, files: &[CardFile], card_bytes: u64) -> Result<()> {
    println!("{} for {}:", request.example, request.board);
    for file in files {
        println!("  boot/{:<28} {:>9} bytes", file.path, file.contents.len());
    }
    println!("  sdcard.img {:>27} MiB, FAT32, the same files", card_bytes >> 20);
    println!("in {}", output.display());
    if request.vendor.is_none() {
        println!(
            "Still needed beside them, from boot/ of https://github.com/raspberrypi/firmware (--firmware DIRECTORY puts them in):"
        );
        vendor::FILES.iter().for_each(|name| println!("  {name}"));
    }
    if let Some(file) = &request.json {
        let list: Vec<_> =
            files.iter().map(|file| json!({ "path": file.path, "bytes": file.contents.len() })).collect();
        let missing: &[&str] = if request.vendor.is_some() { &[] } else { &vendor::FILES };
        let result = json!({ "directory": output, "card_bytes": card_bytes, "files": list, "missing": missing });
        fs::write(file, format!("{result:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_board, write};
    use crate::card::{self, CardFile};
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
        fs::remove_dir_all(&output).expect("the image can be removed");
    }

    #[test]
    fn boards_without_a_card_are_refused() {
        assert!(check_board(Board::RaspberryPi4).is_ok());
        assert!(check_board(Board::QemuVirt).is_err());
    }
}
