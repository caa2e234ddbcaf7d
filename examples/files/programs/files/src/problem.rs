//! What can go wrong, in words.

use core::fmt;

use embedded_sdmmc::Error as FileError;
use l4k_drivers::sd::{BlockError, StartError};

/// Why the job could not be done.
pub enum Problem {
    /// Init has passed no registers.
    NoRegisters,
    /// No controller has a card that works; what the last one said.
    NoCard(StartError),
    /// The file system.
    Files(FileError<BlockError>),
    /// A file that was written reads differently.
    Different,
}

impl From<FileError<BlockError>> for Problem {
    fn from(error: FileError<BlockError>) -> Problem {
        Problem::Files(error)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRegisters => write!(formatter, "no registers were given to this program"),
            Self::NoCard(error) => write!(formatter, "no card can be used: {error:?}"),
            Self::Files(error) => write!(formatter, "the file system: {error:?}"),
            Self::Different => write!(formatter, "what was written reads differently"),
        }
    }
}
