//! The files of a card. May call nothing of this crate.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

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
