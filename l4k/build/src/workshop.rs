//! The directory in which programs are built. Firmware for several boards, and several firmware projects, share it, so that each library is built
//! once for a profile. One firmware works there at a time.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::dep_info;
use crate::environment::Environment;
use crate::error::BuildError;
use crate::firmware::{file_error, write_file};
use crate::nested;
use crate::plan::Call;

/// The file whose lock says that a firmware is at work.
const LOCK: &str = "l4k-programs.lock";

/// The directory that says whose each package is.
const OWNERS: &str = "l4k-build-owners";

/// The directory, while it is ours.
#[derive(Debug)]
pub struct Workshop {
    /// What was built for our target and profile: who has built what.
    owners: PathBuf,
    /// Given back when this value goes away.
    _lock: File,
}

impl Workshop {
    /// Waits until nobody else is at work.
    ///
    /// # Errors
    /// [`BuildError::File`] if the directory cannot be written to.
    pub fn enter(environment: &Environment) -> Result<Workshop, BuildError> {
        let directory = &environment.programs_directory;
        let owners = directory.join(OWNERS).join(&environment.target).join(&environment.profile);
        fs::create_dir_all(&owners).map_err(file_error(&owners))?;
        let file = directory.join(LOCK);
        let lock = File::create(&file).map_err(file_error(&file))?;
        lock.lock().map_err(file_error(&file))?;
        Ok(Workshop { owners, _lock: lock })
    }

    /// Makes sure that cargo takes nothing that another firmware has built for what the call builds.
    ///
    /// Cargo tells packages of workspaces apart by their name, their version, and their place *in the workspace*. So `programs/init` of two
    /// firmware projects are one to cargo, and if the sources of the second are older than what was built from the first, cargo takes that.
    ///
    /// # Errors
    /// [`BuildError`] if a file cannot be read or written, or cargo fails.
    pub fn take_over(&self, environment: &Environment, call: &Call) -> Result<(), BuildError> {
        for package in &call.packages {
            let owner = self.owners.join(&package.name);
            match claim(&owner, &package.manifest)? {
                Claim::Ours => {}
                Claim::Free => self.write(&owner, &package.manifest)?,
                Claim::Anothers => {
                    nested::clean(environment, &call.root, &package.id)?;
                    self.write(&owner, &package.manifest)?;
                }
            }
        }
        Ok(())
    }

    fn write(&self, owner: &Path, manifest: &Path) -> Result<(), BuildError> {
        write_file(owner, manifest.as_os_str().as_encoded_bytes())
    }

    /// The environment variables that these crates read while they are compiled.
    ///
    /// # Errors
    /// [`BuildError::File`] if what the compiler wrote cannot be read.
    pub fn variables(
        &self,
        environment: &Environment,
        crates: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, BuildError> {
        let profile = if environment.profile == "dev" { "debug" } else { &environment.profile };
        let directory = environment.programs_directory.join(&environment.target).join(profile).join("deps");
        let mut variables = BTreeSet::new();
        for entry in fs::read_dir(&directory).map_err(file_error(&directory))? {
            let file = entry.map_err(file_error(&directory))?.path();
            if is_dep_info_of(&file, crates) {
                let contents = fs::read_to_string(&file).map_err(file_error(&file))?;
                variables.extend(dep_info::variables(&contents));
            }
        }
        Ok(variables)
    }
}

/// Whose a package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    Ours,
    Free,
    Anothers,
}

fn claim(owner: &Path, manifest: &Path) -> Result<Claim, BuildError> {
    match fs::read(owner) {
        Ok(written) if written == manifest.as_os_str().as_encoded_bytes() => Ok(Claim::Ours),
        Ok(_) => Ok(Claim::Anothers),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Claim::Free),
        Err(error) => Err(file_error(owner)(error)),
    }
}

/// Whether a file is `CRATE-HASH.d` of one of these crates.
fn is_dep_info_of(file: &Path, crates: &BTreeSet<String>) -> bool {
    let is_dep_info = file.extension().is_some_and(|extension| extension == "d");
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    is_dep_info && stem.and_then(|stem| stem.rsplit_once('-')).is_some_and(|(name, _)| crates.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_belongs_to_who_built_it_last() {
        let owner = std::env::temp_dir().join(format!("l4k-build-owner-{}", std::process::id()));
        let (ours, other) = (Path::new("/a/programs/init/Cargo.toml"), Path::new("/b/programs/init/Cargo.toml"));
        assert_eq!(claim(&owner, ours), Ok(Claim::Free));
        fs::write(&owner, ours.to_str().unwrap()).unwrap();
        assert_eq!((claim(&owner, ours), claim(&owner, other)), (Ok(Claim::Ours), Ok(Claim::Anothers)));
        fs::remove_file(&owner).unwrap();
    }

    #[test]
    fn the_files_of_crates_that_took_part_are_read() {
        let crates = BTreeSet::from(["init".to_owned(), "l4k_sys".to_owned()]);
        let is_read = |name: &str| is_dep_info_of(Path::new(name), &crates);
        assert!(is_read("/t/deps/init-0011.d") && is_read("/t/deps/l4k_sys-22.d"));
        assert!(
            !is_read("/t/deps/init_more-0011.d") && !is_read("/t/deps/init-0011.rlib") && !is_read("/t/deps/init.d")
        );
    }
}
