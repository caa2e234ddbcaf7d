//! The kernel's console, in kernels that have the `debug` feature.

use super::Thread;
use crate::abi::{Error, SystemCall};
use crate::packing::pack_bytes;
use crate::quantity::Nanoseconds;
use crate::system::{perform, query};

/// A capability to the kernel's console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct DebugConsole(u64);

/// How a core shares the kernel's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockTimes {
    /// Times that the core had the lock.
    pub turns: u64,
    /// Time that it waited for it, in all.
    pub waited: Nanoseconds,
    /// The longest of those waits.
    pub longest_wait: Nanoseconds,
    /// Time that it held it, in all.
    pub held: Nanoseconds,
    /// The longest of those.
    pub longest_hold: Nanoseconds,
}

impl DebugConsole {
    /// Bytes that one system call writes.
    pub const WRITE_BYTES: usize = 48;

    /// Longest name of a thread in bytes.
    pub const NAME_BYTES: usize = 16;

    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> DebugConsole {
        DebugConsole(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Writes bytes, 48 a system call.
    ///
    /// # Errors
    /// `MissingRight` without the print right.
    pub fn write(self, bytes: &[u8]) -> Result<(), Error> {
        for piece in bytes.chunks(Self::WRITE_BYTES) {
            let [a, b, c, d, e, f] = pack_bytes(piece);
            perform(SystemCall::DebugWrite, [self.0, piece.len() as u64, a, b, c, d, e, f])?;
        }
        Ok(())
    }

    /// Ends the machine. Comes back only if that is refused.
    ///
    /// # Errors
    /// `MissingRight` without the control right.
    pub fn exit(self, status: u8) -> Result<core::convert::Infallible, Error> {
        perform(SystemCall::DebugExit, [self.0, u64::from(status)])?;
        Err(Error::NotSupported)
    }

    /// Gives a thread a name for kernel messages. A name that is too long is cut at 16 bytes.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty name.
    pub fn name_thread(self, thread: Thread, name: &str) -> Result<(), Error> {
        let bytes = name.as_bytes();
        let bytes = bytes.get(..Self::NAME_BYTES).unwrap_or(bytes);
        let [a, b] = pack_bytes(bytes);
        perform(SystemCall::DebugNameThread, [self.0, thread.slot(), bytes.len() as u64, a, b])
    }

    /// How a core shares the kernel's lock with the others, since the kernel began.
    ///
    /// # Errors
    /// `InvalidCore`; `MissingRight` without the print right.
    pub fn lock_times(self, core: u64) -> Result<LockTimes, Error> {
        let [_, turns, times @ .., _, _] = query(SystemCall::DebugLockTimes, [self.0, core])?;
        let [waited, longest_wait, held, longest_hold] = times.map(Nanoseconds::new);
        Ok(LockTimes { turns, waited, longest_wait, held, longest_hold })
    }
}
