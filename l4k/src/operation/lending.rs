//! Scheduling contexts that travel with calls: lent to a server that has none, back with the answer.
//!
//! At each moment one thread has a context, and it is one of these:
//!
//! 1. The thread that it is bound to.
//! 2. The server of an owed reply object whose loan has the context's number. It has the context from the caller. An
//!    answer brings it there. Callers that have borrowed it themselves, and so on up to the owner, are in the same
//!    state.
//! 3. A server in which it is *overdue*: its caller was cancelled, stopped or destroyed, and the server works on. It
//!    goes back when the server receives next or is destroyed.
//!
//! A claim is the number in a reply object or in [`Overdue`]. A context that leaves this order, since it is taken away
//! or goes home past somebody, gets a new number. So no claim outlives what it was for, and none finds a context that
//! was lent anew.

use super::reply::Answer;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::reply::{Loan, ReplyState};
use crate::object::sched_context::{Binding, Owner, SchedContext};
use crate::object::thread::{Overdue, State, Thread};
use l4k_sys::Error;

/// Threads and their debts, in all, among which a lender is looked for when those before it do not need their time any
/// more. The search has no preemption point.
const LENDERS_MAX: u32 = 64;

/// How a call ends that time may have come with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an answer, or since there can be none: the server or its reply object is gone.
    Answered,
    /// The caller does not wait any more: it is cancelled, stopped or destroyed. The server knows nothing of it and
    /// works on.
    CallerLeft,
}

impl<A: Arch> System<A> {
    /// Whether a caller's time can go along to a receiver: one without time of its own works for callers of its core
    /// only.
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

    /// The same for a caller that is queued, and a receiver that gives an answer before it receives: that may take its
    /// time away, and so does the receive with time that came with a signal. The caller's own time may have been taken
    /// since it called. A server without time that received it would not run again, and would serve nobody.
    ///
    /// # Errors
    /// `WrongCore`.
    pub fn check_core_to_be(
        &self,
        caller: Ref<Thread>,
        receiver: Ref<Thread>,
        answer: Option<Answer>,
    ) -> Result<(), Error> {
        let brings_time = self.core_of(caller) == Some(self.store.get(receiver).core);
        match brings_time || self.keeps_time(receiver, answer) {
            true => Ok(()),
            false => Err(Error::WrongCore),
        }
    }

