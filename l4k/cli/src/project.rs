//! A firmware project: a package whose build makes a kernel with programs in it. May call nothing but `workplace`.

use std::path::{Path, PathBuf};

use crate::workplace::Workplace;

/// A firmware project.
#[derive(Clone, Debug)]
pub struct Project {
    name: String,
    directory: PathBuf,
    place: Workplace,
}

impl Project {
    /// The package of this name in `directory`.
    #[must_use]
    pub fn at(name: &str, directory: &Path, place: Workplace) -> Project {
        Project { name: name.to_owned(), directory: directory.to_owned(), place }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The directory with its manifest.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where commands on it work.
    #[must_use]
    pub fn place(&self) -> &Workplace {
        &self.place
    }

    /// Files of its machine that outlive a run: its card, for example.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.place.target().join("machines").join(&self.name)
    }
}
