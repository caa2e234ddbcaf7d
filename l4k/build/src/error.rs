//! Why a firmware cannot be built, as sentences for its author.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use crate::elf_fault::ElfError;
use crate::pack::PackError;

/// Why a firmware cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// This process is not a build script.
    NoBuildScript {
        /// The variable that is missing.
        variable: &'static str,
    },
    /// The firmware is built for another target.
    Target {
        /// That target.
        target: String,
    },
    /// The firmware has no program.
    NoPrograms,
    /// A program's name cannot be used.
    Name {
        /// The name.
        name: String,
    },
    /// Two programs have the same name.
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A stack size was given for a program that is not there.
    StackOfUnknown {
        /// Its name.
        name: String,
    },
    /// A stack size is no positive multiple of a page.
    StackSize {
        /// The program.
        name: String,
        /// The size in bytes.
        bytes: u32,
    },
    /// A program's directory holds no package.
    NoPackage {
        /// The program.
        program: String,
        /// Where its `Cargo.toml` should be.
        manifest: PathBuf,
    },
    /// cargo does not understand a program's package.
    Manifest {
        /// The program.
        program: String,
        /// Its `Cargo.toml`.
        manifest: PathBuf,
    },
    /// It is not clear which binary of a package a program is.
    NoBinary {
        /// The program.
        program: String,
        /// Its `Cargo.toml`.
        manifest: PathBuf,
        /// The binaries there are.
        binaries: Vec<String>,
    },
    /// Binaries of two packages have the same name.
    SameBinary {
        /// The name.
        name: String,
    },
    /// cargo cannot be run.
    Cargo {
        /// The cargo that was to be run.
        cargo: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// cargo prints something that is not understood.
    CargoOutput,
    /// Programs do not compile or link.
    Programs {
        /// The binaries that were to be built.
        names: Vec<String>,
    },
    /// cargo cannot remove what another firmware has built of a package of the same name.
    Clean {
        /// The package.
        package: String,
    },
    /// cargo has not built a program, and has not said so.
    NotBuilt {
        /// The program.
        program: String,
    },
    /// A program's ELF file is refused.
    Elf {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        error: ElfError,
    },
    /// The variable that asks for room is not a size.
    Room {
        /// What it holds.
        value: String,
    },
    /// The programs cannot be packed.
    Pack(PackError),
    /// A file cannot be read or written.
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl Error for BuildError {}

impl Display for BuildError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBuildScript { variable } => {
                write!(formatter, "l4k_build::Firmware belongs in a build.rs: the variable {variable} is not set")
            }
            Self::Target { target } => write!(
                formatter,
                "the firmware is being built for {target}; build it with --target aarch64-unknown-none-softfloat, or name that \
                 target under [build] in .cargo/config.toml"
            ),
            Self::NoPrograms => {
                formatter.write_str("the firmware has no program: name one with .program(\"init\", \"programs/init\")")
            }
            Self::Name { name } => write!(
                formatter,
                "program '{name}': a name has 1 to 31 characters, which are letters, digits, '-' or '_'"
            ),
            Self::DuplicateName { name } => write!(formatter, "program '{name}' is named twice"),
            Self::StackOfUnknown { name } => {
                write!(formatter, "a stack size is given for program '{name}', which the firmware does not have")
            }
            Self::StackSize { name, bytes } => {
                write!(formatter, "program '{name}': a stack of {bytes} bytes is not a positive multiple of 4096")
            }
            Self::Elf { file, error } => write!(formatter, "{error}\nfile: {}", file.display()),
            Self::Room { value } => write!(
                formatter,
                "{} is '{value}', which is not a positive multiple of 4096 up to 268435456; `cargo l4k runner` sets it, so unset it",
                crate::room::VARIABLE
            ),
            Self::Pack(error) => error.fmt(formatter),
            Self::File { file, reason } => write!(formatter, "{}: {reason}", file.display()),
            _ => self.fmt_cargo(formatter),
        }
    }
}

impl BuildError {
    /// What goes wrong with cargo.
    fn fmt_cargo(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPackage { program, manifest } => {
                write!(formatter, "program '{program}': there is no package at {}", manifest.display())
            }
            Self::Manifest { program, manifest } => {
                write!(formatter, "program '{program}': cargo does not accept {}: see its message", manifest.display())
            }
            Self::NoBinary { program, manifest, binaries } if binaries.is_empty() => {
                write!(formatter, "program '{program}': the package at {} has no binary", manifest.display())
            }
            Self::NoBinary { program, manifest, binaries } => write!(
                formatter,
                "program '{program}': the package at {} has several binaries ({}), none of that name",
                manifest.display(),
                binaries.join(", ")
            ),
            Self::SameBinary { name } => {
                write!(
                    formatter,
                    "two packages have a binary '{name}': one needs another name, under [[bin]] in its Cargo.toml"
                )
            }
            Self::Cargo { cargo, reason } => write!(formatter, "{} cannot be run: {reason}", cargo.display()),
            Self::CargoOutput => {
                formatter.write_str("cargo's output is not understood: is its version older than 1.95?")
            }
            _ => self.fmt_build(formatter),
        }
    }

    /// What goes wrong with what it builds.
    fn fmt_build(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Programs { names } => {
                write!(
                    formatter,
                    "not all of the programs ({}) can be built: the messages of the compiler or the linker name the one that cannot",
                    names.join(", ")
                )
            }
            Self::Clean { package } => write!(
                formatter,
                "cargo cannot remove what another firmware has built of a package `{package}`: see its message, or let each firmware build \
                 its programs in a directory of its own, named by the variable L4K_PROGRAMS_TARGET_DIR"
            ),
            Self::NotBuilt { program } => write!(formatter, "program '{program}': cargo has not built it"),
            _ => Ok(()),
        }
    }
}
