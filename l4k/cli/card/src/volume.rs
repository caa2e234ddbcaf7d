//! A FAT32 volume with files in it. May call `file`, `directories` and `partition`.

use std::io::{Cursor, Write};

use anyhow::{Context, Result, ensure};
use fatfs::{Date, DateTime, Dir, FatType, FileSystem, FormatVolumeOptions, FsOptions, Time, TimeProvider};

use super::directories;
use super::file::CardFile;
use super::partition::{Partition, SECTOR};

/// The volume's name.
pub const LABEL: &str = "L4K";

/// Where the boot sector and its copy, the sixth sector, say how many sectors lie before the volume.
const SECTORS_BEFORE: [usize; 2] = [0x1c, 6 * 512 + 0x1c];

/// The volume's identifier, the same for each volume, so that the same input gives the same image.
const IDENTIFIER: u32 = 0x6c34_6b00;

type Volume<'a> = Cursor<&'a mut [u8]>;

/// Makes a volume with the files in `space`, which is that partition of a card.
pub fn write(space: &mut [u8], partition: Partition, files: &[CardFile]) -> Result<()> {
    format(space, partition).context("making a FAT32 volume")?;
    let options = FsOptions::new().time_provider(&NO_TIME);
    let volume = FileSystem::new(Cursor::new(&mut *space), options).context("the FAT32 volume just made")?;
    // fatfs takes the type as a wish: which it is follows from the number of clusters.
    ensure!(volume.fat_type() == FatType::Fat32, "{} bytes are too few for a FAT32 volume", partition.size);
    for file in files {
        add(volume.root_dir(), file).with_context(|| format!("writing {} to the FAT32 volume", file.path))?;
    }
    // Counts the free clusters, and has the count written.
    volume.stats().context("counting what is free in the FAT32 volume")?;
    volume.unmount().context("closing the FAT32 volume")?;
    directories::repair(space)
}

fn format(space: &mut [u8], partition: Partition) -> Result<()> {
    let mut label = [b' '; 11];
    label[..LABEL.len()].copy_from_slice(LABEL.as_bytes());
    let options = FormatVolumeOptions::new().fat_type(FatType::Fat32).volume_label(label).volume_id(IDENTIFIER);
    fatfs::format_volume(Cursor::new(&mut *space), options)?;
    let before = u32::try_from(partition.start / SECTOR)?.to_le_bytes();
    for place in SECTORS_BEFORE {
        space[place..place + before.len()].copy_from_slice(&before);
    }
    Ok(())
}

/// Writes a file, and makes the directories on its path.
fn add(root: Dir<'_, Volume<'_>>, file: &CardFile) -> Result<()> {
    let (directories, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let mut directory = root;
    for part in directories.split('/').filter(|part| !part.is_empty()) {
        directory = directory.create_dir(part)?;
    }
    let mut written = directory.create_file(name)?;
    written.truncate()?;
    written.write_all(&file.contents)?;
    written.flush()?;
    Ok(())
}

/// The first moment that FAT knows, for all files, so that the same input gives the same image.
#[derive(Debug)]
struct NoTime;

static NO_TIME: NoTime = NoTime;

const BEGINNING: DateTime =
    DateTime { date: Date { year: 1980, month: 1, day: 1 }, time: Time { hour: 0, min: 0, sec: 0, millis: 0 } };

impl TimeProvider for NoTime {
    fn get_current_date(&self) -> Date {
        BEGINNING.date
    }

    fn get_current_date_time(&self) -> DateTime {
        BEGINNING
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTITION: Partition = Partition { start: 1 << 20, size: 63 << 20 };

    #[test]
    fn both_boot_sectors_know_their_place_and_are_equal() {
        let mut space = vec![0; 63 << 20];
        write(&mut space, PARTITION, &[]).expect("a volume");
        assert_eq!(space[0x1c..0x20], 2048_u32.to_le_bytes());
        assert_eq!(space[..512], space[6 * 512..7 * 512]);
        assert_eq!(&space[0x52..0x5a], b"FAT32   ");
    }

    #[test]
    fn volume_that_is_too_small_for_fat32_is_refused() {
        let partition = Partition { start: 1 << 20, size: 16 << 20 };
        let error = write(&mut vec![0; 16 << 20], partition, &[]).expect_err("too small").to_string();
        assert_eq!(error, "16777216 bytes are too few for a FAT32 volume");
    }

    #[test]
    fn file_without_room_is_named() {
        let file = CardFile { path: "large".to_owned(), contents: vec![1; 64 << 20] };
        let error = write(&mut vec![0; 63 << 20], PARTITION, &[file]).expect_err("no room");
        assert!(format!("{error:#}").starts_with("writing large to the FAT32 volume: "), "{error:#}");
    }
}
