//! Notifications: a word of signals, those who wait for it, and the thread it is bound to.

use super::Life;
use super::endpoint::ThreadQueue;
use super::sched_context::SchedContext;
use super::thread::Thread;
use crate::base::store::{Object, Ref};

/// A notification. Zero bytes are a new one.
#[derive(Debug)]
#[repr(align(64))]
pub struct Notification {
    /// Capabilities to it.
    pub references: u32,
    /// Alive or dying.
    pub life: Life,
    /// Signals not yet taken.
    pub word: u64,
    /// Threads in `wait`.
    pub queue: ThreadQueue,
    /// The thread whose receives return with its signals.
    pub bound: Option<Ref<Thread>>,
    /// Time for whoever takes a signal and has none.
    pub context: Option<Ref<SchedContext>>,
}

impl Notification {
    /// The only one who waits gets the word.
    #[inline(always)]
    pub const fn empty(&mut self) {
        (self.word, self.queue) = (0, ThreadQueue { first: None });
    }
}

impl Object for Notification {
    const BITS: u8 = 6;
}
