//! What the suite and its hostile programs agree upon: which capabilities such a program has, and where it tells how far it is.

use crate::arena::ARENA;

/// What a hostile program does: the first word that it is started with. The second is its seed, the third how many calls it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Attack {
    /// Random system calls.
    Random = 1,
    /// Revokes the memory that it is made of.
    RevokeItself = 2,
    /// Deletes the table with all its capabilities, and then each capability in it.
    DeleteItself = 3,
}

impl Attack {
    /// The attack with this number.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Attack> {
        [Self::Random, Self::RevokeItself, Self::DeleteItself].into_iter().find(|attack| *attack as u64 == number)
    }
}

/// Where a hostile program counts its calls: a page that it shares with the suite.
pub const TALLY: u64 = ARENA.start;

/// Where it says that it is at its end.
pub const DONE: u64 = TALLY + 8;

/// Where it counts the calls that succeeded.
pub const ACCEPTED: u64 = TALLY + 16;

/// A page of its own that it can read and write, whose capability it has.
pub const WORK: u64 = ARENA.start + 0x10_0000;

/// Slots of a hostile program's table.
pub mod slots {
    /// The table has 2^n slots.
    pub const TABLE_BITS: u8 = 6;
    /// The endpoint that its faults go to, to call.
    pub const SUPERVISOR: u64 = 1;
    /// Its thread.
    pub const THREAD: u64 = 2;
    /// A reply object.
    pub const REPLY: u64 = 3;
    /// Its table.
    pub const TABLE: u64 = 4;
    /// Its address space.
    pub const SPACE: u64 = 5;
    /// Untyped memory; in some lives what everything of the program is made of.
    pub const MEMORY: u64 = 6;
    /// The endpoint of a server of the suite's, to call with capabilities.
    pub const SERVER: u64 = 7;
    /// An endpoint of all hostile programs, with all rights.
    pub const COMMON: u64 = 8;
    /// A notification of all hostile programs, with all rights.
    pub const BELL: u64 = 9;
    /// The frame at [`WORK`](super::WORK).
    pub const WORK: u64 = 10;
    /// A frame of the suite's, to read.
    pub const PICTURE: u64 = 11;
    /// A thread that does not run yet.
    pub const SPARE: u64 = 12;
    /// The scheduling context that the program runs on.
    pub const CONTEXT: u64 = 13;
    /// A scheduling context with time that is bound to nobody.
    pub const SPARE_CONTEXT: u64 = 14;
    /// An Irq that was not issued.
    pub const IRQ: u64 = 15;
    /// An endpoint of its own.
    pub const ENDPOINT: u64 = 16;
    /// A notification of its own.
    pub const NOTIFICATION: u64 = 17;
    /// An address space without an identifier.
    pub const SPARE_SPACE: u64 = 18;
    /// A pool of identifiers.
    pub const POOL: u64 = 19;
    /// The first slot that is empty.
    pub const FREE: u64 = 20;
}
