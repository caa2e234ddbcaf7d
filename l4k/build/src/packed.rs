//! Programs that were built and packed before, for a firmware's build.rs.

use std::fs;
use std::path::{Path, PathBuf};

use l4k_sys::package::Package;

use crate::directives::Directives;
use crate::environment::Environment;
use crate::error::BuildError;
use crate::firmware::{file_error, finish, write_file};
use crate::room;

/// A package of programs that exists as a file: what [`Firmware`](crate::Firmware) once made, and what somebody who does not give away
/// sources gives away.
///
/// ```no_run
/// l4k_build::Packed::new("drivers/1.0/programs.l4k").build();
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `build` is called"]
pub struct Packed {
    file: PathBuf,
}

impl Packed {
    /// The package in this file, from the directory of the firmware's `Cargo.toml`.
    pub fn new(file: impl Into<PathBuf>) -> Packed {
        Packed { file: file.into() }
    }

    /// Checks the package, takes it over, and tells cargo what it has to know. To be called in a `build.rs`, as the last thing: on an
    /// error it prints what is wrong and ends the process.
    pub fn build(self) {
        finish(self.try_build());
    }

    fn try_build(&self) -> Result<Directives, BuildError> {
        let environment = Environment::of_build_script()?;
        let mut directives = Directives::new(&environment.target);
        if let Some(bytes) = room::asked_for()? {
            room::write(&environment.package_file(), bytes)?;
            return Ok(directives);
        }
        let file = environment.resolve(&self.file);
        directives.depend_on(&file);
        write_file(&environment.package_file(), &read(&file)?)?;
        Ok(directives)
    }
}

/// A file that is a whole package of this major version of the binary interface.
fn read(file: &Path) -> Result<Vec<u8>, BuildError> {
    let bytes = fs::read(file).map_err(file_error(file))?;
    match Package::parse(&bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(BuildError::File { file: file.to_owned(), reason: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::read;
    use crate::pack;

    #[test]
    fn what_is_no_package_of_this_interface_is_refused_and_named() {
        let file = env::temp_dir().join(format!("l4k-packed-{}.l4k", process::id()));
        let mut bytes = pack::write(&[pack::tests::program("init")]).unwrap();
        fs::write(&file, &bytes).unwrap();
        assert_eq!(read(&file).unwrap(), bytes);
        // The major version of the interface, which is the first word behind the format's version.
        bytes[12] = 9;
        fs::write(&file, &bytes).unwrap();
        let said = read(&file).unwrap_err().to_string();
        assert!(said.starts_with(&file.display().to_string()) && said.contains("version 9."), "{said}");
        fs::write(&file, b"no package").unwrap();
        assert!(read(&file).is_err());
        fs::remove_file(&file).unwrap();
        assert!(read(&file).is_err());
    }
}
