//! A firmware project: a package whose build script packs programs with `l4k-build`, and makes a kernel with them in it. May call
//! `workplace` and `cache`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use crate::cache;
use crate::workplace::Workplace;

/// What a firmware's build script depends on.
const BUILDER: &str = "l4k-build";

/// What l4k's own repository has, and nobody else.
const REPOSITORY: [&str; 2] = ["tests/xtask/Cargo.toml", "l4k/cli/Cargo.toml"];

/// A firmware project.
#[derive(Clone, Debug)]
pub struct Project {
    name: String,
    directory: PathBuf,
    place: Workplace,
}

/// Where to look for one.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The manifest; that of the current directory if none is named.
    pub manifest: Option<PathBuf>,
    /// The package, if a workspace has several firmwares.
    pub package: Option<String>,
}

impl Project {
    /// The package of this name in `directory`.
    #[must_use]
    pub fn at(name: &str, directory: &Path, place: Workplace) -> Project {
        Project { name: name.to_owned(), directory: directory.to_owned(), place }
    }

    /// Finds it as cargo finds a package: in the current directory or above it, or by a manifest.
    ///
    /// # Errors
    /// There is no package, no firmware among the packages, or more than one.
    pub fn find(wanted: &Wanted) -> Result<Project> {
        let metadata = metadata(wanted)?;
        let package = choose(&metadata, wanted)?;
        let directory = package.manifest_path.parent().context("the package's directory")?;
        Ok(Project::at(&package.name, directory.as_std_path(), place(&metadata)?))
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

    /// The same, with another place.
    #[must_use]
    pub fn with_place(self, place: Workplace) -> Project {
        Project { place, ..self }
    }

    /// Files of its machine that outlive a run: its card, for example.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.place.target().join("machines").join(&self.name)
    }
}

/// The root of l4k's own repository, if `directory` is in it.
#[must_use]
pub fn repository(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|above| REPOSITORY.iter().all(|file| above.join(file).is_file()))
}

fn metadata(wanted: &Wanted) -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.no_deps();
    if let Some(manifest) = &wanted.manifest {
        ensure!(!manifest.is_dir(), "--manifest-path names the directory {0}; name {0}/Cargo.toml", manifest.display());
        ensure!(manifest.is_file(), "--manifest-path names {}, and there is no such file", manifest.display());
        command.manifest_path(manifest);
    }
    match command.exec() {
        Ok(metadata) => Ok(metadata),
        Err(cargo_metadata::Error::CargoMetadata { stderr }) => {
            let reason = stderr.trim().trim_start_matches("error: ");
            bail!(
                "there is no cargo project here: {reason}\nGo to a firmware project, or name its manifest with --manifest-path"
            )
        }
        Err(error) => Err(error).context("cargo metadata does not work"),
    }
}

/// In l4k's own repository all firmware is built to one place, and the library for the target is kept there.
fn place(metadata: &Metadata) -> Result<Workplace> {
    let root = metadata.workspace_root.as_std_path();
    match repository(root) {
        Some(repository) => Ok(Workplace::new(repository, &repository.join("target"))),
        None => Ok(Workplace::new(root, metadata.target_directory.as_std_path()).with_cache(&cache::directory()?)),
    }
}

fn choose<'a>(metadata: &'a Metadata, wanted: &Wanted) -> Result<&'a Package> {
    let packages = metadata.workspace_packages();
    let all: Vec<&Package> = packages.into_iter().filter(|package| is_firmware(package)).collect();
    let names = || all.iter().map(|package| package.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(name) = &wanted.package {
        let found = all.iter().find(|package| package.name.as_str() == name);
        return found.copied().with_context(|| format!("no firmware is named `{name}`; there are: {}", names()));
    }
    let root = metadata.root_package().filter(|root| is_firmware(root));
    match (root, all.as_slice()) {
        (Some(root), _) => Ok(root),
        (None, [only]) => Ok(only),
        (None, []) => bail!(
            "there is no firmware in {}: no package there has the build-dependency {BUILDER}.\n\
             `cargo l4k new NAME` makes a firmware project",
            metadata.workspace_root
        ),
        (None, _) => bail!("which firmware is meant? There are: {}; choose one with --package", names()),
    }
}

fn is_firmware(package: &Package) -> bool {
    package.dependencies.iter().any(|dependency| dependency.kind == DependencyKind::Build && dependency.name == BUILDER)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Project, Wanted, repository};

    fn here(below: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(below).canonicalize().expect("a part of the project")
    }

    fn wanted(manifest: &Path) -> Wanted {
        Wanted { manifest: Some(manifest.to_owned()), package: None }
    }

    #[test]
    fn an_example_is_found_from_its_root_and_from_its_programs() {
        for manifest in ["examples/hello/Cargo.toml", "examples/hello/programs/shell/Cargo.toml"] {
            let project = Project::find(&wanted(&here(manifest))).expect("the example");
            assert_eq!(project.name(), "hello", "{manifest}");
            assert_eq!(project.directory(), here("examples/hello"));
            assert_eq!(project.place().cache(), here(".").join("target"), "in the repository nothing goes elsewhere");
        }
    }

    #[test]
    fn what_is_no_firmware_is_told_so() {
        let error = Project::find(&wanted(&here("Cargo.toml"))).expect_err("the workspace of the kernel").to_string();
        let end = "no package there has the build-dependency l4k-build.\n`cargo l4k new NAME` makes a firmware project";
        assert!(error.starts_with("there is no firmware in /") && error.ends_with(end), "{error}");
        let error = Project::find(&wanted(Path::new("/no/such/Cargo.toml"))).expect_err("no file").to_string();
        assert_eq!(error, "--manifest-path names /no/such/Cargo.toml, and there is no such file");
        let error = Project::find(&wanted(&here("examples/hello"))).expect_err("a directory").to_string();
        let directory = here("examples/hello").display().to_string();
        assert_eq!(error, format!("--manifest-path names the directory {directory}; name {directory}/Cargo.toml"));
        let other = Wanted { package: Some("goodbye".to_owned()), ..wanted(&here("examples/hello/Cargo.toml")) };
        let error = Project::find(&other).expect_err("no such package").to_string();
        assert_eq!(error, "no firmware is named `goodbye`; there are: hello");
    }

    #[test]
    fn only_the_repository_is_the_repository() {
        assert_eq!(repository(&here("examples/hello")), Some(here(".").as_path()));
        assert_eq!(repository(Path::new("/")), None);
    }
}
