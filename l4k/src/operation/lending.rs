//! Scheduling contexts that travel with calls: lent to a server that has none, back with whatever ends the call.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::reply::{Loan, ReplyState};
use crate::object::sched_context::{Binding, SchedContext};
use crate::object::thread::{State, Thread};
use l4k_sys::Error;

/// Calls in a chain up to which time that was passed on is found when a call in the middle is cancelled. Of a longer chain it comes back
/// with the answers.
const CALLS_MAX: u32 = 64;

impl<A: Arch> System<A> {
    /// Whether a caller's time can go along to a receiver: one without time of its own works for callers of its core only.
    ///
    /// # Errors
    /// `WrongCore`.
    pub fn check_core(&self, caller: Ref<Thread>, receiver: Ref<Thread>) -> Result<(), Error> {
        let Thread { running_on, core, .. } = *self.store.get(receiver);
        match self.core_of(caller) {
            Some(own) if running_on.is_none() && own != core => Err(Error::WrongCore),
            _ => Ok(()),
        }
    }

    /// Lends the caller's context to a server that has none. The caller is not ready any more.
    pub fn lend(&mut self, caller: Ref<Thread>, server: Ref<Thread>) -> Loan {
        if self.store.get(server).running_on.is_some() {
            return Loan::None;
        }
        let Some(context) = self.store.get(caller).running_on else { return Loan::None };
        self.detach_context(context);
        self.attach_context(server, context);
        Loan::of(self.store.get(context).binding)
    }

    /// Brings back what the caller of a call that is over had lent: its own context from wherever it went, or, if it had only borrowed
    /// the time itself, the time from the server, or from whom that has passed it on to. A caller that was given other time
    /// meanwhile leaves it to whoever lent it first.
    pub fn take_back(&mut self, caller: Ref<Thread>, server: Ref<Thread>, binding: Binding) {
        let own =
            self.store.get(caller).own_context.filter(|context| self.store.get(*context).binding == Some(binding));
        if let Some(context) = own.or_else(|| self.find_lent(server, binding)) {
            self.detach_context(context);
            if self.store.get(caller).running_on.is_none() {
                self.attach_context(caller, context);
            }
        }
    }

    /// The context of a binding, with a server or with those that it waits for, one through the other.
    fn find_lent(&self, server: Ref<Thread>, binding: Binding) -> Option<Ref<SchedContext>> {
        let mut holder = server;
        for _ in 0..CALLS_MAX {
            let thread = self.store.get(holder);
            if let Some(context) = thread.running_on
                && self.store.get(context).binding == Some(binding)
            {
                return Some(context);
            }
            let State::AwaitingReply { reply, .. } = thread.state else { return None };
            let ReplyState::Owed { server, .. } = self.store.get(reply).state else { return None };
            holder = server;
        }
        None
    }
}
