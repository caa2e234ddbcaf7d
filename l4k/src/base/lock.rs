//! How cores share the kernel: one lock, and for each core a gate that tells whether it is in a program.
//!
//! A core that comes from a program takes a [`Ticket`], then enters its gate, then waits for its turn. It leaves the gate while it still holds the
//! lock. So whoever holds the lock and sees a core inside its gate, which has left it since its last turn, knows two things: the core has
//! stored its program's registers, and it has its turn before anybody who asks later. A core that did not leave its gate in its last turn,
//! because it is idle or in firmware, has no registers of a program either, but asks when it likes.
#![allow(unsafe_code)]

use super::sync::{AtomicU32, Cell, Ordering, pause};
use super::turns::Turns;

/// A fair queue lock (ticket lock) around a value that one core at a time may use, in the order of asking.
#[derive(Debug)]
pub struct TicketLock<T> {
    turns: Turns,
    shared: AtomicU32,
    value: Cell<T>,
}

/// A place in the queue of a lock. It has to be used: those behind it wait for it.
#[must_use]
#[derive(Debug)]
pub struct Ticket<'a, T> {
    lock: &'a TicketLock<T>,
    /// `None`: there is one core, which has no other ticket.
    number: Option<u32>,
}

// SAFETY: `with` gives out one `&mut T` at a time (it waits until its own ticket is served and serves the next one only after the
// borrow ended), so sharing the lock moves the value between cores at most, which `T: Send` allows.
unsafe impl<T: Send> Sync for TicketLock<T> {}

impl<T> TicketLock<T> {
    /// A free lock.
    pub const fn new(value: T) -> Self {
        Self { turns: Turns::new(), shared: AtomicU32::new(0), value: Cell::new(value) }
    }

    /// There may be more than one core from now on. The only one there is calls this, while it holds no ticket, before it lets others in.
    pub fn share(&self) {
        self.shared.store(1, Ordering::Relaxed);
    }

    /// Runs `work` with the value, without looking whether there is one core.
    ///
    /// # Safety
    /// Nobody has called [`share`](Self::share), and `work` does not ask for the lock.
    #[inline(always)]
    pub unsafe fn with_alone<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        Ticket { lock: self, number: None }.with(work)
    }

    /// Joins the queue. As long as there is one core, there is none.
    #[inline(always)]
    pub fn ask(&self) -> Ticket<'_, T> {
        let is_shared = self.shared.load(Ordering::Relaxed) != 0;
        Ticket { lock: self, number: if is_shared { Some(self.turns.join()) } else { None } }
    }

    /// Whether somebody waits behind the one whose turn it is.
    #[inline(always)]
    pub fn is_wanted(&self) -> bool {
        self.turns.is_wanted()
    }
}

impl<T> Ticket<'_, T> {
    /// Runs `work` with the value when it is the ticket's turn. Waits for every core that asked before; each holds the lock for a bounded time.
    #[inline(always)]
    pub fn with<R>(self, work: impl FnOnce(&mut T) -> R) -> R {
        let turns = &self.lock.turns;
        if let Some(number) = self.number {
            turns.wait_for(number);
        }
        // SAFETY: with a number: it is its turn, which this lock has given out and nobody else has (2^32 cores would have to wait for one to
        // come twice), and the turn ends only below: nobody else is in here. Without: nobody has called `share`, so that this is the only
        // core; and it asks for no second ticket in `work`, as it would wait for itself for ever if there were two.
        let result = self.lock.value.with_mut(|value| work(unsafe { &mut *value }));
        if self.number.is_some() {
            turns.pass_on();
        }
        result
    }

    /// Whether others can see where this core is.
    #[inline(always)]
    pub fn is_shared(&self) -> bool {
        self.number.is_some()
    }
}

/// Where a core is, for the others: in a program, or inside, and what brought it in.
#[derive(Debug)]
pub struct Gate(AtomicU32);

/// The core is in a program.
const OUTSIDE: u32 = 0;

impl Gate {
    /// The gate of a core that is inside, with reason 1.
    pub const fn inside() -> Gate {
        Gate(AtomicU32::new(1))
    }

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

#[cfg(test)]
mod tests {
    extern crate std;

    use super::TicketLock;

    #[test]
    fn increments_of_many_threads_are_all_seen() {
        const THREADS: u64 = 4;
        const ROUNDS: u64 = 1000;
        let lock = TicketLock::new(0);
        lock.share();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..ROUNDS).for_each(|_| lock.ask().with(|value| *value += 1)));
            }
        });
        assert_eq!(lock.ask().with(|value| *value), THREADS * ROUNDS);
    }

    #[test]
    fn lock_is_wanted_while_somebody_waits() {
        let lock = TicketLock::new(());
        lock.share();
        let (first, second) = (lock.ask(), lock.ask());
        assert!(first.with(|()| lock.is_wanted()));
        assert!(!second.with(|()| lock.is_wanted()));
    }

    #[test]
    fn one_core_has_no_queue() {
        let lock = TicketLock::new(1);
        let ticket = lock.ask();
        assert!(!ticket.is_shared());
        assert_eq!(ticket.with(|value| core::mem::replace(value, 2)), 1);
        lock.share();
        let ticket = lock.ask();
        assert!(ticket.is_shared());
        assert_eq!(ticket.with(|value| *value), 2);
    }
}
