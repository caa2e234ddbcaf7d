//! How far a thread's interrupted call came, where what the call works on does not show it. It lies in the thread and not in its registers,
//! which programs can change. Calls nobody.

use super::frame::Frame;
use crate::base::address::PhysicalAddress;
use crate::base::arch::CacheOperation;

/// A stretch of memory, and what its caches have to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first byte. This names the memory itself: another frame can come into the slot between two parts of a call.
    pub start: PhysicalAddress,
    /// How long it is.
    pub bytes: u64,
    /// What is to be done.
    pub operation: CacheOperation,
}

impl Stretch {
    /// A whole frame.
    #[must_use]
    pub const fn of(frame: &Frame, operation: CacheOperation) -> Stretch {
        Stretch { start: frame.address, bytes: frame.size.bytes(), operation }
    }
}

/// An interrupted call, and how far it came. The next call that has such work takes it. Who cancels or suspends the thread, or writes its
/// registers, drops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// Number of the call.
    pub call: u64,
    /// What it works on.
    pub stretch: Stretch,
    /// How many bytes are done. 0: no call was interrupted, and the rest means nothing.
    pub done: u64,
}

impl Restart {
    /// No call was interrupted; all zero bytes.
    pub const NONE: Restart = Restart {
        call: 0,
        stretch: Stretch {
            start: PhysicalAddress::truncated(0),
            bytes: 0,
            operation: CacheOperation::CleanToUnification,
        },
        done: 0,
    };

    /// How much of a stretch a call has done already: nothing, if another call was interrupted or worked on something else.
    #[must_use]
    pub fn done_of(self, call: u64, stretch: Stretch) -> u64 {
        if self.call == call && self.stretch == stretch { self.done } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::{CacheOperation, PhysicalAddress, Restart, Stretch};

    #[test]
    fn only_the_same_call_on_the_same_stretch_goes_on() {
        let start = PhysicalAddress::new(0x4000_0000).unwrap();
        let stretch = Stretch { start, bytes: 0x20_0000, operation: CacheOperation::Clean };
        let restart = Restart { call: 54, stretch, done: 4096 };
        assert_eq!(restart.done_of(54, stretch), 4096);
        assert_eq!(restart.done_of(48, stretch), 0);
        let others = [
            Stretch { start: start.add(4096), ..stretch },
            Stretch { bytes: 0x10_0000, ..stretch },
            Stretch { operation: CacheOperation::CleanAndInvalidate, ..stretch },
        ];
        for other in others {
            assert_eq!(restart.done_of(54, other), 0, "{other:?}");
        }
        assert_eq!(Restart::NONE.done_of(0, Restart::NONE.stretch), 0);
    }
}
