//! Where things are in the project. May call nothing of this crate.

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result, bail};

/// The one target that kernel and programs are built for.
pub const TARGET: &str = "aarch64-unknown-none-softfloat";

/// The project's directories.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The project that this program was built in.
    pub fn find() -> Result<Project> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        match here.ancestors().nth(2) {
            Some(root) if root.join("Cargo.toml").is_file() => Ok(Project { root: root.to_owned() }),
            _ => bail!("{} is not in the project any more; build again", here.display()),
        }
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

/// The entries of a directory; none if it does not exist.
pub fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let list = match fs::read_dir(directory) {
        Ok(list) => list,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("reading {}", directory.display())),
    };
    let mut paths = Vec::new();
    for entry in list {
        paths.push(entry.with_context(|| format!("reading {}", directory.display()))?.path());
    }
    paths.sort();
    Ok(paths)
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
