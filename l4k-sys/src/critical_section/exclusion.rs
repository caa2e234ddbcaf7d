//! Exclusion of a program's threads: who has to wait does so in the kernel. May call `means`.
//!
//! That no two threads are inside follows from the program's own memory alone. The notification decides only when a thread looks again: a
//! signal that nobody meant, or one that stands for two, does no harm.

use super::means::{AtomicU32, AtomicU64, Ordering, give_way, signal, wait};

/// A thread, by the address of its message buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity(u64);

impl Identity {
    /// From the address; 0 is that of the one thread without a buffer.
    pub const fn of_buffer(address: u64) -> Identity {
        // No buffer lies there: it would not be aligned.
        const WITHOUT_BUFFER: u64 = 1;
        Identity(if address == 0 { WITHOUT_BUFFER } else { address })
    }
}

/// Whether a thread was inside already.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// It came from outside, and leaves to there.
    Outermost,
    /// It was inside, and stays there.
    Nested,
}

/// Nobody is inside.
const FREE: u32 = 0;
/// Somebody is, and nobody is known to wait.
const TAKEN: u32 = 1;
/// Somebody is, and has to signal when it leaves.
const WANTED: u32 = 2;

/// In `inside`: no thread.
const NOBODY: u64 = 0;

/// In `notification`: not named yet. It is no slot, since no CNode has so many.
const UNNAMED: u64 = u64::MAX;

/// What the threads of a program share.
#[derive(Debug)]
pub struct Exclusion {
    state: AtomicU32,
    /// The identity of the thread inside.
    inside: AtomicU64,
    /// The slot of the notification on which threads wait. Nothing but its number is passed on with it, and a thread that waits has read it
    /// before its last exchange of `state`, or gets the signal that comes with the name: it needs no order of its own.
    notification: AtomicU64,
}

impl Exclusion {
    /// With nobody inside.
    pub const fn new() -> Self {
        Self { state: AtomicU32::new(FREE), inside: AtomicU64::new(NOBODY), notification: AtomicU64::new(UNNAMED) }
    }

    /// Waits until no other thread is inside, and enters.
    ///
    /// A thread finds its own identity only if it has written it and not left since; the identities of others are all the same to it. That
    /// needs no order among memory accesses.
    pub fn enter(&self, thread: Identity) -> Depth {
        if self.inside.load(Ordering::Relaxed) == thread.0 {
            return Depth::Nested;
        }
        if self.state.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_err() {
            // Whoever has waited assumes that others still do, and signals when it leaves.
            while self.state.swap(WANTED, Ordering::AcqRel) != FREE {
                self.wait();
            }
        }
        self.inside.store(thread.0, Ordering::Relaxed);
        Depth::Outermost
    }

    /// Leaves what was entered with that depth. The thread must be inside.
    pub fn leave(&self, depth: Depth) {
        if depth == Depth::Nested {
            return;
        }
        self.inside.store(NOBODY, Ordering::Relaxed);
        if self.state.swap(FREE, Ordering::AcqRel) == WANTED {
            self.wake();
        }
    }

    /// Names the notification by its slot.
    ///
    /// The signal is for a thread that reads the name and waits, while another one that has not read it leaves without a signal.
    pub fn name(&self, slot: u64) {
        self.notification.store(slot, Ordering::Relaxed);
        signal(slot);
    }

    fn wait(&self) {
        match self.notification.load(Ordering::Relaxed) {
            UNNAMED => give_way(),
            slot => wait(slot),
        }
    }

    fn wake(&self) {
        match self.notification.load(Ordering::Relaxed) {
            UNNAMED => (),
            slot => signal(slot),
        }
    }
}

impl Default for Exclusion {
    fn default() -> Self {
        Self::new()
    }
}
