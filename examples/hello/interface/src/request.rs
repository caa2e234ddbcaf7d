//! Requests to init. They go to the endpoint that is also every program's supervisor.

use l4k_sys::Message;

use crate::name::Name;

const LIST: u32 = 1;
const MEMORY: u32 = 2;
const RUN: u32 = 3;
const RESTART: u32 = 4;
const END_MACHINE: u32 = 5;

/// What init can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Tell of the program with this index.
    List(u64),
    /// Tell how much memory there is.
    Memory,
    /// Start a program with an argument, and answer when it has ended.
    Run(Name, u64),
    /// Destroy a program and start it anew.
    Restart(Name),
    /// End the machine with this status.
    EndMachine(u8),
}

impl Request {
    /// As a message.
    #[must_use]
    pub fn to_message(self) -> Message {
        match self {
            Self::List(index) => Message::new(LIST, [index]),
            Self::Memory => Message::new(MEMORY, []),
            Self::Run(name, argument) => {
                let [a, b] = name.words();
                Message::new(RUN, [a, b, argument])
            }
            Self::Restart(name) => Message::new(RESTART, name.words()),
            Self::EndMachine(status) => Message::new(END_MACHINE, [u64::from(status)]),
        }
    }

    /// From a message; `None` if it is no request.
    #[must_use]
    pub fn from_message(message: &Message) -> Option<Request> {
        let [a, b, c, ..] = message.words;
        match (message.label(), message.length()) {
            (LIST, 1) => Some(Self::List(a)),
            (MEMORY, 0) => Some(Self::Memory),
            (RUN, 3) => Some(Self::Run(Name::from_words([a, b])?, c)),
            (RESTART, 2) => Some(Self::Restart(Name::from_words([a, b])?)),
            (END_MACHINE, 1) => u8::try_from(a).ok().map(Self::EndMachine),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_survive_their_message() {
        let name = Name::new("crash").unwrap();
        for request in
            [Request::List(3), Request::Memory, Request::Run(name, 4), Request::Restart(name), Request::EndMachine(255)]
        {
            assert_eq!(Request::from_message(&request.to_message()), Some(request));
        }
    }

    #[test]
    fn a_message_of_another_shape_is_no_request() {
        assert_eq!(Request::from_message(&Message::new(END_MACHINE, [256])), None);
        assert_eq!(Request::from_message(&Message::new(RESTART, [0, 0])), None);
        assert_eq!(Request::from_message(&Message::new(MEMORY, [0])), None);
        assert_eq!(Request::from_message(&Message::new(99, [])), None);
    }
}
