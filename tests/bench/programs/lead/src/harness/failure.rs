//! Why the benchmark failed, with the place in the sources. May call nothing.

use core::fmt;
use core::panic::Location;

use l4k_sys::Error;

/// Why it failed.
#[derive(Debug)]
pub struct Failure {
    place: &'static Location<'static>,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Refused(Error),
    Missing(&'static str),
    Worker(Option<Error>),
    Unexpected,
}

/// What a case, or a part of one, comes to.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// Something is not there.
    #[track_caller]
    pub fn missing(what: &'static str) -> Failure {
        Failure { place: Location::caller(), reason: Reason::Missing(what) }
    }

    /// A thread of a worker was refused something, with this code.
    #[track_caller]
    pub fn of_worker(code: u64) -> Failure {
        Failure { place: Location::caller(), reason: Reason::Worker(Error::from_code(code)) }
    }

    /// Something else arrived than a report: a thread has faulted.
    #[track_caller]
    pub fn unexpected() -> Failure {
        Failure { place: Location::caller(), reason: Reason::Unexpected }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: ", self.place.file(), self.place.line())?;
        match &self.reason {
            Reason::Refused(error) => write!(formatter, "the kernel refused with {error}"),
            Reason::Missing(what) => write!(formatter, "there is no {what}"),
            Reason::Worker(Some(error)) => write!(formatter, "the kernel refused a worker with {error}"),
            Reason::Worker(None) => formatter.write_str("a worker failed"),
            Reason::Unexpected => formatter.write_str("a worker has faulted"),
        }
    }
}

impl From<Error> for Failure {
    #[track_caller]
    fn from(error: Error) -> Failure {
        Failure { place: Location::caller(), reason: Reason::Refused(error) }
    }
}
