//! Where one command works: the directories that it writes to, and the compiler that it was told to take. May call
//! `toolchain::choice` for the type of that choice.

use std::path::{Path, PathBuf};

use crate::toolchain::Choice;

/// Where one command works.
#[derive(Clone, Debug)]
pub struct Workplace {
    root: PathBuf,
    target: PathBuf,
    cache: PathBuf,
    choice: Choice,
}

impl Workplace {
    /// A workspace at `root` that keeps what is made, the library for the target among it, in `target`.
    #[must_use]
    pub fn new(root: &Path, target: &Path) -> Workplace {
        Workplace { root: root.into(), target: target.into(), cache: target.into(), choice: Choice::Free }
    }

    /// The same, with what serves every project in the directory `cache`.
    #[must_use]
    pub fn with_cache(self, cache: &Path) -> Workplace {
        Workplace { cache: cache.into(), ..self }
    }

    /// The same, with a choice of the compiler.
    #[must_use]
    pub fn with_choice(self, choice: Choice) -> Workplace {
        Workplace { choice, ..self }
    }

    /// The workspace's root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the root.
    #[must_use]
    pub fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// What is made for this workspace, and can be thrown away.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// What is made once for every project of this user, and can be thrown away.
    #[must_use]
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// Which compiler is to be taken.
    #[must_use]
    pub fn choice(&self) -> Choice {
        self.choice
    }
}
