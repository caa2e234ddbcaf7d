//! Processor time: contexts that carry it, and the authority to fill them.

use super::{Notification, Thread};
use crate::abi::{Error, SystemCall};
use crate::quantity::Nanoseconds;
use crate::system::{perform, query};

/// A capability to a scheduling context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct SchedContext(u64);

/// What a scheduling context says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedContextStatus {
    /// Time per period.
    pub budget: Nanoseconds,
    /// The period.
    pub period: Nanoseconds,
    /// Time used in all.
    pub consumed: Nanoseconds,
}

impl SchedContext {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> SchedContext {
        SchedContext(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Lets a thread run on this context.
    ///
    /// # Errors
    /// `AlreadyBound` if one of the two is bound.
    pub fn bind(self, thread: Thread) -> Result<(), Error> {
        perform(SystemCall::SchedContextBind, [self.0, thread.slot()])
    }

    /// Lets a thread without time run on this context when it takes a signal of the notification (with the wait right), until it waits or
    /// receives again.
    ///
    /// # Errors
    /// `AlreadyBound` if one of the two is bound.
    pub fn bind_to_signals(self, notification: Notification) -> Result<(), Error> {
        perform(SystemCall::SchedContextBind, [self.0, notification.slot()])
    }

    /// Sets what timeout faults call this context.
    ///
    /// # Errors
    /// None of its own.
    pub fn set_badge(self, badge: u64) -> Result<(), Error> {
        perform(SystemCall::SchedContextSetBadge, [self.0, badge])
    }

    /// Takes the context away from its thread or its notification, and from the server that works on it for that
    /// thread. The server gets a timeout fault.
    ///
    /// # Errors
    /// `NotBound`.
    pub fn unbind(self) -> Result<(), Error> {
        perform(SystemCall::SchedContextUnbind, [self.0])
    }

    /// Its budget, its period, and what was used.
    ///
    /// # Errors
    /// None of its own.
    pub fn query(self) -> Result<SchedContextStatus, Error> {
        let [_, budget, period, consumed, ..] = query(SystemCall::SchedContextQuery, [self.0])?;
        let [budget, period, consumed] = [budget, period, consumed].map(Nanoseconds::new);
        Ok(SchedContextStatus { budget, period, consumed })
    }
}

/// A capability to the processor time of one core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct SchedControl(u64);

impl SchedControl {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> SchedControl {
        SchedControl(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Fills a context with time of this core: `budget` in every `period`. A server that works on it for a client loses
    /// it, and gets a timeout fault. The context goes home.
    ///
    /// # Errors
    /// `InvalidTime` if the budget is 0 or above the period, or a time is out of range.
    pub fn configure(self, context: SchedContext, budget: Nanoseconds, period: Nanoseconds) -> Result<(), Error> {
        let arguments = [self.0, context.slot(), budget.count(), period.count()];
        perform(SystemCall::SchedControlConfigure, arguments)
    }
}
