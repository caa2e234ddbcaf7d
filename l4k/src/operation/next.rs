//! What an operation leaves to be done when it is over.

use l4k_sys::Error;

/// What becomes of the calling thread's registers. One place acts on it: `Kernel::finish`.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Success without results.
    Done,
    /// Success; this is x1.
    Value(u64),
    /// The result registers are written already, or will be when the thread is woken.
    Settled,
    /// The operation stopped at a preemption point: the call is made again from the beginning.
    Restart,
    /// There is no such call, which is a fault of the caller.
    Unknown,
    /// A call of firmware, which is noted at the core, and made outside of the kernel's lock; the results come later.
    Firmware,
}

/// The same with the errors, in two words that travel in registers.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The status that the caller gets, or one of the numbers here, which are above all of them.
    how: u64,
    /// Its x1.
    value: u64,
}

impl Ended {
    /// [`Next::Settled`]. A bit that no status has.
    pub const SETTLED: u64 = 1 << 30;
    /// Without this bit the caller gets results.
    const OTHER: u64 = 1 << 31;
    const UNKNOWN: u64 = Self::OTHER;
    const RESTART: u64 = Self::OTHER + 1;
    const FIRMWARE: u64 = Self::OTHER + 2;

    /// What an operation says.
    #[inline(always)]
    pub const fn of(result: Result<Next, Error>) -> Ended {
        let (how, value) = match result {
            Ok(Next::Done) => (0, 0),
            Ok(Next::Value(value)) => (0, value),
            Ok(Next::Settled) => (Self::SETTLED, 0),
            Ok(Next::Restart) => (Self::RESTART, 0),
            Ok(Next::Unknown) => (Self::UNKNOWN, 0),
            Ok(Next::Firmware) => (Self::FIRMWARE, 0),
            Err(error) => (error.code(), 0),
        };
        Ended { how, value }
    }

    /// Whether the caller gets results, which stand in its context or are status and value.
    #[inline(always)]
    #[must_use]
    pub const fn has_results(self) -> bool {
        self.how & Self::OTHER == 0
    }

    /// Status and value, if these are the results.
    #[inline(always)]
    #[must_use]
    pub const fn results(self) -> Option<[u64; 2]> {
        if self.how < Self::SETTLED { Some([self.how, self.value]) } else { None }
    }

    /// As the way out has it: the status, or [`SETTLED`](Self::SETTLED) for results in the context; and the value.
    #[inline(always)]
    #[must_use]
    pub const fn words(self) -> [u64; 2] {
        [self.how, self.value]
    }

    /// What is to be done then that is not to write results.
    #[must_use]
    pub const fn next(self) -> Option<Next> {
        match self.how {
            Self::RESTART => Some(Next::Restart),
            Self::UNKNOWN => Some(Next::Unknown),
            Self::FIRMWARE => Some(Next::Firmware),
            _ => None,
        }
    }
}

/// Whether work done in bounded steps is over.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is left.
    Complete,
    /// At least one more step.
    More,
}

#[cfg(test)]
mod tests {
    use super::{Ended, Next};
    use l4k_sys::Error;

    #[test]
    fn what_an_operation_says_survives_in_two_words() {
        let others = [Next::Restart, Next::Unknown, Next::Firmware];
        for next in others {
            let ended = Ended::of(Ok(next));
            assert_eq!((ended.next(), ended.has_results(), ended.results()), (Some(next), false, None));
        }
        let with_results = [(Ok(Next::Done), [0, 0]), (Ok(Next::Value(5)), [0, 5])];
        let errors = Error::ALL.iter().map(|error| (Err(*error), [error.code(), 0]));
        for (result, results) in with_results.into_iter().chain(errors) {
            let ended = Ended::of(result);
            assert_eq!((ended.next(), ended.has_results(), ended.results()), (None, true, Some(results)));
            assert_eq!(ended.words(), results);
        }
        let settled = Ended::of(Ok(Next::Settled));
        assert_eq!((settled.next(), settled.has_results(), settled.results()), (None, true, None));
        assert_eq!(settled.words(), [Ended::SETTLED, 0]);
    }
}
