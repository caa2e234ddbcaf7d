//! Small things about files that many modules need. May call nothing of this crate.

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result, bail};

/// Refuses a path that can be no directory, before anything is made for it.
///
/// # Errors
/// It is a file, or lies below one.
pub fn check_directory(path: &Path) -> Result<()> {
    let there = path.ancestors().find(|above| above.exists());
    match there {
        Some(file) if !file.is_dir() => bail!("{} is a file, and a directory is to be there", file.display()),
        Some(_) | None => Ok(()),
    }
}

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

#[cfg(test)]
mod tests {
    use super::check_directory;

    #[test]
    fn a_directory_cannot_be_where_a_file_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("file");
        std::fs::write(&file, "").expect("a file");
        for wrong in [file.clone(), file.join("below"), file.join("far/below")] {
            let said = check_directory(&wrong).expect_err("a file").to_string();
            assert_eq!(said, format!("{} is a file, and a directory is to be there", file.display()));
        }
        for good in [directory.path().to_owned(), directory.path().join("new/one"), "new".into()] {
            check_directory(&good).expect("a directory can be there");
        }
    }
}
