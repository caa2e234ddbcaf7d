//! `signal` to a notification that nobody waits for, or one thread: the word is kept, or given to it.

use super::checks::Cores;
use super::switch::Switched;
use super::waking::Waking;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::capability::Capability;
use crate::object::endpoint::ThreadQueue;
use crate::object::notification::Notification;
use crate::object::thread::{QueueLinks, State, Thread, Use};
use crate::operation::system::System;
use l4k_sys::abi::{Arrival, Rights};

impl<A: Arch> System<A> {
    /// A signal of the current thread. Who runs then, with its results in its context; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_signal(&mut self, here: CoreNumber, cores: Cores, address: u64) -> Option<Switched> {
        let caller = self.core(here).current.filter(|_| self.is_decided(here, cores))?;
        let Capability::Notification { rights, object, badge } = self.fast_capability(caller, address) else {
            return None;
        };
        let Notification { life, bound, queue, word, .. } = *self.store.get(object);
        if !rights.contains(Rights::SIGNAL) || life != Life::Alive || self.receives(bound) {
            return None;
        }
        let word = word | if badge.is_set() { badge.value() } else { 1 };
        let switched = match queue.first {
            None => {
                self.store.get_mut(object).word = word;
                Switched { thread: caller, units: Use::No }
            }
            Some(thread) => {
                let waking = self.check_waking_alone(here, cores, caller, thread)?;
                let object = self.store.get_mut(object);
                (object.word, object.queue) = (0, ThreadQueue { first: None });
                let woken = self.store.get_mut(thread);
                woken.links = QueueLinks::default();
                woken.context.set_results(Arrival::Notification as u64, [0; 7], word);
                self.commit_waking(here, waking)
            }
        };
        self.store.get_mut(caller).context.set_results(0, [0; 7], 0);
        Some(switched)
    }

    /// Whether a bound thread is in a receive, which returns with the signal.
    #[inline(always)]
    fn receives(&self, bound: Option<Ref<Thread>>) -> bool {
        bound.is_some_and(|thread| matches!(self.store.get(thread).state, State::Receiving { .. }))
    }

    /// How the only thread of a queue would wake.
    #[inline(always)]
    fn check_waking_alone(
        &self,
        here: CoreNumber,
        cores: Cores,
        by: Ref<Thread>,
        thread: Ref<Thread>,
    ) -> Option<Waking> {
        let QueueLinks { next, below, .. } = self.store.get(thread).links;
        if next != Some(thread) || below.is_some() {
            return None;
        }
        self.check_waking(here, cores, by, thread)
    }
}
