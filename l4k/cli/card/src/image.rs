//! A card as a file: a partition table, and one partition with a FAT32 file system. May call the other files of this directory.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use fatfs::{FileSystem, FsOptions};

use super::file::{CardFile, check_paths};
use super::partition::Partition;
use super::volume;

/// The smallest card: FAT32 needs about 33 MiB, and QEMU takes cards of 2ⁿ bytes only.
const SMALLEST: u64 = 64 << 20;

/// The largest. Nothing here comes near; more is a mistake, and would be held in memory.
const LARGEST: u64 = 1 << 30;

/// Size of a card for so many bytes in files: a power of two, with a quarter for tables and for what the user may want to add.
pub fn size(contents: u64) -> Result<u64> {
    let most = LARGEST / 4 * 3;
    let needed = contents.div_ceil(1 << 20);
    ensure!(contents <= most, "the files have {needed} MiB, and a card here holds {} MiB at most", most >> 20);
    Ok((contents / 3 * 4 + 1).next_power_of_two().clamp(SMALLEST, LARGEST))
}

/// Writes a card with these files, and returns its size. The file appears when it is whole.
pub fn write(card: &Path, files: &[CardFile]) -> Result<u64> {
    check_paths(files)?;
    let size = size(files.iter().map(|file| file.contents.len() as u64).sum())?;
    let partition = Partition::on_card(size)?;
    let mut bytes = vec![0; usize::try_from(size)?];
    partition.write(&mut bytes)?;
    volume::write(&mut bytes[partition.range()?], partition, files)?;
    let part = card.with_extension("partial");
    fs::write(&part, bytes).with_context(|| format!("writing {}", part.display()))?;
    fs::rename(&part, card).with_context(|| format!("writing {}", card.display()))?;
    Ok(size)
}

/// The contents of a file on a card that [`write()`] made.
pub fn read(card: &Path, path: &str) -> Result<Vec<u8>> {
    let reading = || format!("reading {} on {}", path, card.display());
    let mut bytes = fs::read(card).with_context(reading)?;
    let partition = Partition::on_card(bytes.len() as u64)?;
    let space = &mut bytes[partition.range()?];
    let system = FileSystem::new(Cursor::new(space), FsOptions::new()).with_context(reading)?;
    let mut contents = Vec::new();
    system.root_dir().open_file(path).with_context(reading)?.read_to_end(&mut contents).with_context(reading)?;
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::{SMALLEST, read, size, write};
    use crate::CardFile;

    fn file(path: &str, contents: &[u8]) -> CardFile {
        CardFile { path: path.to_owned(), contents: contents.to_vec() }
    }

    #[test]
    fn what_is_put_on_a_card_is_read_again() {
        let card = std::env::temp_dir().join(format!("l4k-card-{}.img", std::process::id()));
        let large: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let files = [
            file("HELLO.TXT", b"hello"),
            file("overlays/disable-bt.dtbo", b"overlay"),
            file("overlays/a-long-name-of-a-file.dtbo", b""),
            file("kernel8.img", &large),
        ];
        write(&card, &files).expect("a card");
        for file in &files {
            assert_eq!(read(&card, &file.path).expect("a file"), file.contents, "{}", file.path);
        }
        assert!(read(&card, "NONE.TXT").is_err());
        assert_eq!(std::fs::metadata(&card).expect("the card").len(), SMALLEST);
        std::fs::remove_file(&card).expect("the card can be removed");
    }

    #[test]
    fn a_card_grows_with_what_is_on_it() {
        for mebibytes in [0_u64, 1, 47, 48, 49, 96, 300, 768] {
            let size = size(mebibytes << 20).expect("a size");
            assert!(size.is_power_of_two() && size >= SMALLEST && size / 4 * 3 >= mebibytes << 20, "{mebibytes}");
        }
        let error = size((768 << 20) + 1).expect_err("too much").to_string();
        assert_eq!(error, "the files have 769 MiB, and a card here holds 768 MiB at most");
        assert!(size(u64::MAX).is_err());
    }

    #[test]
    fn the_same_files_give_the_same_card() {
        let cards = [0, 1].map(|number| {
            let card = std::env::temp_dir().join(format!("l4k-same-card-{number}-{}.img", std::process::id()));
            write(&card, &[file("a/b/c.txt", b"c")]).expect("a card");
            let bytes = std::fs::read(&card).expect("the card");
            std::fs::remove_file(&card).expect("the card can be removed");
            bytes
        });
        assert!(cards[0] == cards[1]);
    }
}
