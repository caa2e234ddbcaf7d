//! What init answers.

use l4k_sys::abi::message::REGISTER_WORDS;
use l4k_sys::abi::{Error, Fault, Tag};
use l4k_sys::{Message, Nanoseconds};

use crate::name::Name;
use crate::state::ProgramState;

const PROGRAM: u32 = 1;
const NO_MORE: u32 = 2;
const MEMORY: u32 = 3;
const EXITED: u32 = 4;
const RESTARTED: u32 = 5;
const UNKNOWN_PROGRAM: u32 = 6;
const NOT_ALLOWED: u32 = 7;
const BUSY: u32 = 8;
const CANNOT_START: u32 = 9;
const REFUSED: u32 = 10;
const BAD_REQUEST: u32 = 11;
/// Plus the kind of the fault.
const FAULTED: u32 = 0x100;

const PRIORITY_SHIFT: u32 = 16;
const STARTS_SHIFT: u32 = 32;

/// What init tells of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramStatus {
    /// Its name.
    pub name: Name,
    /// Where it is.
    pub state: ProgramState,
    /// Its priority.
    pub priority: u8,
    /// How often it was started.
    pub starts: u32,
    /// Processor time that it has used, over all its lives.
    pub time_used: Nanoseconds,
    /// Memory set aside for it in bytes.
    pub memory: u64,
}

impl ProgramStatus {
    fn words(&self) -> [u64; 5] {
        let [a, b] = self.name.words();
        let packed =
            self.state.bits() | u64::from(self.priority) << PRIORITY_SHIFT | u64::from(self.starts) << STARTS_SHIFT;
        [a, b, packed, self.time_used.count(), self.memory]
    }

    fn from_words(words: [u64; 5]) -> Option<ProgramStatus> {
        let [a, b, packed, time_used, memory] = words;
        Some(ProgramStatus {
            name: Name::from_words([a, b])?,
            state: ProgramState::from_bits(packed & 0xffff)?,
            priority: (packed >> PRIORITY_SHIFT) as u8,
            starts: (packed >> STARTS_SHIFT) as u32,
            time_used: Nanoseconds::new(time_used),
            memory,
        })
    }
}

/// What init answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// About one program.
    Program(ProgramStatus),
    /// There is no program with this index.
    NoMore,
    /// Memory in bytes: all, and what is free.
    Memory(u64, u64),
    /// The program has ended with this status.
    Exited(u8),
    /// The program has faulted.
    Faulted(Fault),
    /// The program was destroyed and started anew.
    Restarted,
    /// No program has this name.
    UnknownProgram,
    /// The caller, or anybody, may not do this.
    NotAllowed,
    /// Somebody waits for this program already, or too many wait.
    Busy,
    /// The program could not be started; the debug console says why.
    CannotStart,
    /// The kernel has refused it.
    Refused(Error),
    /// This is no request.
    BadRequest,
}

impl Answer {
    /// As a message.
    #[must_use]
    pub fn to_message(&self) -> Message {
        match self {
            Self::Program(status) => Message::new(PROGRAM, status.words()),
            Self::NoMore => Message::new(NO_MORE, []),
            Self::Memory(total, free) => Message::new(MEMORY, [*total, *free]),
            Self::Exited(status) => Message::new(EXITED, [u64::from(*status)]),
            Self::Faulted(fault) => {
                let (tag, words) = fault.to_message();
                Message::new(FAULTED + tag.label(), words)
            }
            Self::Restarted => Message::new(RESTARTED, []),
            Self::UnknownProgram => Message::new(UNKNOWN_PROGRAM, []),
            Self::NotAllowed => Message::new(NOT_ALLOWED, []),
            Self::Busy => Message::new(BUSY, []),
            Self::CannotStart => Message::new(CANNOT_START, []),
            Self::Refused(error) => Message::new(REFUSED, [error.code()]),
            Self::BadRequest => Message::new(BAD_REQUEST, []),
        }
    }

    /// From a message; `None` if it is no answer.
    #[must_use]
    pub fn from_message(message: &Message) -> Option<Answer> {
        let [a, b, c, d, e, _] = message.words;
        match message.label() {
            PROGRAM => ProgramStatus::from_words([a, b, c, d, e]).map(Self::Program),
            NO_MORE => Some(Self::NoMore),
            MEMORY => Some(Self::Memory(a, b)),
            EXITED => u8::try_from(a).ok().map(Self::Exited),
            RESTARTED => Some(Self::Restarted),
            UNKNOWN_PROGRAM => Some(Self::UnknownProgram),
            NOT_ALLOWED => Some(Self::NotAllowed),
            BUSY => Some(Self::Busy),
            CANNOT_START => Some(Self::CannotStart),
            REFUSED => Error::from_code(a).map(Self::Refused),
            BAD_REQUEST => Some(Self::BadRequest),
            label => {
                let tag = Tag::new(label.checked_sub(FAULTED)?, REGISTER_WORDS).ok()?;
                Fault::from_message(tag, &message.words).map(Self::Faulted)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use l4k_sys::abi::{Access, FaultCause, FaultKind};

    #[test]
    fn answers_survive_their_message() {
        let status = ProgramStatus {
            name: Name::new("uart").unwrap(),
            state: ProgramState::Exited(7),
            priority: 200,
            starts: 3,
            time_used: Nanoseconds::new(5),
            memory: 1 << 18,
        };
        let fault = Fault {
            kind: FaultKind::Page,
            access: Access::Read,
            cause: FaultCause::NotMapped,
            level: 3,
            instruction_pointer: 1,
            address: 2,
            syndrome: 3,
            stack_pointer: 4,
            link_register: 5,
        };
        for answer in [
            Answer::Program(status),
            Answer::NoMore,
            Answer::Memory(2, 1),
            Answer::Exited(101),
            Answer::Faulted(fault),
            Answer::Restarted,
            Answer::UnknownProgram,
            Answer::NotAllowed,
            Answer::Busy,
            Answer::CannotStart,
            Answer::Refused(Error::Dying),
            Answer::BadRequest,
        ] {
            assert_eq!(Answer::from_message(&answer.to_message()), Some(answer));
        }
        assert_eq!(Answer::from_message(&Message::new(0xffff, [])), None);
    }
}
