//! `signal` to a notification that nobody waits for, or one thread: the word is kept, or given to it.

use super::checks::Cores;
use super::message::{Delivered, Results};
use super::waking::Waking;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::capability::Capability;
use crate::object::notification::Notification;
use crate::object::thread::{QueueLinks, State, Thread, Use};
use crate::operation::system::System;
use l4k_sys::abi::Rights;

impl<A: Arch> System<A> {
    /// A signal of the current thread. Who runs then; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_signal(&mut self, here: CoreNumber, cores: Cores, address: u64) -> Option<Delivered> {
        let caller = self.core(here).current.filter(|_| self.is_decided(here, cores))?;
        let Capability::Notification { rights, object, badge } = self.fast_capability(caller, address) else {
            return None;
        };
        let Notification { life, bound, queue, word, .. } = *self.store.get(object);
        if !rights.contains(Rights::SIGNAL) || life != Life::Alive || self.receives(bound) {
            return None;
        }
        let word = word | if badge.is_set() { badge.value() } else { 1 };
        let Some(thread) = queue.first else {
            self.store.get_mut(object).word = word;
            return Some(Delivered { thread: caller, units: Use::No, results: Results::Success });
        };
        if !self.is_only(thread) {
            return None;
        }
        let results = Results::Signals(word);
        match self.check_waking(here, cores, caller, thread)? {
            Waking::Now(preemption) => {
                self.store.get_mut(object).empty();
                Some(self.wake_now(here, caller, thread, preemption, results))
            }
            Waking::Later(priority) => {
                self.store.get_mut(object).empty();
                Some(self.wake_later(here, caller, thread, priority, results))
            }
        }
    }

    /// Whether a bound thread is in a receive, which returns with the signal.
    #[inline(always)]
    fn receives(&self, bound: Option<Ref<Thread>>) -> bool {
        bound.is_some_and(|thread| matches!(self.store.get(thread).state, State::Receiving { .. }))
    }

    /// Whether a thread that waits is the only one in its queue.
    #[inline(always)]
    fn is_only(&self, thread: Ref<Thread>) -> bool {
        let QueueLinks { next, below, .. } = self.store.get(thread).links;
        next == Some(thread) && below.is_none()
    }
}
