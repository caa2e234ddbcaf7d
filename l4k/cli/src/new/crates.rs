//! The l4k crates in a directory: a clone of the repository, or packages that were unpacked. Calls `files`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use toml::{Table, Value};

use crate::files::entries;

/// How deep a crate can lie in the directory.
const DEPTH: usize = 4;

/// The crates that the template names.
const WANTED: [&str; 7] = ["bsp-qemu-virt", "bsp-rpi4", "l4k-build", "l4k-drivers", "l4k-init", "l4k-sys", "l4k-test"];

/// A crate that was found.
#[derive(Clone, Debug)]
struct Found {
    directory: PathBuf,
    dependencies: BTreeSet<String>,
}

/// The template's `.cargo/crates.toml` for the crates in a directory.
///
/// # Errors
/// The directory lacks a crate.
pub fn patches(directory: &Path) -> Result<String> {
    let directory =
        directory.canonicalize().with_context(|| format!("there is no directory {}", directory.display()))?;
    // Where they lie is written to a file of text, and on one line.
    ensure!(
        directory.to_str().is_some_and(|path| !path.contains(char::is_control)),
        "the path {directory:?} cannot be written to a manifest: it has control characters, or is no UTF-8; rename the directory"
    );
    let mut found = BTreeMap::new();
    search(&directory, DEPTH, &mut found)?;
    let missing: Vec<&str> = WANTED.into_iter().filter(|name| !found.contains_key(*name)).collect();
    ensure!(
        missing.is_empty(),
        "{} does not hold the l4k crates: {} not found; name a clone of l4k, or a directory with its packages",
        directory.display(),
        missing.join(", ")
    );
    let mut table = Table::new();
    for name in needed(&found) {
        let path = Value::String(found[&name].directory.to_string_lossy().into_owned());
        table.insert(name, Value::Table(Table::from_iter([("path".to_owned(), path)])));
    }
    Ok(text(&directory, &table))
}

/// The crates that are wanted, and those that they need. Cargo warns of a patch that nobody needs, so there is no other.
fn needed(found: &BTreeMap<String, Found>) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    let mut open: Vec<String> = WANTED.map(str::to_owned).to_vec();
    while let Some(name) = open.pop() {
        if let Some(package) = found.get(&name)
            && needed.insert(name)
        {
            open.extend(package.dependencies.iter().cloned());
        }
    }
    needed
}

fn text(directory: &Path, patches: &Table) -> String {
    let mut text = format!(
        "# The l4k crates in {}. Delete this file when they are to come from crates.io.\n[patch.crates-io]\n",
        directory.display()
    );
    for (name, value) in patches {
        text.push_str(&format!("{name} = {value}\n"));
    }
    text
}

fn search(directory: &Path, depth: usize, found: &mut BTreeMap<String, Found>) -> Result<()> {
    if let Some((name, package)) = package_in(directory)?
        && let Some(other) = found.insert(name.clone(), package)
    {
        bail!(
            "there are two packages `{name}`, in {} and in {}; name a directory with one of them",
            other.directory.display(),
            directory.display()
        );
    }
    if depth == 0 {
        return Ok(());
    }
    for below in entries(directory)? {
        let name = below.file_name().unwrap_or_default().to_string_lossy();
        // What cargo makes, and examples with packages of their own, are no crates of l4k.
        if below.is_dir() && !name.starts_with('.') && !["target", "examples", "tests", "src"].contains(&&*name) {
            search(&below, depth - 1, found)?;
        }
    }
    Ok(())
}

/// The package whose manifest is in a directory.
fn package_in(directory: &Path) -> Result<Option<(String, Found)>> {
    let manifest = directory.join("Cargo.toml");
    if !manifest.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(&manifest).with_context(|| format!("reading {}", manifest.display()))?;
    let table: Table = toml::from_str(&text).with_context(|| format!("reading {}", manifest.display()))?;
    let Some(name) = table.get("package").and_then(|package| package.get("name")).and_then(Value::as_str) else {
        return Ok(None);
    };
    let mut dependencies = BTreeSet::new();
    collect(&table, &mut dependencies);
    Ok(Some((name.to_owned(), Found { directory: directory.to_owned(), dependencies })))
}

/// The names of all dependencies in a table, those for one target among them.
fn collect(table: &Table, names: &mut BTreeSet<String>) {
    for (key, value) in table {
        let Some(value) = value.as_table() else { continue };
        match key.as_str() {
            "dependencies" | "build-dependencies" => names.extend(
                value.iter().map(|(key, value)| value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned()),
            ),
            "target" => {
                value.iter().filter_map(|(_, target)| target.as_table()).for_each(|target| collect(target, names))
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    fn directory_with(packages: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, rest) in packages {
            let package = directory.path().join(format!("{name}-0.1.0"));
            fs::create_dir(&package).unwrap();
            fs::write(package.join("Cargo.toml"), format!("[package]\nname = \"{name}\"\n{rest}")).unwrap();
        }
        directory
    }

    fn all() -> Vec<(&'static str, &'static str)> {
        WANTED.into_iter().map(|name| (name, "")).collect()
    }

    #[test]
    fn what_is_needed_is_named_and_nothing_else() {
        let mut packages = all();
        packages[0].1 = "[target.'cfg(all())'.dependencies]\nkernel = { package = \"l4k\", version = \"0.1.0\" }\n";
        packages.extend([("l4k", ""), ("l4k-card", "")]);
        let directory = directory_with(&packages);
        let text = patches(directory.path()).unwrap();
        let table: Table = toml::from_str(&text).unwrap();
        let names: Vec<&String> = table["patch"]["crates-io"].as_table().unwrap().keys().collect();
        assert_eq!(names.len(), 8, "{text}");
        assert!(text.contains("\nl4k = { path = ") && !text.contains("l4k-card"), "{text}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let directory = directory_with(&all()[1..]);
        let said = patches(directory.path()).unwrap_err().to_string();
        assert!(said.contains("bsp-qemu-virt not found"), "{said}");
        let said = patches(&directory.path().join("nowhere")).unwrap_err().to_string();
        assert!(said.starts_with("there is no directory"), "{said}");
    }

    #[test]
    fn a_path_that_no_manifest_can_hold_is_refused() {
        let directory = directory_with(&all());
        for name in [OsStr::from_bytes(b"two\nlines"), OsStr::from_bytes(b"no\xfftext")] {
            let wrong = directory.path().join(name);
            fs::create_dir(&wrong).unwrap();
            let said = patches(&wrong).unwrap_err().to_string();
            assert!(said.contains("cannot be written to a manifest"), "{said}");
        }
    }

    #[test]
    fn two_packages_of_one_name_are_refused() {
        let directory = directory_with(&all());
        let second = directory.path().join("again");
        fs::create_dir(&second).unwrap();
        fs::write(second.join("Cargo.toml"), "[package]\nname = \"l4k-sys\"\n").unwrap();
        let said = patches(directory.path()).unwrap_err().to_string();
        assert!(said.starts_with("there are two packages `l4k-sys`"), "{said}");
    }
}
