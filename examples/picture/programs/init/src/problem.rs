//! What can go wrong, in words.

use core::fmt;

use l4k_drivers::bcm2711::property::PropertyError;
use l4k_init::{DeviceError, ResourceProblem, solo};
use l4k_sys::Error;

/// Why there is no picture.
pub enum Problem {
    /// The boot information lacks something.
    Resources(ResourceProblem),
    /// The board has no mailbox.
    NoMailbox,
    /// The VideoCore.
    Firmware(PropertyError),
    /// The framebuffer is larger than this program expects.
    TooLarge,
    /// A device's memory cannot be had.
    Device(DeviceError),
    /// The kernel.
    Kernel(Error),
    /// The painter.
    Painter(solo::Problem),
}

impl From<PropertyError> for Problem {
    fn from(error: PropertyError) -> Problem {
        Problem::Firmware(error)
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

impl fmt::Debug for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resources(problem) => write!(formatter, "{problem}"),
            Self::NoMailbox => write!(formatter, "the board has no mailbox"),
            Self::Firmware(error) => write!(formatter, "{error}"),
            Self::TooLarge => write!(formatter, "the framebuffer is larger than expected"),
            Self::Device(error) => write!(formatter, "{error}"),
            Self::Kernel(error) => write!(formatter, "the kernel answers {error}"),
            Self::Painter(problem) => write!(formatter, "{problem:?}"),
        }
    }
}
