//! An SD card as a file: a partition table, and one partition with a FAT32 file system. May call nothing of this crate.

use std::fs;
use std::io::{Cursor, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use fatfs::{FatType, FileSystem, FormatVolumeOptions, FsOptions};
use mbrman::{BOOT_INACTIVE, CHS, MBR, MBRPartitionEntry};

/// Size of a card: the least that FAT32 is meant for. QEMU wants a power of two.
pub const CARD_BYTES: u64 = 64 << 20;

const SECTOR: u64 = 512;

/// First sector of the partition: 1 MiB from the start, as partitioning tools have it.
const FIRST_SECTOR: u64 = 2048;

/// FAT32 that is addressed by sector numbers.
const FAT32_LBA: u8 = 0x0c;

/// So that the partition has enough clusters for FAT32.
const CLUSTER_BYTES: u32 = 512;

/// A file on a card, or in a directory for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFile {
    /// Where it goes; names separated by `/`.
    pub path: String,
    /// Its contents.
    pub contents: Vec<u8>,
}

/// The files in a directory and below.
pub fn files_in(directory: &Path) -> Result<Vec<CardFile>> {
    let mut files = Vec::new();
    collect(directory, "", &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn collect(directory: &Path, prefix: &str, files: &mut Vec<CardFile>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else {
            let contents = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            files.push(CardFile { path: format!("{prefix}{name}"), contents });
        }
    }
    Ok(())
}

/// Writes a card with these files. The file appears when it is whole.
pub fn write(card: &Path, label: [u8; 11], files: &[CardFile]) -> Result<()> {
    let partition = file_system(label, files)?;
    let part: PathBuf = card.with_extension("partial");
    let writing = || format!("writing {}", card.display());
    let mut disk = fs::File::create(&part).with_context(writing)?;
    disk.set_len(CARD_BYTES).with_context(writing)?;
    partition_table(&mut disk).with_context(writing)?;
    disk.seek(SeekFrom::Start(FIRST_SECTOR * SECTOR))?;
    disk.write_all(&partition).with_context(writing)?;
    disk.sync_all().with_context(writing)?;
    fs::rename(&part, card).with_context(writing)
}

fn partition_table(disk: &mut fs::File) -> Result<()> {
    let mut table = MBR::new_from(disk, SECTOR as u32, *b"l4k!")?;
    table[1] = MBRPartitionEntry {
        boot: BOOT_INACTIVE,
        first_chs: CHS::empty(),
        sys: FAT32_LBA,
        last_chs: CHS::empty(),
        starting_lba: FIRST_SECTOR as u32,
        sectors: (CARD_BYTES / SECTOR - FIRST_SECTOR) as u32,
    };
    table.write_into(disk)?;
    Ok(())
}

fn file_system(label: [u8; 11], files: &[CardFile]) -> Result<Vec<u8>> {
    let bytes = CARD_BYTES - FIRST_SECTOR * SECTOR;
    let needed: u64 = files.iter().map(|file| file.contents.len() as u64).sum();
    ensure!(needed < bytes, "{needed} bytes of files do not fit a card of {} MiB", CARD_BYTES >> 20);
    let mut volume = Cursor::new(vec![0; usize::try_from(bytes)?]);
    let options = FormatVolumeOptions::new().fat_type(FatType::Fat32).bytes_per_cluster(CLUSTER_BYTES);
    fatfs::format_volume(&mut volume, options.volume_label(label)).context("making a FAT32 file system")?;
    volume.set_position(0);
    {
        let system = FileSystem::new(&mut volume, FsOptions::new())?;
        for file in files {
            put(&system, file).with_context(|| format!("putting {} on the card", file.path))?;
        }
    }
    Ok(volume.into_inner())
}

fn put(system: &FileSystem<&mut Cursor<Vec<u8>>>, file: &CardFile) -> Result<()> {
    let mut directory = system.root_dir();
    let mut names = file.path.split('/').peekable();
    while let Some(name) = names.next() {
        if names.peek().is_some() {
            directory = directory.create_dir(name)?;
        } else {
            directory.create_file(name)?.write_all(&file.contents)?;
        }
    }
    Ok(())
}

/// The contents of a file on a card.
pub fn read(card: &Path, path: &str) -> Result<Vec<u8>> {
    let reading = || format!("reading {} on {}", path, card.display());
    let disk = fs::read(card).with_context(reading)?;
    let table = MBR::read_from(&mut Cursor::new(&disk), SECTOR as u32).with_context(reading)?;
    let entry = &table[1];
    if entry.sys != FAT32_LBA {
        bail!("{} has no FAT32 partition", card.display());
    }
    let start = u64::from(entry.starting_lba) * SECTOR;
    let end = start + u64::from(entry.sectors) * SECTOR;
    let volume = disk.get(usize::try_from(start)?..usize::try_from(end)?).context("a partition beyond the card")?;
    let mut volume = Cursor::new(volume.to_vec());
    let system = FileSystem::new(&mut volume, FsOptions::new()).with_context(reading)?;
    let mut contents = Vec::new();
    std::io::Read::read_to_end(&mut system.root_dir().open_file(path).with_context(reading)?, &mut contents)?;
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::{CardFile, read, write};

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
        write(&card, *b"L4K        ", &files).expect("a card");
        for file in &files {
            assert_eq!(read(&card, &file.path).expect("a file"), file.contents, "{}", file.path);
        }
        assert!(read(&card, "NONE.TXT").is_err());
        assert_eq!(std::fs::metadata(&card).expect("the card").len(), super::CARD_BYTES);
        std::fs::remove_file(&card).expect("the card can be removed");
    }

    #[test]
    fn what_does_not_fit_is_refused_and_leaves_no_card() {
        let card = std::env::temp_dir().join(format!("l4k-full-card-{}.img", std::process::id()));
        let large = file("LARGE.BIN", &vec![1; 63 << 20]);
        assert!(write(&card, *b"L4K        ", &[large]).is_err());
        assert!(!card.exists());
    }
}
