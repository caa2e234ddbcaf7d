//! The time that goes along when one thread takes another's place.
//!
//! Time that is lent, or given back, goes on: the same context is used, up to the same end, and nothing is accounted for. A thread with
//! time of its own ends the account of the one before it, and sets the timer to the end of its own.

use super::checks::Slice;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::object::reply::Loan;
use crate::object::sched_context::SchedContext;
use crate::object::thread::Thread;
use crate::operation::system::System;

/// What the next thread runs on.
#[derive(Clone, Copy, Debug)]
pub enum Time {
    /// The slice of the one before it.
    Same(Ref<SchedContext>),
    /// A slice of its own. That of the one before it ends here for now.
    Own(Ref<SchedContext>, Slice),
}

impl<A: Arch> System<A> {
    /// Time for a thread on its own slice after this one. `None` if it has none, or if the timer is to be set to something else than its end.
    #[inline(always)]
    pub(super) fn own_time(&self, here: CoreNumber, before: Ref<SchedContext>, own: Ref<SchedContext>) -> Option<Time> {
        let slice = self.slice_before(here, before)?;
        self.store.get(own).is_slice().then_some(Time::Own(own, slice))
    }

    /// The account of a slice before another one. `None` if the timer is to be set to something else than the other one's end.
    #[inline(always)]
    pub(super) fn slice_before(&self, here: CoreNumber, before: Ref<SchedContext>) -> Option<Slice> {
        let slice = self.use_of(here, before)?;
        self.core(here).waiting.is_none().then_some(slice)
    }

    /// Time that goes on for a thread. `None` if it is over and the machine has not said so yet, or if the timer is not set
    /// for the releases of all threads that would preempt this one.
    #[inline(always)]
    pub(super) fn same_time(&self, here: CoreNumber, context: Ref<SchedContext>, to: Ref<Thread>) -> Option<Time> {
        let core = self.core(here);
        let is_set = core.waiting.is_none() || core.timer_level <= self.store.get(to).priority;
        (is_set && !self.store.machine.is_due(core.deadline)).then_some(Time::Same(context))
    }

    /// From a thread to the next one.
    #[inline(always)]
    pub(super) fn pass_time(&mut self, here: CoreNumber, from: Ref<Thread>, to: Ref<Thread>, time: Time) -> Loan {
        match time {
            Time::Same(context) => {
                self.store.get_mut(from).running_on = None;
                self.store.get_mut(to).running_on = Some(context);
                let object = self.store.get_mut(context);
                object.thread = Some(to);
                Loan::of(object.binding)
            }
            Time::Own(own, slice) => {
                self.change_slice(here, slice, own);
                Loan::None
            }
        }
    }
    /// A slice ends for now, and another one begins.
    #[inline(always)]
    pub(super) fn change_slice(&mut self, here: CoreNumber, before: Slice, own: Ref<SchedContext>) {
        self.use_slice(here, before);
        let amount = self.store.get(own).refills.first().amount;
        let core = self.settled_core_mut(here);
        let end = core.charged_until.after(amount);
        core.deadline = end;
        core.slice = Some(own);
        self.store.machine.move_deadline(end);
    }
}
