//! What cargo tells a build script, as values that have been looked at.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::BuildError;
use crate::profile;

/// Flags that every program is built with, beside those of the firmware.
const PROGRAM_FLAGS: &[&str] = &[
    "-Clink-arg=-Tl4k-program.ld",
    // One word, each: rustc calls the linker itself, without a compiler driver that would take it apart.
    "-Clink-arg=-zmax-page-size=4096",
    "-Clink-arg=--fix-cortex-a53-843419",
    "-Crelocation-model=static",
    // The kernel's backtraces follow them.
    "-Cforce-frame-pointers=yes",
];

/// Separates the flags in `CARGO_ENCODED_RUSTFLAGS`.
const FLAG_SEPARATOR: &str = "\x1f";

/// The variable with which a user says where programs are built.
pub const PROGRAMS_TARGET_DIRECTORY: &str = "L4K_PROGRAMS_TARGET_DIR";

/// The directory of the programs, beside those of the firmware's profiles.
const PROGRAMS: &str = "l4k-programs";

/// What cargo tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Directory of the firmware's `Cargo.toml`.
    pub manifest_directory: PathBuf,
    /// Where this build script's output goes.
    pub out_directory: PathBuf,
    /// The cargo that runs.
    pub cargo: PathBuf,
    /// Target of firmware and programs.
    pub target: String,
    /// Profile of firmware and programs.
    pub profile: String,
    /// Flags for the programs, as cargo wants them.
    pub program_flags: String,
    /// Where the programs are built. Firmware for other boards, and other firmware, may build there too.
    pub programs_directory: PathBuf,
}

impl Environment {
    /// Of this process.
    ///
    /// # Errors
    /// [`BuildError`] if this is no build script of a firmware.
    pub fn of_build_script() -> Result<Environment, BuildError> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Environment, BuildError> {
        let path = |name| variable(name).map(PathBuf::from).ok_or(BuildError::NoBuildScript { variable: name });
        let text = |name| {
            let value = variable(name).and_then(|value| value.into_string().ok());
            value.ok_or(BuildError::NoBuildScript { variable: name })
        };
        let target = text("TARGET")?;
        if text("CARGO_CFG_TARGET_ARCH")? != "aarch64" || text("CARGO_CFG_TARGET_OS")? != "none" {
            return Err(BuildError::Target { target });
        }
        let (out_directory, manifest_directory) = (path("OUT_DIR")?, path("CARGO_MANIFEST_DIR")?);
        let package = text("CARGO_PKG_NAME")?;
        let programs_directory = match variable(PROGRAMS_TARGET_DIRECTORY).filter(|chosen| !chosen.is_empty()) {
            Some(chosen) => manifest_directory.join(chosen),
            None => profile::of_target(&out_directory, &package).unwrap_or(&out_directory).join(PROGRAMS),
        };
        let profile = match profile::name(&out_directory, &package) {
            Some(name) => name,
            None if text("PROFILE")? == "release" => "release".to_owned(),
            None => "dev".to_owned(),
        };
        let inherited = text("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
        let inherited = inherited.split(FLAG_SEPARATOR).filter(|flag| !flag.is_empty());
        let flags: Vec<&str> = inherited.chain(PROGRAM_FLAGS.iter().copied()).collect();
        Ok(Environment {
            manifest_directory,
            cargo: path("CARGO")?,
            target,
            profile,
            program_flags: flags.join(FLAG_SEPARATOR),
            out_directory,
            programs_directory,
        })
    }

    /// The package.
    pub fn package_file(&self) -> PathBuf {
        self.out_directory.join("programs.l4k")
    }

    /// The programs with their symbols.
    pub fn symbols_directory(&self) -> PathBuf {
        self.out_directory.join("symbols")
    }

    /// A path that the firmware's author wrote.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.manifest_directory.join(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changes: &[(&str, Option<&str>)]) -> Result<Environment, BuildError> {
        let usual = [
            ("CARGO", "/bin/cargo"),
            ("CARGO_CFG_TARGET_ARCH", "aarch64"),
            ("CARGO_CFG_TARGET_OS", "none"),
            ("CARGO_MANIFEST_DIR", "/hello"),
            ("CARGO_PKG_NAME", "hello"),
            ("OUT_DIR", "/hello/target/aarch64-unknown-none-softfloat/debug/build/hello-00ff/out"),
            ("PROFILE", "debug"),
            ("TARGET", "aarch64-unknown-none-softfloat"),
        ];
        Environment::from_variables(|name| {
            let changed = changes.iter().find(|(changed, _)| *changed == name).map(|(_, value)| *value);
            let value =
                changed.unwrap_or_else(|| usual.iter().find(|(usual, _)| *usual == name).map(|(_, value)| *value));
            value.map(OsString::from)
        })
    }

