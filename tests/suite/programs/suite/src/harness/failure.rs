//! Why a test failed, in one line with its place in the sources; and the macros that say so.

use core::fmt::{self, Write};
use core::panic::Location;

use heapless::String;
use l4k_sys::Error;

/// Longest reason in bytes; the rest is cut off.
const REASON_BYTES: usize = 240;

/// Why a test failed.
#[derive(Debug)]
pub struct Failure {
    reason: String<REASON_BYTES>,
}

/// What a test, or a part of one, comes to.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A failure here, for a reason.
    #[track_caller]
    pub fn new(reason: fmt::Arguments<'_>) -> Failure {
        let place = Location::caller();
        let file = place.file().rsplit('/').next().unwrap_or("");
        let mut text = String::new();
        // What does not fit is cut off.
        let _ = write!(text, "{file}:{}: {reason}", place.line());
        Failure { reason: text }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl From<Error> for Failure {
    #[track_caller]
    fn from(error: Error) -> Failure {
        Failure::new(format_args!("the kernel refused with {error}"))
    }
}

/// Fails unless the two are equal.
#[track_caller]
pub fn same<T: PartialEq + fmt::Debug>(what: &str, found: T, expected: T) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(format_args!("{what}: found {found:?}, expected {expected:?}")))
}

/// Fails unless it holds.
#[track_caller]
pub fn holds(what: &str, condition: bool) -> Outcome {
    if condition { Ok(()) } else { Err(Failure::new(format_args!("{what} does not hold"))) }
}

/// Fails unless the call was refused with this error.
#[track_caller]
pub fn refused<T: fmt::Debug>(what: &str, result: Result<T, Error>, expected: Error) -> Outcome {
    match result {
        Err(error) if error == expected => Ok(()),
        other => Err(Failure::new(format_args!("{what}: found {other:?}, expected {expected:?}"))),
    }
}
