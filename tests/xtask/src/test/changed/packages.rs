//! Who depends on whom, as cargo tells it. May call `project`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;
use crate::project::Project;
use crate::toolchain::choice::host_cargo;

/// The packages of this repository.
#[derive(Clone, Debug, Default)]
pub struct Packages {
    /// Directories of the workspace's packages, from the repository's, with the directories of the packages that each depends on, directly or not, and
    /// its own.
    pub workspace: BTreeMap<String, BTreeSet<String>>,
    /// The same for the firmware projects, of all their packages together.
    pub firmware: BTreeMap<String, BTreeSet<String>>,
    /// The same for each package of the firmware projects.
    pub parts: BTreeMap<String, BTreeSet<String>>,
}

impl Packages {
    /// Asks cargo.
    pub fn of(project: &Project) -> Result<Packages> {
        let root = project.root();
        let mut packages = Packages { workspace: workspace(&metadata(root)?, root)?, ..Packages::default() };
        for directory in project.firmware()? {
            let metadata = metadata(&directory)?;
            let all = directories(&metadata, root)?.into_values().collect();
            for (part, used) in workspace(&metadata, root)? {
                packages.parts.entry(part).or_default().extend(used);
            }
            let name = directory.strip_prefix(root).context("a firmware lies outside of the project")?;
            packages.firmware.insert(name.display().to_string(), all);
        }
        Ok(packages)
    }
}

/// With all features: what a firmware needs for its other board is an optional dependency, which cargo leaves out else.
fn metadata(directory: &Path) -> Result<Value> {
    let mut command = host_cargo(directory, "metadata");
    let text = process::answer(command.args(["--quiet", "--all-features", "--format-version", "1"]))?;
    serde_json::from_str(&text).context("cargo's metadata")
}

/// Directories of the packages that lie in the repository, by their ids.
fn directories(metadata: &Value, root: &Path) -> Result<BTreeMap<String, String>> {
    let packages = metadata["packages"].as_array().context("cargo's metadata name no packages")?;
    let mut directories = BTreeMap::new();
    for package in packages {
        let id = package["id"].as_str().context("a package without an id")?;
        let manifest = Path::new(package["manifest_path"].as_str().context("a package without a manifest")?);
        if let Some(directory) = manifest.parent().and_then(|directory| directory.strip_prefix(root).ok()) {
            directories.insert(id.to_owned(), directory.display().to_string());
        }
    }
    Ok(directories)
}

/// What each package of a workspace depends on.
fn workspace(metadata: &Value, root: &Path) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let directories = directories(metadata, root)?;
    let nodes = metadata["resolve"]["nodes"].as_array().context("cargo's metadata tell no dependencies")?;
    let direct = |id: &str| -> Vec<&str> {
        let node = nodes.iter().find(|node| node["id"] == id);
        let names = node.and_then(|node| node["dependencies"].as_array()).map(Vec::as_slice).unwrap_or_default();
        names.iter().filter_map(Value::as_str).filter(|name| directories.contains_key(*name)).collect()
    };
    let reached = |id: &String| {
        let (mut found, mut open) = (BTreeSet::new(), vec![id.as_str()]);
        while let Some(next) = open.pop() {
            if found.insert(directories[next].clone()) {
                open.extend(direct(next));
            }
        }
        found
    };
    Ok(directories.iter().map(|(id, directory)| (directory.clone(), reached(id))).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::workspace;

    #[test]
    fn dependencies_are_followed_to_their_ends() {
        let package = |id: &str, path: &str| json!({ "id": id, "manifest_path": path });
        let metadata = json!({
            "packages": [package("a", "/p/a/Cargo.toml"), package("b", "/p/b/Cargo.toml"), package("c", "/p/c/Cargo.toml"),
                         package("x", "/registry/x/Cargo.toml")],
            "resolve": { "nodes": [
                { "id": "a", "dependencies": ["b", "x"] }, { "id": "b", "dependencies": ["c"] },
                { "id": "c", "dependencies": [] }, { "id": "x", "dependencies": [] } ] }
        });
        let found = workspace(&metadata, Path::new("/p")).expect("metadata");
        assert_eq!(found["a"].iter().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(found["c"].iter().collect::<Vec<_>>(), ["c"]);
        assert_eq!(found.len(), 3);
    }
}