    #[test]
    fn what_cargo_tells_is_taken_over() {
        let environment = read(&[]).unwrap();
        assert_eq!(environment.target, "aarch64-unknown-none-softfloat");
        assert_eq!(environment.profile, "dev");
        assert_eq!(environment.resolve(Path::new("programs/init")), Path::new("/hello/programs/init"));
    }

    #[test]
    fn programs_are_built_beside_the_profiles_of_the_firmware() {
        let directory =
            |changes: &[(&str, Option<&str>)]| read(changes).unwrap().programs_directory.display().to_string();
        // Not in a directory of a profile: cargo holds a lock on that of the firmware.
        assert_eq!(directory(&[]), "/hello/target/aarch64-unknown-none-softfloat/l4k-programs");
        assert_eq!(directory(&[("OUT_DIR", Some("/odd"))]), "/odd/l4k-programs");
        assert_eq!(directory(&[(PROGRAMS_TARGET_DIRECTORY, Some("/all"))]), "/all");
        assert_eq!(directory(&[(PROGRAMS_TARGET_DIRECTORY, Some("../all"))]), "/hello/../all");
        assert_eq!(directory(&[(PROGRAMS_TARGET_DIRECTORY, Some(""))]), directory(&[]));
    }

    #[test]
    fn flags_of_the_firmware_come_before_those_of_programs() {
        let flags = |value| read(&[("CARGO_ENCODED_RUSTFLAGS", value)]).unwrap().program_flags;
        let own = PROGRAM_FLAGS.join("\x1f");
        assert_eq!(flags(None), own);
        assert_eq!(flags(Some("")), own);
        assert_eq!(flags(Some("--sysroot\x1f/with space")), format!("--sysroot\x1f/with space\x1f{own}"));
    }

    /// The target without floating point does not ask for it, as the other does. A jump through `adrp` and a load or store could else go wrong.
    #[test]
    fn programs_are_linked_with_the_workaround_for_erratum_843419() {
        let flags = read(&[]).unwrap().program_flags;
        assert!(flags.split(FLAG_SEPARATOR).any(|flag| flag == "-Clink-arg=--fix-cortex-a53-843419"), "{flags}");
    }

    #[test]
    fn a_firmware_for_the_host_is_refused() {
        let error = read(&[("TARGET", Some("x86_64-unknown-linux-gnu")), ("CARGO_CFG_TARGET_ARCH", Some("x86_64"))]);
        assert!(error.unwrap_err().to_string().contains("built for x86_64-unknown-linux-gnu"));
    }

    #[test]
    fn outside_a_build_script_it_says_so() {
        assert!(read(&[("OUT_DIR", None)]).unwrap_err().to_string().contains("OUT_DIR"));
    }

    #[test]
    fn an_unknown_layout_falls_back_to_what_cargo_tells() {
        let profile = |base| read(&[("OUT_DIR", Some("/odd")), ("PROFILE", Some(base))]).unwrap().profile;
        assert_eq!((profile("release"), profile("debug")), ("release".to_owned(), "dev".to_owned()));
    }
}
