//! Scheduling contexts that travel with calls: lent to a server that has none, back with the answer.
//!
//! At each moment at most one thread has a context, and it is one of these:
//!
//! 1. The thread that it is bound to, or one that took signals of the notification that it is bound to.
//! 2. The server of an owed reply object whose loan has the context's number. It has the context from the caller. An
//!    answer brings it there. Callers that have borrowed it themselves, and so on up to the owner, are in the same
//!    state.
//! 3. A server in which it is *overdue*: its caller was cancelled, stopped or destroyed, and the server works on. It
//!    goes back when the server receives next or is destroyed.
//!
//! A context can be taken away from a server that works on it (`SchedContextUnbind`, `SchedControlConfigure`, the end
//! of the context). The server then tells its timeout endpoint, at once if it is ready, and else when its wait is over.
//! If nobody hears of it, it has no time until somebody binds time to it.
//!
//! A thread without time of its own works for callers of its own core only. Others are refused at the call. For this an
//! endpoint remembers one core: that of the thread that received there last, if that thread had no time of its own. The
//! endpoint learns of a change when the thread receives again, or at once if the thread waits there. So a caller can be
//! queued when its server becomes passive. That is seen before the answer that precedes the receive.
//!
//! A claim is the number in a reply object or in [`Overdue`]. A context that leaves this order, since it is taken away
//! or goes home past somebody, gets a new number. So no claim outlives what it was for, and none finds a context that
//! was lent anew.

use super::fault::Handled;
use super::reply::Answer;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::kept::Kept;
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::endpoint::{Clients, Endpoint};
use crate::object::reply::{Loan, ReplyState};
use crate::object::sched_context::{Binding, Owner, SchedContext};
use crate::object::thread::{Overdue, State, Thread, Use};
use l4k_sys::Error;

/// Threads and their debts, in all, among which a lender is looked for when those before it do not need their time any
/// more. The search has no preemption point.
const LENDERS_MAX: u32 = 64;

