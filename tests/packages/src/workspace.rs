//! The project's workspace, and which of its crates can be published. May call nothing of this crate.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cargo_metadata::{MetadataCommand, Package};

/// The workspace of the project.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    published: Vec<Package>,
}

impl Workspace {
    /// Reads the workspace that this crate belongs to.
    ///
    /// # Errors
    /// Cargo cannot read it, or it has no crate that can be published.
    pub fn read() -> Result<Workspace> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
        let metadata = MetadataCommand::new()
            .manifest_path(&manifest)
            .no_deps()
            .exec()
            .with_context(|| format!("reading the workspace of {}", manifest.display()))?;
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let published: Vec<Package> = metadata.packages.into_iter().filter(can_be_published).collect();
        ensure!(!published.is_empty(), "no crate in {} can be published", root.display());
        Ok(Workspace { root, published })
    }

    /// The directory of the project.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The crates that can be published: all but those with `publish = false`.
    #[must_use]
    pub fn published(&self) -> &[Package] {
        &self.published
    }
}

/// Cargo writes `publish = false` as an empty list of registries.
fn can_be_published(package: &Package) -> bool {
    package.publish.as_ref().is_none_or(|registries| !registries.is_empty())
}

/// The directory of a crate.
#[must_use]
pub fn directory(package: &Package) -> &Path {
    package.manifest_path.parent().map_or(Path::new(""), |directory| directory.as_std_path())
}
