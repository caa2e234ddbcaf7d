//! Where things are in the project. May call the crate `cargo-l4k` only.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use cargo_l4k::Workplace;

pub use cargo_l4k::TARGET;
pub use cargo_l4k::files::entries;

/// The project's directories.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    /// Where the library for the target is, which all copies of the project share.
    cache: PathBuf,
}

impl Project {
    /// The project that this program was built in.
    pub fn find() -> Result<Project> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        match here.ancestors().nth(2) {
            Some(root) if root.join("Cargo.toml").is_file() => {
                Ok(Project { root: root.to_owned(), cache: root.join("target") })
            }
            _ => bail!("{} is not in the project any more; build again", here.display()),
        }
    }

    /// A copy of it.
    pub fn copy_at(&self, root: &Path) -> Project {
        Project { root: root.to_owned(), cache: self.cache.clone() }
    }

    /// The project's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the root.
    pub fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// What is made and can be thrown away.
    pub fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Where commands of `cargo-l4k` work here.
    pub fn place(&self) -> Workplace {
        Workplace::new(&self.root, &self.target()).with_cache(&self.cache)
    }

    /// An example, as `cargo-l4k` takes a firmware project.
    pub fn example_project(&self, name: &str) -> Result<cargo_l4k::Project> {
        Ok(cargo_l4k::Project::at(name, &self.example(name)?, self.place()))
    }

    /// Names of the examples, in order.
    pub fn examples(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in entries(&self.path("examples"))? {
            if entry.join("Cargo.toml").is_file()
                && let Some(name) = entry.file_name()
            {
                names.push(name.to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// An example's directory.
    pub fn example(&self, name: &str) -> Result<PathBuf> {
        let names = self.examples()?;
        if names.iter().any(|known| known == name) {
            return Ok(self.path("examples").join(name));
        }
        bail!("there is no example `{name}`; there are: {}", names.join(", "))
    }

    /// The projects beside the workspace that are built for the target: the examples, the conformance suite, the benchmark, the large programs, and the kernel for kept programs.
    pub fn firmware(&self) -> Result<Vec<PathBuf>> {
        let mut all = Vec::new();
        for name in self.examples()? {
            all.push(self.example(&name)?);
        }
        all.extend(["tests/bench", "tests/suite", "tests/sizes", "tests/kept"].map(|name| self.path(name)));
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::Project;

    #[test]
    fn unknown_example_is_answered_with_those_there_are() {
        let project = Project::find().expect("the project");
        let error = project.example("no-such-example").expect_err("no such example").to_string();
        assert!(error.starts_with("there is no example `no-such-example`; there are: "), "{error}");
        assert!(error.contains("hello"), "{error}");
    }
}
