//! Time as the documents have it: what a budget and a period promise, kept in a plain list.
//!
//! A context whose budget is its period is a slice: used up, it begins anew. Any other has refills, each an amount and the instant from which on it
//! may be used; what is used comes back one period after its use began.

use super::state::Context;

/// Most refills of a context.
const REFILLS: usize = 4;

/// Shortest budget, and so the least that is worth a switch of threads.
const LEAST: u64 = 10_000;

/// Whether a thread may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It may.
    Some,
    /// Its slice is over, or its budget used up for now.
    Nothing,
}

impl Context {
    /// Whether it is a slice.
    #[must_use]
    pub const fn is_slice(&self) -> bool {
        self.budget == self.period
    }

    /// From when on it may be used.
    #[must_use]
    pub fn release(&self) -> u64 {
        self.refills.first().map_or(0, |(release, _)| *release)
    }

    /// How much may be used at a stretch.
    #[must_use]
    pub fn stretch(&self) -> u64 {
        self.refills.first().map_or(0, |(_, amount)| *amount)
    }

    /// A budget, all of it at once.
    pub fn fill(&mut self, now: u64) {
        self.refills = vec![(if self.is_slice() { 0 } else { now }, self.budget)];
    }

    /// A thread begins to run on it: what was released long ago counts from now, together with what is released while that is used.
    pub fn begin(&mut self, now: u64) {
        if self.is_slice() || self.release() >= now {
            return;
        }
        self.refills[0].0 = now;
        while self.refills.len() > 1 && self.refills[1].0 <= now + self.refills[0].1 {
            let (_, more) = self.refills.remove(1);
            self.refills[0].1 += more;
        }
    }

    /// Time was used.
    pub fn consume(&mut self, used: u64, now: u64) -> Left {
        self.consumed += used;
        if self.is_slice() {
            let rest = self.stretch().saturating_sub(used);
            self.refills = vec![(0, if rest == 0 { self.budget } else { rest })];
            return if rest == 0 { Left::Nothing } else { Left::Some };
        }
        self.take_off(used);
        if self.release() > now { Left::Nothing } else { Left::Some }
    }

    /// The rest of the slice, or of the first refill, is given up.
    pub fn give_up(&mut self) {
        if self.is_slice() {
            self.refills = vec![(0, self.budget)];
        } else {
            self.take_off(self.stretch());
        }
    }

    /// Time is taken off the front and comes back a period later. What was used beyond everything that there is puts the next release off.
    fn take_off(&mut self, used: u64) {
        let mut rest = used;
        for _ in 0..REFILLS {
            let (release, amount) = self.refills[0];
            let part = amount.min(rest);
            rest -= part;
            if part == amount {
                self.refills.remove(0);
            } else {
                self.refills[0] = (release + part, amount - part);
            }
            self.come_back(release + self.period, part);
            if rest == 0 {
                break;
            }
        }
        self.refills[0].0 += rest;
        while self.refills.len() > 1 && self.refills[0].0 + self.refills[0].1 > self.refills[1].0 {
            self.join_first_two(|first, _, _| first);
        }
        while self.refills.len() > 1 && self.refills[0].1 < LEAST {
            self.join_first_two(|first, amount, second| (second - amount).max(first));
        }
    }

    /// What comes back joins the last refill if it follows at once, or if there is no place for it.
    fn come_back(&mut self, release: u64, amount: u64) {
        if amount == 0 {
            return;
        }
        let full = self.refills.len() == REFILLS;
        match self.refills.last_mut() {
            Some(last) if last.0 + last.1 >= release || full => {
                *last = (release.saturating_sub(last.1).max(last.0), last.1 + amount);
            }
            _ => self.refills.push((release, amount)),
        }
    }

    fn join_first_two(&mut self, release: impl Fn(u64, u64, u64) -> u64) {
        let (first, amount) = self.refills.remove(0);
        self.refills[0] = (release(first, amount, self.refills[0].0), amount + self.refills[0].1);
    }
}
