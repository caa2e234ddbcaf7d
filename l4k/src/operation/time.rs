//! Scheduling contexts as objects: filling and asking.

use super::system::System;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::base::time::Ticks;
use crate::object::sched_context::SchedContext;
use crate::object::thread::{State, Suspension, Thread};
use l4k_sys::Error;
use l4k_sys::abi::ThreadState;

/// Shortest budget in nanoseconds: below it the timer interrupt would be most of the time.
pub const BUDGET_MIN: u64 = 10_000;

/// Longest budget in nanoseconds: an hour.
pub const BUDGET_MAX: u64 = 3_600_000_000_000;

impl<A: Arch> System<A> {
    /// Fills a context with time of a core.
    ///
    /// # Errors
    /// `InvalidTime` outside [`BUDGET_MIN`]..=[`BUDGET_MAX`], above the period, or of a period above [`BUDGET_MAX`].
    pub fn configure_context(
        &mut self,
        context: Ref<SchedContext>,
        core: CoreNumber,
        budget: u64,
        period: u64,
    ) -> Result<(), Error> {
        if !(BUDGET_MIN..=period).contains(&budget) || period > BUDGET_MAX {
            return Err(Error::InvalidTime);
        }
        let rate = self.store.machine.ticks_per_second();
        let ticks = |nanoseconds| rate.ticks(nanoseconds).filter(|ticks| *ticks != Ticks(0)).ok_or(Error::InvalidTime);
        let (budget, period) = (ticks(budget)?, ticks(period)?);
        self.least = ticks(BUDGET_MIN)?;
        self.take_from_borrower(context);
        let thread = self.store.get(context).thread;
        self.detach_context(context);
        self.settle_payer(context);
        let now = self.store.machine.now();
        let object = self.store.get_mut(context);
        object.core = core;
        object.fill(budget, period, now);
        if let Some(thread) = thread {
            self.attach_context(thread, context);
        }
        Ok(())
    }

    /// Budget, period and time used, in nanoseconds.
    #[must_use]
    pub fn query_context(&self, context: Ref<SchedContext>) -> [u64; 7] {
        let rate = self.store.machine.ticks_per_second();
        let object = self.store.get(context);
        let [budget, period] = [object.budget, object.period].map(|ticks| rate.nanoseconds(ticks));
        [budget, period, rate.nanoseconds(self.used(context)), 0, 0, 0, 0]
    }

    /// Time used, that of a running thread up to now included.
    fn used(&self, context: Ref<SchedContext>) -> Ticks {
        let object = self.store.get(context);
        let core = self.core(object.core);
        let running = object.thread.is_some() && core.current == object.thread;
        let since = if running { self.store.machine.now().since(core.charged_until) } else { Ticks(0) };
        Ticks(object.consumed.0.saturating_add(since.0))
    }

    /// State, priorities, time used in nanoseconds, instruction pointer.
    #[must_use]
    pub fn query_thread(&self, thread: Ref<Thread>) -> [u64; 7] {
        let object = self.store.get(thread);
        let state = match object.state {
            State::Suspended(Suspension::Faulted) => ThreadState::Faulted,
            State::Suspended(_) => ThreadState::Suspended,
            State::Ready if object.running_on.is_none() => ThreadState::NoContext,
            State::Ready => ThreadState::Ready,
            State::Calling { .. } | State::AwaitingReply { .. } if !object.fault.is_none() => ThreadState::Faulted,
            State::Calling { .. } => ThreadState::Calling,
            State::AwaitingReply { .. } => ThreadState::AwaitingReply,
            State::Receiving { .. } => ThreadState::Receiving,
            State::Waiting { .. } => ThreadState::Waiting,
        };
        let priorities = u64::from(object.priority) | u64::from(object.maximum_priority) << 8;
        let context = object.own_context.or(object.running_on);
        let rate = self.store.machine.ticks_per_second();
        let used = context.map_or(0, |context| rate.nanoseconds(self.used(context)));
        [state as u64, priorities, used, object.context.last_pc(), 0, 0, 0]
    }
}
