//! What can go wrong in a first program, in words: what its `main` returns.

use core::fmt;

use l4k_sys::abi::Error;
use l4k_sys::package::{NoSuchProgram, PackageError};

use crate::device_error::DeviceError;
use crate::explanation::Explanation;
use crate::failure::Failure;
use crate::image_error::ImageError;
use crate::resources::ResourceProblem;
use crate::solo::DEVICES_MAX;

/// Why a system could not be started, or a program did not end by itself.
pub enum Problem {
    /// The boot information lacks something.
    Resources(ResourceProblem),
    /// The package is damaged.
    Package(PackageError<'static>),
    /// The package has no program of this name.
    NoProgram(NoSuchProgram<'static, 'static>),
    /// The board names no device for this role.
    NoDevice(&'static str),
    /// A device's memory cannot be had.
    Device(DeviceError),
    /// More than [`DEVICES_MAX`] devices.
    TooManyDevices,
    /// The program could not be started.
    Program(Failure<'static>),
    /// The kernel refused something else.
    Kernel(Error),
    /// The program faulted.
    Crashed(&'static str, Explanation),
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resources(problem) => write!(formatter, "{problem}"),
            Self::Package(error) => write!(formatter, "the package of programs: {error}"),
            Self::NoProgram(error) => write!(formatter, "{error}"),
            Self::NoDevice(role) => write!(formatter, "the board names no device for the role {role}"),
            Self::Device(error) => write!(formatter, "{error}"),
            Self::TooManyDevices => write!(formatter, "a program can have {DEVICES_MAX} devices"),
            Self::Program(failure) => write!(formatter, "{failure}"),
            Self::Kernel(error) => write!(formatter, "the kernel answers {error}"),
            Self::Crashed(program, fault) => write!(formatter, "{program} crashed: {fault}"),
        }
    }
}

/// As [`Display`](fmt::Display): this is what `expect` and a `main` that returns the problem print.
impl fmt::Debug for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl core::error::Error for Problem {}

impl From<ResourceProblem> for Problem {
    fn from(problem: ResourceProblem) -> Problem {
        Problem::Resources(problem)
    }
}

impl From<PackageError<'static>> for Problem {
    fn from(error: PackageError<'static>) -> Problem {
        Problem::Package(error)
    }
}

impl From<ImageError<'static, 'static>> for Problem {
    fn from(error: ImageError<'static, 'static>) -> Problem {
        match error {
            ImageError::Missing(error) => Problem::NoProgram(error),
            ImageError::Unfit(failure) => Problem::Program(failure),
        }
    }
}

impl From<Failure<'static>> for Problem {
    fn from(failure: Failure<'static>) -> Problem {
        Problem::Program(failure)
    }
}

impl From<DeviceError> for Problem {
    fn from(error: DeviceError) -> Problem {
        Problem::Device(error)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        Problem::Kernel(error)
    }
}
