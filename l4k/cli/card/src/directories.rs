//! The first two entries, `.` and `..`, of the directories in a FAT32 volume. fatfs 0.3.6 gives them long names, so that they are not first,
//! and the root's cluster instead of 0 as parent; `fsck.fat` takes both for damage. Works on the bytes of a volume; may call nothing
//! of this crate.

use anyhow::{Context, Result};

/// Bytes of an entry.
const ENTRY: usize = 32;

const THIS: &[u8; 11] = b".          ";
const PARENT: &[u8; 11] = b"..         ";

/// Marks an entry that was deleted.
const DELETED: u8 = 0xe5;

/// The attributes that tell what an entry is. A part of a long name has the other bit set, as the volume's name has.
const KIND: u8 = 0x18;
const DIRECTORY: u8 = 0x10;

/// Only 28 bits of an entry in the table count, and from 0xffffff7 on they name no cluster.
const CLUSTER_BITS: u32 = 0x0fff_ffff;
const LAST_CLUSTER: u32 = 0x0fff_fff6;

/// Where things are in a volume, in bytes.
struct Layout {
    table: usize,
    clusters: usize,
    cluster_size: usize,
    root: u32,
}

impl Layout {
    /// From the boot sector, whose fields have the names of Microsoft's specification.
    fn read(volume: &[u8]) -> Result<Layout> {
        let sector_size = usize::from(half(volume, 0x0b)?); // BPB_BytsPerSec
        let sectors_per_cluster = usize::from(*volume.get(0x0d).context("no boot sector")?); // BPB_SecPerClus
        let table = usize::from(half(volume, 0x0e)?) * sector_size; // BPB_RsvdSecCnt
        let tables = usize::from(*volume.get(0x10).context("no boot sector")?); // BPB_NumFATs
        let table_size = usize::try_from(word(volume, 0x24)?)? * sector_size; // BPB_FATSz32
        let root = word(volume, 0x2c)?; // BPB_RootClus
        let cluster_size = sectors_per_cluster * sector_size;
        Ok(Layout { table, clusters: table + tables * table_size, cluster_size, root })
    }

    /// Where a cluster starts. The first two numbers stand for no cluster.
    fn start(&self, cluster: u32) -> Result<usize> {
        let index = cluster.checked_sub(2).context("a directory without a cluster")?;
        Ok(self.clusters + usize::try_from(index)? * self.cluster_size)
    }

    /// The directories in a directory, by their first clusters.
    fn below(&self, volume: &[u8], directory: u32) -> Result<Vec<u32>> {
        let mut found = Vec::new();
        let mut cluster = directory;
        while cluster <= LAST_CLUSTER {
            let start = self.start(cluster)?;
            let bytes = volume.get(start..start + self.cluster_size).context("a directory outside of the volume")?;
            for entry in bytes.chunks_exact(ENTRY) {
                let is_used = ![0, DELETED, b'.'].contains(&entry[0]);
                if is_used && entry[11] & KIND == DIRECTORY {
                    found.push(u32::from(half(entry, 20)?) << 16 | u32::from(half(entry, 26)?));
                }
            }
            cluster = word(volume, self.table + usize::try_from(cluster)? * 4)? & CLUSTER_BITS;
        }
        Ok(found)
    }
}

/// Puts the entries of all directories right.
pub fn repair(volume: &mut [u8]) -> Result<()> {
    let layout = Layout::read(volume)?;
    let mut open = vec![layout.root];
    while let Some(parent) = open.pop() {
        for directory in layout.below(volume, parent)? {
            let start = layout.start(directory)?;
            let bytes = volume.get_mut(start..start + layout.cluster_size).context("outside of the volume")?;
            repair_one(bytes, if parent == layout.root { 0 } else { parent })?;
            open.push(directory);
        }
    }
    Ok(())
}

/// The first cluster of a directory. No place is lost to the long names but two entries, which count as deleted.
fn repair_one(directory: &mut [u8], parent: u32) -> Result<()> {
    let this = find(directory, THIS)?;
    let above = find(directory, PARENT)?;
    directory.copy_within(this..this + ENTRY, 0);
    directory.copy_within(above..above + ENTRY, ENTRY);
    let cluster = parent.to_le_bytes();
    directory[ENTRY + 20..ENTRY + 22].copy_from_slice(&cluster[2..]);
    directory[ENTRY + 26..ENTRY + 28].copy_from_slice(&cluster[..2]);
    for place in (2 * ENTRY..=above).step_by(ENTRY) {
        directory[place] = DELETED;
    }
    Ok(())
}

/// Where the entry with this name is.
fn find(directory: &[u8], name: &[u8; 11]) -> Result<usize> {
    let index = directory.chunks_exact(ENTRY).position(|entry| entry.starts_with(name));
    Ok(index.context("a directory without `.` or `..`")? * ENTRY)
}

fn half(bytes: &[u8], at: usize) -> Result<u16> {
    let bytes = bytes.get(at..at + 2).context("outside of the volume")?;
    Ok(u16::from_le_bytes(bytes.try_into()?))
}

fn word(bytes: &[u8], at: usize) -> Result<u32> {
    let bytes = bytes.get(at..at + 4).context("outside of the volume")?;
    Ok(u32::from_le_bytes(bytes.try_into()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::Partition;
    use crate::{CardFile, volume};

    #[test]
    fn directories_begin_with_themselves_and_their_parent() {
        // Enough names that the root takes more than one cluster.
        let names =
            (0..20).map(|number| format!("directory-{number}/file")).chain(["directory-7/deeper/file".to_owned()]);
        let files: Vec<CardFile> = names.map(|name| CardFile { path: name, contents: vec![1] }).collect();
        let mut space = vec![0; 63 << 20];
        volume::write(&mut space, Partition { start: 1 << 20, size: 63 << 20 }, &files).expect("a volume");
        let layout = Layout::read(&space).expect("a layout");
        let mut seen = 0;
        let mut open = vec![(layout.root, 0)];
        while let Some((parent, named)) = open.pop() {
            for directory in layout.below(&space, parent).expect("its directories") {
                let start = layout.start(directory).expect("its place");
                let entries = &space[start..start + 2 * ENTRY];
                assert!(entries.starts_with(THIS) && entries[ENTRY..].starts_with(PARENT));
                assert_eq!(u32::from(half(entries, 26).expect("a cluster")), directory);
                assert_eq!(u32::from(half(entries, ENTRY + 26).expect("a cluster")), named);
                open.push((directory, directory));
                seen += 1;
            }
        }
        assert_eq!(seen, 21);
    }

    #[test]
    fn something_else_is_refused() {
        assert!(repair(&mut []).is_err());
        assert!(repair(&mut [0; 512]).is_err());
    }
}
