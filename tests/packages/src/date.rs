//! Dates what was unpacked, so that cargo builds only what has changed. May call `pack`.
//!
//! Cargo compares files of a path dependency by their time only, and all files in packed crates have the same time. So
//! each file gets the time at which its crate was first unpacked with the contents that it has now.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::pack::Packed;

/// What cargo adds to a package: the commit that it was made of. No build reads it.
const COMMIT: &str = ".cargo_vcs_info.json";

/// Dates the files of a crate that was unpacked to a directory. A note beside the packed file keeps the time for the
/// next run.
///
/// # Errors
/// A file cannot be read or dated, or the note cannot be written.
pub fn as_first_seen(packed: &Packed, directory: &Path) -> Result<()> {
    let files = files(directory)?;
    let time = first_seen(&packed.file.with_extension("contents"), &contents(&files)?)?;
    for path in files {
        let file =
            fs::File::options().write(true).open(&path).with_context(|| format!("opening {}", path.display()))?;
        file.set_modified(time).with_context(|| format!("dating {}", path.display()))?;
    }
    Ok(())
}

/// The time of a note that holds these contents; it is written anew if it holds others.
fn first_seen(note: &Path, contents: &str) -> Result<SystemTime> {
    if fs::read_to_string(note).is_ok_and(|earlier| earlier == contents) {
        return fs::metadata(note)?.modified().with_context(|| format!("the time of {}", note.display()));
    }
    fs::write(note, contents).with_context(|| format!("writing {}", note.display()))?;
    fs::metadata(note)?.modified().with_context(|| format!("the time of {}", note.display()))
}

/// A number for the names and contents of files.
fn contents(files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for path in files.iter().filter(|path| !path.ends_with(COMMIT)) {
        path.hash(&mut hasher);
        fs::read(path).with_context(|| format!("reading {}", path.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// All files below a directory, in order.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut open) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("reading {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::as_first_seen;
    use crate::pack::Packed;

    #[test]
    fn only_other_contents_get_another_time() {
        let place = std::env::temp_dir().join(format!("l4k-dates-{}", std::process::id()));
        let directory = place.join("crate");
        fs::create_dir_all(directory.join("src")).expect("a directory");
        let (source, commit) = (directory.join("src/lib.rs"), directory.join(".cargo_vcs_info.json"));
        let packed = Packed { name: "crate".into(), directory: "crate-1".into(), file: place.join("crate-1.crate") };
        let dated = |text: &str, of: &str| {
            fs::write(&source, text).expect("a file");
            fs::write(&commit, of).expect("a file");
            as_first_seen(&packed, &directory).expect("it is dated");
            fs::metadata(&source).and_then(|file| file.modified()).expect("a time")
        };
        let first = dated("//! One.", "a");
        // The next note is later, however coarse the clock of the files is.
        let note = packed.file.with_extension("contents");
        let earlier = first - Duration::from_secs(60);
        fs::File::options().write(true).open(&note).and_then(|file| file.set_modified(earlier)).expect("a time");
        assert_eq!(dated("//! One.", "b"), earlier, "another commit is no other contents");
        assert!(dated("//! Two.", "b") > earlier, "other contents");
        fs::remove_dir_all(&place).expect("the directory goes");
    }
}