/// The same among which those are looked for who have passed on time that is taken away. Each may have to be told.
const LOSERS_MAX: u32 = 16;

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
    /// only. If nobody waits, who received there last decides, so that no caller queues for a server that could not
    /// receive it.
    ///
    /// # Errors
    /// `WrongCore`.
    pub fn check_core(
        &self,
        caller: Ref<Thread>,
        endpoint: Ref<Endpoint>,
        receiver: Option<Ref<Thread>>,
    ) -> Result<(), Error> {
        let clients = match receiver.map(|receiver| self.store.get(receiver)) {
            Some(Thread { running_on: None, core, .. }) => Clients::of(*core),
            Some(_) => Clients::OF_ANY_CORE,
            None => self.store.get(endpoint).clients,
        };
        match clients == Clients::OF_ANY_CORE || self.core_of(caller).map(Clients::of) == Some(clients) {
            true => Ok(()),
            false => Err(Error::WrongCore),
        }
    }

    /// For whom a thread works that receives.
    pub fn clients_of(&self, receiver: Ref<Thread>) -> Clients {
        let Thread { own_context, core, .. } = *self.store.get(receiver);
        match own_context {
            Some(_) => Clients::OF_ANY_CORE,
            None => Clients::of(core),
        }
    }

    /// A thread comes to own time or loses it. If it waits for calls, its endpoint knows for whom.
    pub fn note_clients(&mut self, receiver: Ref<Thread>) {
        if let State::Receiving { endpoint, .. } = self.store.get(receiver).state {
            let clients = self.clients_of(receiver);
            let endpoint = self.store.get_mut(endpoint);
            if endpoint.life == Life::Alive {
                endpoint.clients = clients;
            }
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
    /// then, or goes past a server that has or expects other time.
    pub fn end_loan(&mut self, caller: Ref<Thread>, server: Ref<Thread>, binding: Binding, ending: Ending) {
        let Thread { running_on, state, overdue_from, .. } = *self.store.get(server);
        let (overdue, passed_on) = (Overdue { binding, lender: Some(caller) }, self.passed_on(state));
        match running_on.filter(|context| self.store.get(*context).binding == Some(binding)) {
            Some(context) if ending == Ending::Answered || matches!(state, State::Receiving { .. }) => {
                self.bring(context, Some(caller));
            }
            Some(_) => self.make_overdue(server, overdue),
            None if passed_on == Loan::Lent(binding) => self.make_overdue(server, overdue),
            None if !self.keeps_overdue(overdue_from, binding) => (),
            None if running_on.is_some() || passed_on != Loan::None => self.redirect(overdue_from, overdue),
            None => self.make_overdue(server, overdue),
        }
    }

    /// Takes a context away from a server that works on it and does not own it: it goes home. The server has lost its
    /// time, and so have those who had the context before it and passed it on.
    #[inline(never)]
    pub fn take_from_server(&mut self, context: Ref<SchedContext>, owner: Owner) {
        let Some(server) = self.store.get(context).thread.filter(|thread| owner != Owner::Thread(*thread)) else {
            return;
        };
        self.detach_context(context);
        let (mut next, mut steps) = (Some(server), LOSERS_MAX);
        while let Some(thread) = next {
            next = self.pass_over(thread, context, &mut steps);
            if owner != Owner::Thread(thread) {
                self.lose_time(thread, context);
            }
        }
        self.bring(context, None);
    }

    /// The same for a context that is filled anew, if it was lent. A thread that took it with signals keeps it: nobody
    /// else has a claim to it.
    pub fn take_from_borrower(&mut self, context: Ref<SchedContext>) {
        let SchedContext { owner, thread, .. } = *self.store.get(context);
        let came_with_signals =
            matches!(owner, Owner::Notification(_)) && thread.is_some_and(|thread| !self.is_lent(thread, context));
        if !came_with_signals {
            self.take_from_server(context, owner);
        }
    }

    /// Whether a thread has a context from somebody else: it came with a call that the thread owes an answer, or it is
    /// overdue. If the search takes too many steps, it counts as lent.
    fn is_lent(&self, thread: Ref<Thread>, context: Ref<SchedContext>) -> bool {
        if self.is_overdue(thread, context) {
            return true;
        }
        let lent = Loan::of(self.store.get(context).binding);
        let mut next = self.store.get(thread).replies;
        for _ in 0..LOSERS_MAX {
            let Some(ReplyState::Owed { next: after, loan, .. }) = next.map(|reply| self.store.get(reply).state) else {
                return false;
            };
            if loan == lent {
                return true;
            }
            next = after;
        }
        true
    }

    /// A thread learns that what it worked on was taken away: at once, or when its wait is over. One that waits for
    /// calls has no work for which it would be missing.
    #[inline(never)]
    fn lose_time(&mut self, thread: Ref<Thread>, context: Ref<SchedContext>) {
        let Thread { state, running_on: None, own_context: None, .. } = *self.store.get(thread) else { return };
        match state {
            State::Ready => self.raise_time_taken(thread, Some(context)),
            State::Receiving { .. } => (),
            _ => self.store.get_mut(thread).lost_time = Use::Yes,
        }
    }

    /// The wait of a thread is over, or it may go on. One that has lost its time tells its timeout endpoint.
    #[inline(always)]
    pub fn wake(&mut self, thread: Ref<Thread>) {
        self.make_ready(thread);
        match self.store.get(thread).running_on {
            None => self.wake_without_time(thread),
            Some(_) => self.tell_if_used_up(thread),
        }
    }

    /// A server that became ready with time of which nothing is left for now, since its client's budget ended with the
    /// call or during the wait. It would wait for the client's next refill, and its other clients with it. So it tells
    /// its timeout endpoint, as if the budget had ended in the middle of its work.
    #[inline(always)]
    pub fn tell_if_used_up(&mut self, server: Ref<Thread>) {
        if self.store.get(server).rank != 0 {
            self.tell_used_up(server);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_used_up(&mut self, server: Ref<Thread>) {
        let Thread { own_context: None, core, .. } = *self.store.get(server) else { return };
        self.release_remove(core, server);
        if self.raise_timeout(server) == Handled::ByNobody {
            self.release_insert(core, server);
        }
    }

    #[cold]
    #[inline(never)]
    fn wake_without_time(&mut self, thread: Ref<Thread>) {
        let object = self.store.get_mut(thread);
        if core::mem::replace(&mut object.lost_time, Use::No) == Use::Yes {
            self.raise_time_taken(thread, None);
        }
    }

    /// Whether a thread is to give a context back.
    fn keeps_overdue(&self, thread: Option<Ref<Thread>>, binding: Binding) -> bool {
        let overdue = thread.and_then(|thread| self.store.get(thread).overdue.get());
        overdue.is_some_and(|overdue| overdue.binding == binding)
    }

    /// The time that went along with the call for which a thread in a state waits.
    fn passed_on(&self, state: State) -> Loan {
        let State::AwaitingReply { reply, .. } = state else { return Loan::None };
        match self.store.get(reply).state {
            ReplyState::Owed { loan, .. } => loan,
            _ => Loan::None,
        }
    }

    /// A server has time that is not lent to it any more, or gets it with an answer. Other time that it was to give
    /// back goes to its lender now: the server waits, and does not need both.
    fn make_overdue(&mut self, server: Ref<Thread>, overdue: Overdue) {
        if !self.keeps_overdue(Some(server), overdue.binding) {
            self.give_back_overdue(server);
        }
        self.owe(server, overdue);
    }

    /// A lender waits for one such time only: it has been given other time since it lent an earlier one, which goes to
    /// whom it is bound to.
    fn owe(&mut self, server: Ref<Thread>, overdue: Overdue) {
        let _ = self.forget_overdue(server);
        if let Some(lender) = overdue.lender {
            self.forget_lender(lender);
            self.store.get_mut(lender).overdue_from = Some(server);
        }
        self.store.get_mut(server).overdue = Kept::This(overdue);
    }

    /// No time is overdue to a thread any more.
    pub fn forget_lender(&mut self, lender: Ref<Thread>) {
        if let Some(server) = self.store.get_mut(lender).overdue_from.take()
            && let Some(overdue) = self.store.get_mut(server).overdue.get_mut()
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
            self.owe(keeper, to);
        }
    }

    /// Takes a context from who runs on it to who lent it. A thread that is gone, or was given other time meanwhile,
    /// leaves it to who lent it to that thread, and so on. If nobody is known, it goes home to the thread that it is
    /// bound to, past whoever passed it on: they have no claim to it any more.
    #[inline(never)]
    fn bring(&mut self, context: Ref<SchedContext>, to: Option<Ref<Thread>>) {
        self.detach_context(context);
        let (mut next, mut steps) = (to, LENDERS_MAX);
        while let Some(thread) = next {
            if self.lacks(thread, context) {
                self.attach_context(thread, context);
                self.tell_if_used_up(thread);
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

    /// Whether a thread has no time, and none but this to come: neither its own nor what it has lent with a call that
    /// it waits in. One that receives already needs no time that it would have to give back.
    fn lacks(&self, thread: Ref<Thread>, context: Ref<SchedContext>) -> bool {
        let Thread { running_on, own_context, state, .. } = *self.store.get(thread);
        let gives_back = matches!(state, State::Receiving { .. }) && self.is_overdue(thread, context);
        let expects_other = self.passed_on(state) != Loan::None || own_context.is_some_and(|own| own != context);
        running_on.is_none() && !expects_other && !gives_back
    }
}
