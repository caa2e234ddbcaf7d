//! Small things about files that many modules need. May call nothing of this crate.

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};

/// The entries of a directory, in order; none if it does not exist.
///
/// # Errors
/// It is there and cannot be read.
pub fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let list = match fs::read_dir(directory) {
        Ok(list) => list,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("reading {}", directory.display())),
    };
    let mut paths = Vec::new();
    for entry in list {
        paths.push(entry.with_context(|| format!("reading {}", directory.display()))?.path());
    }
    paths.sort();
    Ok(paths)
}
