//! Scheduling contexts: processor time.

use super::notification::Notification;
use super::refills::Refills;
use super::thread::Thread;
use crate::base::address::Badge;
use crate::base::arch::CoreNumber;
use crate::base::store::{Object, Ref};
use crate::base::time::{Instant, Ticks};
use core::num::NonZeroU64;

/// What a context is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Owner {
    /// Nothing.
    Nobody = 0,
    /// This thread runs on it, or has lent it.
    Thread(Ref<Thread>),
    /// A thread without time that takes a signal of this notification runs on it until it waits again.
    Notification(Ref<Notification>),
}

/// The number by which those know a context who have claims to it, since they have lent it and wait for it. No other has the same number. The
/// context gets a new one when it is bound, when it is taken away, and when it goes home past one of them: then the claims are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Binding(pub NonZeroU64);

/// A scheduling context. Budget 0 until SchedControl fills it. Zero bytes are a new one.
#[derive(Debug)]
#[repr(align(128))]
pub struct SchedContext {
    /// Capabilities to it.
    pub references: u32,
    /// The core whose time it is.
    pub core: CoreNumber,
    /// Time per period.
    pub budget: Ticks,
    /// Length of a period.
    pub period: Ticks,
    /// When how much of the budget may be used.
    pub refills: Refills,
    /// Time used since it was made.
    pub consumed: Ticks,
    /// The thread that runs on it now.
    pub thread: Option<Ref<Thread>>,
    /// What it was bound to.
    pub owner: Owner,
    /// What those know it by who have lent it; `None` before it was bound.
    pub binding: Option<Binding>,
    /// What timeout faults call it.
    pub badge: Badge,
}

impl Object for SchedContext {
    const BITS: u8 = 7;
}

/// What using time comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// There is more to be used now.
    GoesOn,
    /// The slice is over, or the budget is used up for now.
    Over,
}

impl SchedContext {
    /// Whether the budget is all of the time: then it is a slice that begins anew when it is over, and there is nothing to wait for.
    #[must_use]
    pub const fn is_slice(&self) -> bool {
        self.budget.0 == self.period.0
    }

    /// Fills it with a budget, all of it at once.
    pub fn fill(&mut self, budget: Ticks, period: Ticks, now: Instant) {
        (self.budget, self.period) = (budget, period);
        self.refills = Refills::full(budget, if self.is_slice() { Instant(0) } else { now });
    }

    /// A thread runs on it from now on.
    pub fn begin(&mut self, now: Instant) {
        if !self.is_slice() {
            self.refills.begin(now);
        }
    }

    /// Takes off what was used up to now.
    #[inline(always)]
    pub fn use_up(&mut self, used: Ticks, now: Instant, least: Ticks) -> Turn {
        self.consumed = Ticks(self.consumed.0.saturating_add(used.0));
        if self.is_slice() && used < self.refills.first().amount {
            self.refills.shorten(used);
            return Turn::GoesOn;
        }
        self.use_refills(used, now, least)
    }

    #[inline(never)]
    fn use_refills(&mut self, used: Ticks, now: Instant, least: Ticks) -> Turn {
        if self.is_slice() {
            self.restart();
            return Turn::Over;
        }
        self.refills.charge(used, self.period, least);
        if self.refills.first().release > now { Turn::Over } else { Turn::GoesOn }
    }

    /// Takes off what was used of a slice, of which something is left.
    #[inline(always)]
    pub const fn use_slice(&mut self, used: Ticks, left: Ticks) {
        self.consumed = Ticks(self.consumed.0.wrapping_add(used.0));
        self.refills.restart(left);
    }

    /// Begins a slice anew.
    #[inline(always)]
    pub const fn restart(&mut self) {
        self.refills.restart(self.budget);
    }

    /// Gives up the rest of the slice, or of the first refill.
    pub fn give_up(&mut self, least: Ticks) {
        if self.is_slice() {
            self.restart();
        } else {
            self.refills.give_up(self.period, least);
        }
    }
}
