//! The text by directories, and in each by files, those with the most first. May call `places` and `purpose`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::places::{self, Bytes, LIBRARY};
use super::purpose::purpose;
use cargo_l4k::Workplace;
use cargo_l4k::files::entries;

/// A directory's part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// From the project's root on; empty for the compiler's library.
    pub directory: String,
    /// Of all its files.
    pub bytes: u64,
    /// What it says of itself.
    pub purpose: String,
    /// Its files.
    pub files: Vec<File>,
}

/// A file's part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Without the directory.
    pub name: String,
    /// How many.
    pub bytes: u64,
    /// What it says of itself.
    pub purpose: String,
}

/// Of the kernel's ELF file.
pub fn rooms(project: &Workplace, kernel: &Path) -> Result<Vec<Room>> {
    let sources = sources(project)?;
    let label = |name: &str| {
        let label = format!("\"{name}:\"");
        sources.iter().find(|(_, text)| text.contains(&label)).map(|(file, _)| file.clone())
    };
    let read = |file: &str| fs::read_to_string(project.path(file)).with_context(|| format!("reading {file}"));
    arrange(&places::bytes(kernel, &label)?, &read)
}

/// The kernel's own sources, by their place.
fn sources(project: &Workplace) -> Result<BTreeMap<String, String>> {
    let (mut sources, mut left) = (BTreeMap::new(), vec![project.path("l4k/src")]);
    while let Some(directory) = left.pop() {
        for path in entries(&directory)? {
            if path.is_dir() {
                left.push(path);
            } else {
                let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
                let place = path.strip_prefix(project.root()).unwrap_or(&path);
                sources.insert(place.display().to_string(), text);
            }
        }
    }
    Ok(sources)
}

fn arrange(bytes: &Bytes, read: &dyn Fn(&str) -> Result<String>) -> Result<Vec<Room>> {
    let mut rooms: BTreeMap<&str, Room> = BTreeMap::new();
    for (file, bytes) in bytes {
        let (directory, name) = file.rsplit_once('/').unwrap_or_default();
        if !rooms.contains_key(directory) {
            rooms.insert(directory, room(directory, read)?);
        }
        let Some(room) = rooms.get_mut(directory) else { continue };
        room.bytes += bytes;
        if file != LIBRARY {
            room.files.push(File { name: name.to_owned(), bytes: *bytes, purpose: purpose(&read(file)?) });
        }
    }
    let mut rooms: Vec<Room> = rooms.into_values().collect();
    rooms.sort_by_key(|room| std::cmp::Reverse(room.bytes));
    rooms.iter_mut().for_each(|room| room.files.sort_by_key(|file| std::cmp::Reverse(file.bytes)));
    Ok(rooms)
}

/// A room without files.
fn room(directory: &str, read: &dyn Fn(&str) -> Result<String>) -> Result<Room> {
    let purpose = match directory {
        "" => {
            "What the compiler's library brings along: numbers and texts in messages, copying and clearing.".to_owned()
        }
        _ => purpose(&read(&format!("{directory}/mod.rs")).or_else(|_| read(&format!("{directory}/lib.rs")))?),
    };
    Ok(Room { directory: directory.to_owned(), bytes: 0, purpose, files: Vec::new() })
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A kernel of two rooms and the library.
    pub fn example() -> Vec<Room> {
        let bytes: Bytes =
            [("l4k/src/a/one.rs", 40), ("l4k/src/a/two.rs", 60), ("l4k/src/b/three.rs", 20), (LIBRARY, 8)]
                .map(|(file, bytes)| (file.to_owned(), bytes))
                .into();
        arrange(&bytes, &|file| Ok(format!("//! Says {file}.\n"))).expect("rooms")
    }

    #[test]
    fn largest_come_first() {
        let rooms = example();
        let names: Vec<(&str, u64)> = rooms.iter().map(|room| (room.directory.as_str(), room.bytes)).collect();
        assert_eq!(names, [("l4k/src/a", 100), ("l4k/src/b", 20), ("", 8)]);
        assert_eq!(rooms[0].files[0].name, "two.rs");
        assert_eq!(rooms[0].files[0].purpose, "Says l4k/src/a/two.rs.");
        assert_eq!(rooms[0].purpose, "Says l4k/src/a/mod.rs.");
        assert!(rooms[2].files.is_empty());
    }
}