    /// Whether a thread still has the time that it runs on when it has given an answer and receives.
    #[inline(never)]
    fn keeps_time(&self, thread: Ref<Thread>, answer: Option<Answer>) -> bool {
        let Thread { running_on: Some(time), replies: mut owed, .. } = *self.store.get(thread) else { return false };
        if let Some(Answer { reply, .. }) = answer
            && let ReplyState::Owed { server, next, previous, loan, .. } = self.store.get(reply).state
        {
            if server == thread && loan == Loan::of(self.store.get(time).binding) {
                return false;
            }
            if server == thread && previous.is_none() {
                owed = next;
            }
        }
        if self.is_overdue(thread, time) {
            return false;
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

    /// What becomes of the time that a caller had lent to a server, now that their call ends. If it is with the server,
    /// it goes back, or is overdue if the server works on. If it is still to come back to the server, it is overdue
    /// then.
    pub fn end_loan(&mut self, caller: Ref<Thread>, server: Ref<Thread>, binding: Binding, ending: Ending) {
        let Thread { running_on, state, overdue_from, .. } = *self.store.get(server);
        match running_on.filter(|context| self.store.get(*context).binding == Some(binding)) {
            Some(context) if ending == Ending::Answered || matches!(state, State::Receiving { .. }) => {
                self.bring(context, Some(caller));
            }
            None if !self.has_lent(state, binding) && !self.keeps_overdue(overdue_from, binding) => (),
            _ => self.make_overdue(server, Overdue { binding, lender: Some(caller) }),
        }
    }

    /// Whether a thread is to give a context back.
    fn keeps_overdue(&self, thread: Option<Ref<Thread>>, binding: Binding) -> bool {
        let overdue = thread.and_then(|thread| self.store.get(thread).overdue);
        overdue.is_some_and(|overdue| overdue.binding == binding)
    }

    /// Whether a thread in a state waits for a call with which it has lent time.
    fn has_lent(&self, state: State, binding: Binding) -> bool {
        let State::AwaitingReply { reply, .. } = state else { return false };
        matches!(self.store.get(reply).state, ReplyState::Owed { loan, .. } if loan == Loan::Lent(binding))
    }

    /// A server has time that is not lent to it any more. A lender waits for one such time only: it has been given
    /// other time since it lent an earlier one, which goes to whom it is bound to.
    fn make_overdue(&mut self, server: Ref<Thread>, overdue: Overdue) {
        let _ = self.forget_overdue(server);
        if let Some(lender) = overdue.lender {
            self.forget_lender(lender);
            self.store.get_mut(lender).overdue_from = Some(server);
        }
        self.store.get_mut(server).overdue = Some(overdue);
    }

    /// No time is overdue to a thread any more.
    pub fn forget_lender(&mut self, lender: Ref<Thread>) {
        if let Some(server) = self.store.get_mut(lender).overdue_from.take()
            && let Some(overdue) = &mut self.store.get_mut(server).overdue
        {
            overdue.lender = None;
        }
    }

    fn forget_overdue(&mut self, server: Ref<Thread>) -> Option<Overdue> {
        let overdue = self.store.get_mut(server).overdue.take()?;
        if let Some(lender) = overdue.lender {
            self.store.get_mut(lender).overdue_from = None;
        }
        Some(overdue)
    }

    /// Whether a thread has time that its lender, who has left, is to get back.
    pub(super) fn is_overdue(&self, thread: Ref<Thread>, time: Ref<SchedContext>) -> bool {
        let binding = self.store.get(time).binding;
        binding.is_some_and(|binding| self.keeps_overdue(Some(thread), binding))
    }

    /// A server that receives, or is destroyed, gives back what is overdue.
    pub fn give_back_overdue(&mut self, server: Ref<Thread>) {
        let Some(overdue) = self.forget_overdue(server) else { return };
        let Thread { running_on, overdue_from, .. } = *self.store.get(server);
        match running_on.filter(|context| self.store.get(*context).binding == Some(overdue.binding)) {
            Some(context) => self.bring(context, overdue.lender),
            None => self.redirect(overdue_from, overdue),
        }
    }

    /// Time that is still to come back to a server, which will not be there or has other time, is overdue to who lent
    /// it to the server.
    fn redirect(&mut self, keeper: Option<Ref<Thread>>, to: Overdue) {
        if let Some(keeper) = keeper
            && self.keeps_overdue(Some(keeper), to.binding)
        {
            self.make_overdue(keeper, to);
        }
    }

    /// Takes a context from who runs on it to who lent it. A thread that is gone, or was given other time meanwhile,
    /// leaves it to who lent it to that thread, and so on. If nobody is known, it goes home to the thread that it is
    /// bound to, past whoever passed it on: they have no claim to it any more.
    fn bring(&mut self, context: Ref<SchedContext>, to: Option<Ref<Thread>>) {
        self.detach_context(context);
        let (mut next, mut steps) = (to, LENDERS_MAX);
        while let Some(thread) = next {
            if self.lacks(thread, context) {
                self.attach_context(thread, context);
                return;
            }
            next = self.pass_over(thread, context, &mut steps);
        }
        self.number_anew(context);
        if let Owner::Thread(owner) = self.store.get(context).owner
            && self.store.get(owner).running_on.is_none()
        {
            self.attach_context(owner, context);
        }
    }

    /// Who has lent a context to a thread, which does not get it back in between. Nobody, when all steps of the search
    /// are taken.
    fn pass_over(&mut self, thread: Ref<Thread>, context: Ref<SchedContext>, steps: &mut u32) -> Option<Ref<Thread>> {
        *steps = steps.checked_sub(1)?;
        if self.is_overdue(thread, context) {
            return self.forget_overdue(thread)?.lender;
        }
        let lent = Loan::of(self.store.get(context).binding);
        let mut next = self.store.get(thread).replies;
        while let ReplyState::Owed { caller, next: after, loan, .. } = &mut self.store.get_mut(next?).state {
            if *loan == lent {
                *loan = Loan::None;
                return Some(*caller);
            }
            next = *after;
            *steps = steps.checked_sub(1)?;
        }
        None
    }

    /// Whether a thread has no time, and none of its own but this to come.
    fn lacks(&self, thread: Ref<Thread>, context: Ref<SchedContext>) -> bool {
        let Thread { running_on, own_context, .. } = *self.store.get(thread);
        running_on.is_none() && own_context.is_none_or(|own| own == context)
    }
}
