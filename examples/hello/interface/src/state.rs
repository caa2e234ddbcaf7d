//! Where a program is, as init tells it.

use core::fmt;

use l4k_sys::abi::ThreadState;

/// Where a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramState {
    /// It was not started.
    Absent,
    /// It has ended with this status.
    Exited(u8),
    /// It has faulted.
    Crashed,
    /// It is there, and its thread is in this state.
    Present(ThreadState),
}

const ABSENT: u64 = 0;
const EXITED: u64 = 1;
const CRASHED: u64 = 2;
const PRESENT: u64 = 3;

impl ProgramState {
    /// As 16 bits of a word.
    #[must_use]
    pub const fn bits(self) -> u64 {
        match self {
            Self::Absent => ABSENT,
            Self::Exited(status) => EXITED | (status as u64) << 8,
            Self::Crashed => CRASHED,
            Self::Present(state) => PRESENT | (state as u64) << 8,
        }
    }

    /// From 16 bits of a word.
    #[must_use]
    pub fn from_bits(bits: u64) -> Option<ProgramState> {
        match bits & 0xff {
            ABSENT => Some(Self::Absent),
            EXITED => Some(Self::Exited((bits >> 8) as u8)),
            CRASHED => Some(Self::Crashed),
            PRESENT => ThreadState::from_number(bits >> 8 & 0xff).map(Self::Present),
            _ => None,
        }
    }
}

impl fmt::Display for ProgramState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Absent => "not started",
            Self::Exited(0) => "ended",
            Self::Exited(_) => "failed",
            Self::Crashed => "crashed",
            Self::Present(ThreadState::Suspended) => "suspended",
            Self::Present(ThreadState::Ready) => "ready",
            Self::Present(ThreadState::NoContext) => "no time",
            Self::Present(ThreadState::Calling) => "calling",
            Self::Present(ThreadState::AwaitingReply) => "awaits reply",
            Self::Present(ThreadState::Receiving) => "receives",
            Self::Present(ThreadState::Waiting) => "waits",
            Self::Present(ThreadState::Faulted) => "faulted",
        };
        formatter.pad(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_survive_their_bits() {
        let present = (0..8).map(|number| ProgramState::Present(ThreadState::from_number(number).unwrap()));
        for state in present.chain([ProgramState::Absent, ProgramState::Exited(101), ProgramState::Crashed]) {
            assert_eq!(ProgramState::from_bits(state.bits()), Some(state));
        }
        assert_eq!(ProgramState::from_bits(4), None);
        assert_eq!(ProgramState::from_bits(PRESENT | 99 << 8), None);
    }
}
