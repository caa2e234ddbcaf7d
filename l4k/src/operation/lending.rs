//! Scheduling contexts that travel with calls: lent to a server that has none, back with whatever ends the call.

use super::reply::Answer;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::reply::{Loan, ReplyState};
use crate::object::sched_context::{Binding, Owner, SchedContext};
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

    /// The same for a caller that is queued, and a receiver that gives an answer before it receives: that may take its time away, and so
    /// does the receive with time that came with a signal.
    ///
    /// # Errors
    /// `WrongCore`.
    pub fn check_core_to_be(
        &self,
        caller: Ref<Thread>,
        receiver: Ref<Thread>,
        answer: Option<Answer>,
    ) -> Result<(), Error> {
        match self.core_of(caller) {
            Some(own) if own != self.store.get(receiver).core && !self.keeps_time(receiver, answer) => {
                Err(Error::WrongCore)
            }
            _ => Ok(()),
        }
    }

    /// Whether a thread still has the time that it runs on when it has given an answer and receives.
    fn keeps_time(&self, thread: Ref<Thread>, answer: Option<Answer>) -> bool {
        let Thread { running_on: Some(time), replies: mut owed, .. } = *self.store.get(thread) else { return false };
        if let Some(Answer { reply, .. }) = answer
            && let ReplyState::Owed { caller, server, next, previous, loan, .. } = self.store.get(reply).state
        {
            if let Loan::Lent(binding) = loan
                && self.lent(caller, server, binding) == Some(time)
            {
                return false;
            }
            if server == thread && previous.is_none() {
                owed = next;
            }
        }
        owed.is_some() || !matches!(self.store.get(time).owner, Owner::Notification(_))
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
        if let Some(context) = self.lent(caller, server, binding) {
            self.detach_context(context);
            if self.store.get(caller).running_on.is_none() {
                self.attach_context(caller, context);
            }
        }
    }

    /// What a caller has lent to a server and gets back.
    fn lent(&self, caller: Ref<Thread>, server: Ref<Thread>, binding: Binding) -> Option<Ref<SchedContext>> {
        let own = self.store.get(caller).own_context;
        let own = own.filter(|context| self.store.get(*context).binding == Some(binding));
        own.or_else(|| self.find_lent(server, binding))
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
