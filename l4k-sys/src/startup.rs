//! What a program finds when it starts, if whoever starts it keeps this crate's convention. The kernel knows nothing of it.
//!
//! `sp` is set, 16-byte aligned; `.bss` is zero; three words are passed; the slots below are filled.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::abi::boot;
use crate::handle::{DebugConsole, Endpoint, Reply, Thread};

/// An endpoint with the call right: who started the program, and hears when it ends.
pub const SUPERVISOR: Endpoint = Endpoint::from_slot(1);

/// The program's own thread.
pub const THREAD: Thread = Thread::from_slot(2);

/// A reply object, so that a server can receive.
pub const REPLY: Reply = Reply::from_slot(3);

/// The kernel's console, to print only. The slot may be empty.
pub const DEBUG_CONSOLE: DebugConsole = DebugConsole::from_slot(4);

/// The first slot whose contents the program and its starter agree upon between themselves.
pub const FIRST_FREE_SLOT: u64 = 5;

/// Labels of calls to [`SUPERVISOR`] that every supervisor knows. Programs use labels below these.
pub mod label {
    /// The program has ended; word 0 is its status. Never answered.
    pub const EXIT: u32 = 0xffff_ff00;
}

/// Three words that the starter passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arguments {
    words: [u64; 3],
}

impl Arguments {
    /// As they came in `x0`–`x2`.
    #[must_use]
    pub const fn new(words: [u64; 3]) -> Arguments {
        Arguments { words }
    }

    /// The words.
    #[must_use]
    pub const fn words(self) -> [u64; 3] {
        self.words
    }
}

/// How this program was started: by the kernel as the first one, or by another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By another program, with the slots above.
    Program,
    /// By the kernel, with the slots of [`boot::slot`].
    Kernel,
}

/// Slot of the debug console, which differs by origin. Written once, before `main`.
static CONSOLE_SLOT: AtomicU64 = AtomicU64::new(DEBUG_CONSOLE.slot());

/// Notes how the program was started. Called by [`entry`](mod@crate::entry) before `main`.
pub(crate) fn set_origin(origin: Origin) {
    let slot = match origin {
        Origin::Program => DEBUG_CONSOLE.slot(),
        Origin::Kernel => boot::slot::DEBUG_CONSOLE,
    };
    CONSOLE_SLOT.store(slot, Ordering::Relaxed);
}

/// How this program was started.
#[must_use]
pub fn origin() -> Origin {
    if CONSOLE_SLOT.load(Ordering::Relaxed) == boot::slot::DEBUG_CONSOLE { Origin::Kernel } else { Origin::Program }
}

/// The debug console of this program; its slot may be empty.
#[must_use]
pub fn debug_console() -> DebugConsole {
    DebugConsole::from_slot(CONSOLE_SLOT.load(Ordering::Relaxed))
}
