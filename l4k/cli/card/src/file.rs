//! The files of a card. May call nothing of this crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

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
        let path = entry.with_context(|| format!("reading {}", directory.display()))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).with_context(|| {
            format!("{} has a name that is no UTF-8, and a card's names are text; rename it", path.display())
        })?;
        let kind = fs::metadata(&path).with_context(|| format!("reading {}", path.display()))?;
        if kind.is_dir() {
            check_link(&path, directory)?;
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else if kind.is_file() {
            let contents = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            files.push(CardFile { path: format!("{prefix}{name}"), contents });
        } else {
            bail!("{} is neither a file nor a directory, and a card has nothing else; remove it", path.display());
        }
    }
    Ok(())
}

/// A link to a directory that it lies in would never come to an end.
fn check_link(path: &Path, directory: &Path) -> Result<()> {
    let [target, above] = [path, directory].map(Path::canonicalize);
    let is_loop = above
        .with_context(|| format!("reading {}", directory.display()))?
        .starts_with(target.with_context(|| format!("reading {}", path.display()))?);
    ensure!(!is_loop, "{} is a link to a directory that it lies in; remove it", path.display());
    Ok(())
}

/// Refuses paths of which the file system would take one for another: it takes small letters and capitals for the same.
pub(crate) fn check_paths(files: &[CardFile]) -> Result<()> {
    let mut seen = BTreeMap::new();
    for file in files {
        if let Some(other) = seen.insert(file.path.to_lowercase(), &file.path) {
            bail!(
                "a card cannot hold both {other} and {}: its file system takes small letters and capitals for the same; rename one",
                file.path
            );
        }
    }
    for file in files {
        let lower = file.path.to_lowercase();
        for (place, _) in lower.match_indices('/') {
            if let Some(other) = seen.get(&lower[..place]) {
                bail!(
                    "a card cannot hold both the file {other} and a directory of that name, for {}; rename one",
                    file.path
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    use super::{CardFile, check_paths, files_in};

    fn refusal(paths: [&str; 2]) -> String {
        let files = paths.map(|path| CardFile { path: path.to_owned(), contents: Vec::new() });
        check_paths(&files).expect_err("one hides the other").to_string()
    }

    #[test]
    fn no_file_takes_the_place_of_another() {
        let said = refusal(["kernel8.img", "Kernel8.IMG"]);
        assert!(said.starts_with("a card cannot hold both kernel8.img and Kernel8.IMG"), "{said}");
        assert!(refusal(["config.txt", "config.txt"]).contains("both config.txt and config.txt"));
        assert!(refusal(["Overlays", "overlays/x"]).contains("the file Overlays and a directory"));
    }

    #[test]
    fn what_is_no_file_is_refused_by_name() {
        let directory = std::env::temp_dir().join(format!("l4k-card-files-{}", std::process::id()));
        let make = |name: &str| -> PathBuf {
            let _ = fs::remove_dir_all(&directory);
            fs::create_dir_all(directory.join("below")).expect("a directory");
            directory.join(name)
        };
        symlink("..", make("below/loop")).expect("a link");
        let said = files_in(&directory).expect_err("a loop").to_string();
        assert!(said.ends_with("below/loop is a link to a directory that it lies in; remove it"), "{said}");
        let _socket = UnixListener::bind(make("socket")).expect("a socket");
        let said = files_in(&directory).expect_err("a socket").to_string();
        assert!(said.contains("socket is neither a file nor a directory"), "{said}");
        symlink("nowhere", make("link")).expect("a link");
        let said = files_in(&directory).expect_err("a link to nowhere").to_string();
        assert!(said.starts_with("reading ") && said.ends_with("link"), "{said}");
        fs::remove_dir_all(&directory).expect("the directory can be removed");
    }
}
