//! What cargo knows about the programs' crates: their workspaces, package ids and binaries.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::BuildError;

/// A workspace that holds programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its root directory.
    pub root: PathBuf,
    /// All its packages.
    pub packages: Vec<CargoPackage>,
}

/// A package of cargo's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CargoPackage {
    /// How cargo names it, without ambiguity.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its `Cargo.toml`.
    pub manifest: PathBuf,
    /// Names of its binaries.
    pub binaries: Vec<String>,
}

impl Workspace {
    /// From the output of `cargo metadata --no-deps --format-version 1`.
    ///
    /// # Errors
    /// [`BuildError::CargoOutput`] if it is something else.
    pub fn from_json(text: &[u8]) -> Result<Workspace, BuildError> {
        let json: Value = serde_json::from_slice(text).map_err(|_| BuildError::CargoOutput)?;
        let root = json["workspace_root"].as_str().ok_or(BuildError::CargoOutput)?.into();
        let packages = json["packages"].as_array().ok_or(BuildError::CargoOutput)?;
        let packages = packages.iter().map(CargoPackage::from_json).collect::<Option<_>>();
        Ok(Workspace { root, packages: packages.ok_or(BuildError::CargoOutput)? })
    }

    /// The package with this `Cargo.toml`.
    pub fn package(&self, manifest: &Path) -> Option<&CargoPackage> {
        self.packages.iter().find(|package| package.manifest == manifest)
    }
}

impl CargoPackage {
    fn from_json(json: &Value) -> Option<CargoPackage> {
        let binaries = json["targets"].as_array()?.iter().filter(|target| is_binary(target));
        Some(CargoPackage {
            id: json["id"].as_str()?.to_owned(),
            name: json["name"].as_str()?.to_owned(),
            manifest: json["manifest_path"].as_str()?.into(),
            binaries: binaries.map(|target| target["name"].as_str().map(str::to_owned)).collect::<Option<_>>()?,
        })
    }

    /// The binary that is meant by a program's name: the only one there is, or the one of that name.
    pub fn binary_for(&self, program: &str) -> Option<&str> {
        match self.binaries.as_slice() {
            [only] => Some(only),
            several => several.iter().find(|binary| *binary == program).map(String::as_str),
        }
    }
}

/// Whether a target, in cargo's metadata or messages, is a binary.
pub(crate) fn is_binary(target: &Value) -> bool {
    target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = r#"{"packages":[
        {"name":"uart","id":"path+file:///h/programs/uart#0.1.0","manifest_path":"/h/programs/uart/Cargo.toml",
         "targets":[{"kind":["lib"],"name":"uart_logic"},{"kind":["bin"],"name":"uart"}]},
        {"name":"two","id":"path+file:///h/two#0.1.0","manifest_path":"/h/two/Cargo.toml",
         "targets":[{"kind":["bin"],"name":"a"},{"kind":["bin"],"name":"b"},{"kind":["example"],"name":"c"}]}],
        "workspace_root":"/h","version":1}"#;

    #[test]
    fn packages_and_their_binaries_are_read() {
        let workspace = Workspace::from_json(OUTPUT.as_bytes()).unwrap();
        assert_eq!(workspace.root, Path::new("/h"));
        let uart = workspace.package(Path::new("/h/programs/uart/Cargo.toml")).unwrap();
        assert_eq!(
            (&*uart.id, uart.binaries.as_slice()),
            ("path+file:///h/programs/uart#0.1.0", &["uart".to_owned()][..])
        );
        assert!(workspace.package(Path::new("/h/Cargo.toml")).is_none());
    }

    #[test]
    fn the_program_name_chooses_among_several_binaries() {
        let workspace = Workspace::from_json(OUTPUT.as_bytes()).unwrap();
        let [one, two] = workspace.packages.as_slice() else { panic!("two packages") };
        assert_eq!(one.binary_for("console"), Some("uart"));
        assert_eq!((two.binary_for("a"), two.binary_for("b"), two.binary_for("c")), (Some("a"), Some("b"), None));
    }

    #[test]
    fn something_else_is_an_error() {
        for text in ["", "{}", "[]", r#"{"packages":[{}],"workspace_root":"/h"}"#] {
            assert!(matches!(Workspace::from_json(text.as_bytes()), Err(BuildError::CargoOutput)), "{text}");
        }
    }
}
