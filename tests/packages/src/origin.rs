//! Where the crates of a project come from. May call nothing of this crate.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_metadata::Metadata;

/// Checks that a project and everything that it depends on lie below `place` or come from a registry.
///
/// # Errors
/// Names the first crate, or path of a dependency, that is elsewhere.
pub fn check(metadata: &Metadata, place: &Path) -> Result<()> {
    for package in &metadata.packages {
        let manifest = package.manifest_path.as_std_path();
        ensure!(
            package.source.is_some() || manifest.starts_with(place),
            "the project uses {}, which is outside {}",
            manifest.display(),
            place.display()
        );
        for dependency in package.dependencies.iter().filter(|_| package.source.is_none()) {
            let path = dependency.path.as_ref().map(|path| path.as_std_path());
            ensure!(
                path.is_none_or(|path| path.starts_with(place)),
                "{} depends on {} by a path that is outside {}",
                package.name,
                dependency.name,
                place.display()
            );
        }
    }
    Ok(())
}

/// Checks that a project uses a crate, and that this crate lies below `place`.
///
/// # Errors
/// It does not, or the crate is elsewhere.
pub fn check_use(metadata: &Metadata, name: &str, place: &Path) -> Result<()> {
    let package = metadata.packages.iter().find(|package| package.name.as_str() == name);
    let package =
        package.with_context(|| format!("the project does not use {name}, so this proves nothing about it"))?;
    let manifest = package.manifest_path.as_std_path();
    ensure!(manifest.starts_with(place), "{name} was taken from {} and not from its package", manifest.display());
    Ok(())
}

/// Checks that no file below `place` names the directory `root`.
///
/// # Errors
/// Names the first file that does.
pub fn check_texts(place: &Path, root: &Path) -> Result<()> {
    let needle = root.as_os_str().as_encoded_bytes();
    for entry in fs::read_dir(place).with_context(|| format!("reading {}", place.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            check_texts(&path, root)?;
        } else {
            let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            let names_it = bytes.windows(needle.len()).any(|window| window == needle);
            ensure!(!names_it, "{} names {}", path.display(), root.display());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{check, check_texts, check_use};
    use crate::workspace::Workspace;

    fn metadata() -> cargo_metadata::Metadata {
        let root = Workspace::read().expect("the workspace").root().join("Cargo.toml");
        cargo_metadata::MetadataCommand::new().manifest_path(root).no_deps().exec().expect("metadata")
    }

    #[test]
    fn crate_of_the_repository_is_found() {
        let error = check(&metadata(), Path::new("/elsewhere")).expect_err("the crates are in the repository");
        assert!(error.to_string().contains("outside /elsewhere"), "{error}");
        let error = check_use(&metadata(), "l4k-sys", Path::new("/elsewhere")).expect_err("it is in the repository");
        assert!(error.to_string().contains("not from its package"), "{error}");
        assert!(check_use(&metadata(), "no-such-crate", Path::new("/")).is_err());
    }

    #[test]
    fn path_into_the_repository_is_found() {
        let place = tempfile::tempdir().expect("a directory");
        fs::create_dir(place.path().join("below")).expect("a directory");
        fs::write(place.path().join("below/file"), "path = \"/repository/l4k\"").expect("a file");
        assert!(check_texts(place.path(), Path::new("/repository")).is_err());
        assert!(check_texts(place.path(), Path::new("/another")).is_ok());
    }
}
