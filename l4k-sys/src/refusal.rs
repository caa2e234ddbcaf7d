//! Which system call the kernel refused last. An [`Error`] is one register wide, so that a call that succeeds costs nothing more. What else there is to
//! know is noted here, on the way of the error. Written by `system` and `message`, read by `exit` and `panic`.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU64, Ordering};

use crate::abi::{Error, SystemCall};

/// A system call that the kernel refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The kernel's answer.
    pub error: Error,
    /// The call.
    pub call: SystemCall,
    /// The slot that the call was made on. The calls of IPC do not note it: the slot would need a register while they wait.
    pub slot: Option<u64>,
}

/// The last refusal: bits 0–7 the error's code (0: there was none), 8–23 the call, 24–63 the slot (all ones: not noted). It is one word, so that a thread
/// never reads one half from each of two refusals.
static LAST: AtomicU64 = AtomicU64::new(0);

const CALL_SHIFT: u32 = 8;
const SLOT_SHIFT: u32 = 24;
const NO_SLOT: u64 = u64::MAX >> SLOT_SHIFT;

impl Refusal {
    const fn bits(self) -> u64 {
        let slot = match self.slot {
            Some(slot) if slot < NO_SLOT => slot,
            _ => NO_SLOT,
        };
        self.error.code() | (self.call as u64) << CALL_SHIFT | slot << SLOT_SHIFT
    }

    fn from_bits(bits: u64) -> Option<Refusal> {
        let error = Error::from_code(bits & 0xff)?;
        let call = SystemCall::from_number(bits >> CALL_SHIFT & 0xffff)?;
        let slot = bits >> SLOT_SHIFT;
        Some(Refusal { error, call, slot: (slot != NO_SLOT).then_some(slot) })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.call)?;
        self.slot.map_or(Ok(()), |slot| write!(formatter, " on slot {slot}"))
    }
}

/// The last system call of this program, of any of its threads, that the kernel refused.
#[must_use]
pub fn last() -> Option<Refusal> {
    Refusal::from_bits(LAST.load(Ordering::Relaxed))
}

/// Notes that the kernel refused a call with this status. `NotSupported` stands for a code of a later ABI version.
#[cold]
pub(crate) fn note(call: SystemCall, slot: Option<u64>, status: u64) -> Error {
    let error = Error::from_code(status).unwrap_or(Error::NotSupported);
    LAST.store(Refusal { error, call, slot }.bits(), Ordering::Relaxed);
    error
}

/// The same for a call of IPC, of which only the call is known.
#[cold]
pub(crate) fn note_call(call: SystemCall, status: u64) -> Error {
    note(call, None, status)
}

impl Refusal {
    /// Whether a message tells of this error. If it does not, what went wrong is not the kernel's last refusal.
    pub(crate) fn is_named_in(&self, message: fmt::Arguments<'_>) -> bool {
        let mut search = Search { error: self.error, found: false };
        let _ = write!(search, "{message}");
        search.found
    }
}

/// Looks for the name of an error in what is written. `Error` writes its name in one piece.
struct Search {
    error: Error,
    found: bool,
}

impl Write for Search {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let mut name = Compared { piece, same: false };
        let _ = write!(name, "{:?}", self.error);
        self.found |= name.same;
        Ok(())
    }
}

/// Compares a piece with the next piece that is written.
struct Compared<'a> {
    piece: &'a str,
    same: bool,
}

impl Write for Compared<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.same = piece == self.piece;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_refusal_survives_its_packing() {
        for slot in [None, Some(0), Some(7), Some(NO_SLOT - 1)] {
            let refusal = Refusal { error: Error::InvalidCore, call: SystemCall::ThreadResume, slot };
            assert_eq!(Refusal::from_bits(refusal.bits()), Some(refusal));
        }
        let beyond = Refusal { error: Error::PeerGone, call: SystemCall::Call, slot: Some(u64::MAX) };
        assert_eq!(Refusal::from_bits(beyond.bits()), Some(Refusal { slot: None, ..beyond }));
        assert_eq!(Refusal::from_bits(0), None);
    }

    #[test]
    fn it_is_told_with_call_and_slot() {
        let refusal = Refusal { error: Error::InvalidCapability, call: SystemCall::ThreadResume, slot: Some(7) };
        assert_eq!(refusal.to_string(), "ThreadResume on slot 7");
        assert_eq!(Refusal { slot: None, ..refusal }.to_string(), "ThreadResume");
    }

    #[test]
    fn only_a_message_with_its_error_has_it_behind_it() {
        let error = Error::PeerGone;
        let refusal = Refusal { error, call: SystemCall::ThreadResume, slot: Some(7) };
        assert!(refusal.is_named_in(format_args!("a server: {:?}", Some(error))));
        assert!(refusal.is_named_in(format_args!("the kernel answers {error}")));
        assert!(!refusal.is_named_in(format_args!("{:?}", Error::Busy)));
        assert!(!refusal.is_named_in(format_args!("nothing of the kernel")));
    }
}
