//! How cores share the kernel: one lock, and for each core a gate that tells whether it is in a program.
//!
//! A core that comes from a program takes a [`Ticket`], then enters its gate, then waits for its turn. It leaves the gate while it still holds the
//! lock. So whoever holds the lock and sees a core inside its gate knows two things: the core has stored its program's registers, and it has
//! its turn before anybody who asks later.
#![allow(unsafe_code)]

use super::sync::{AtomicU32, Cell, Ordering, pause};

/// A fair queue lock (ticket lock) around a value that one core at a time may use, in the order of asking.
#[derive(Debug)]
pub struct TicketLock<T> {
    next: AtomicU32,
    serving: AtomicU32,
    value: Cell<T>,
}

/// A place in the queue of a lock. It has to be used: those behind it wait for it.
#[must_use]
#[derive(Debug)]
pub struct Ticket(u32);

// SAFETY: `with` gives out one `&mut T` at a time (it waits until its own ticket is served and serves the next one only after the
// borrow ended), so sharing the lock moves the value between cores at most, which `T: Send` allows.
unsafe impl<T: Send> Sync for TicketLock<T> {}

impl<T> TicketLock<T> {
    /// A free lock.
    pub const fn new(value: T) -> Self {
        Self { next: AtomicU32::new(0), serving: AtomicU32::new(0), value: Cell::new(value) }
    }

    /// Joins the queue.
    #[inline(always)]
    pub fn ask(&self) -> Ticket {
        Ticket(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether somebody waits behind the one whose turn it is.
    #[inline(always)]
    pub fn is_wanted(&self) -> bool {
        self.next.load(Ordering::Relaxed).wrapping_sub(self.serving.load(Ordering::Relaxed)) > 1
    }

    /// Runs `work` with the value when it is the ticket's turn. Waits for every core that asked before; each holds the lock for a bounded time.
    #[inline(always)]
    pub fn with<R>(&self, ticket: Ticket, work: impl FnOnce(&mut T) -> R) -> R {
        while self.serving.load(Ordering::Acquire) != ticket.0 {
            pause();
        }
        // SAFETY: `serving` equals our ticket, tickets are unique (2^32 cores would have to wait for one to come twice), and it moves on only
        // below: nobody else is in here.
        let result = self.value.with_mut(|value| work(unsafe { &mut *value }));
        self.serving.store(ticket.0.wrapping_add(1), Ordering::Release);
        result
    }
}

/// Where a core is, for the others: in a program, or inside, and what brought it in.
#[derive(Debug)]
pub struct Gate(AtomicU32);

/// The core is in a program.
const OUTSIDE: u32 = 0;

impl Gate {
    /// The gate of a core that is inside, with reason 1.
    pub const INSIDE: Gate = Gate(AtomicU32::new(1));

    /// The core is inside from now on. What it did before, whoever sees it there sees too.
    #[inline(always)]
    pub fn enter(&self, reason: u32) {
        self.0.store(reason, Ordering::Release);
    }

    /// The core, which holds the kernel's lock, goes to a program when it has given the lock back.
    #[inline(always)]
    pub fn leave(&self) {
        self.0.store(OUTSIDE, Ordering::Relaxed);
    }

    /// The reason of a core that is inside.
    pub fn reason(&self) -> Option<u32> {
        match self.0.load(Ordering::Acquire) {
            OUTSIDE => None,
            reason => Some(reason),
        }
    }

    /// Waits until the core is inside. It must have been interrupted.
    pub fn wait(&self) -> u32 {
        loop {
            match self.reason() {
                Some(reason) => return reason,
                None => pause(),
            }
        }
    }
}
