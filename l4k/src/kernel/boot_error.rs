//! Why the machine cannot start, in sentences for the early console.

use core::fmt;
use l4k_sys::Error;
use l4k_sys::package::PackageError;

/// Why the machine cannot start.
#[derive(Debug)]
pub enum BootError<'a> {
    /// The package of programs is damaged.
    Package(PackageError<'a>),
    /// The package holds no program.
    NoProgram,
    /// No range of free memory holds the first program and its objects.
    MemoryTooSmall {
        /// Bytes needed in one piece.
        needed: u64,
        /// Bytes free in all.
        free: u64,
    },
    /// The first program's address range is full.
    AddressesExhausted,
    /// The CNode of the first program is full.
    SlotsExhausted,
    /// The boot information does not fit its pages.
    InformationTooLong,
    /// An operation on the first objects failed.
    Operation(Error),
}

impl From<Error> for BootError<'_> {
    fn from(error: Error) -> Self {
        BootError::Operation(error)
    }
}

impl fmt::Display for BootError<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Package(error) => write!(formatter, "the package of programs cannot be used: {error}"),
            Self::NoProgram => formatter.write_str("the package holds no program"),
            Self::MemoryTooSmall { needed, free } => write!(
                formatter,
                "memory too small: the first program needs {} KiB in one piece, {} KiB are free in all",
                needed / 1024,
                free / 1024
            ),
            Self::AddressesExhausted => formatter.write_str("no addresses left for the first program's stack"),
            Self::SlotsExhausted => formatter.write_str("the first program's CNode is too small"),
            Self::InformationTooLong => formatter.write_str("the boot information is too long"),
            Self::Operation(error) => write!(formatter, "making the first program failed: {error}"),
        }
    }
}
