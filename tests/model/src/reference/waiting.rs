//! Queues, and the end of what a thread waits for.

use super::state::{Context, Object, Own, Place, Reply, State, Thread, ThreadState};
use l4k_sys::Error;
use l4k_sys::abi::{FaultCause, FaultKind, Tag};

/// How a call ends that time may have come with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an answer, or nobody is left who could give one.
    Answered,
    /// The caller waits no more.
    CallerLeft,
}

impl State {
    fn queue(&mut self, thread: Object) -> Option<&mut Vec<Object>> {
        match self.threads[&thread].state {
            ThreadState::Calling { endpoint, .. } | ThreadState::Receiving { endpoint, .. } => {
                self.endpoints.get_mut(&endpoint)
            }
            ThreadState::Waiting { notification } => {
                self.notifications.get_mut(&notification).map(|notification| &mut notification.waiting)
            }
            _ => None,
        }
    }

    /// Puts a thread behind those of its priority in the queue that its state names.
    pub fn join_queue(&mut self, thread: Object) {
        let priorities: Vec<u64> = match self.queue(thread) {
            Some(queue) => queue.clone().iter().map(|other| self.threads[other].priorities[0]).collect(),
            None => return,
        };
        let own = self.threads[&thread].priorities[0];
        let place = priorities.iter().position(|priority| *priority < own).unwrap_or(priorities.len());
        if let Some(queue) = self.queue(thread) {
            queue.insert(place, thread);
        }
    }

    /// Takes a thread out of its queue.
    pub fn leave_queue(&mut self, thread: Object) {
        if let Some(queue) = self.queue(thread) {
            queue.retain(|other| *other != thread);
        }
    }

    /// Ends whatever a thread waits for, without telling it. Its state is the caller's to set.
    pub fn stop_waiting(&mut self, thread: Object, ending: Ending) {
        self.leave_queue(thread);
        match self.threads[&thread].state {
            ThreadState::Receiving { reply, .. } => {
                self.replies.insert(reply, Reply::Idle);
            }
            ThreadState::AwaitingReply { reply, .. } => self.settle(reply, ending),
            _ => (),
        }
    }

    /// Whether a thread is stopped by a fault that somebody hears of.
    #[must_use]
    pub fn calls_with_fault(&self, thread: Object) -> bool {
        matches!(
            self.threads[&thread].state,
            ThreadState::Calling { fault: true, .. } | ThreadState::AwaitingReply { fault: true, .. }
        )
    }

    /// A thread's wait is over with an error; a faulted thread stays stopped, as it was in no call.
    pub fn end_wait(&mut self, thread: Object, error: Error) {
        if self.calls_with_fault(thread) {
            self.nobody_handles(thread);
        } else {
            self.answer(thread, error.code(), [0; 7], 0);
            self.wake(thread);
        }
    }

    /// A faulted thread stays stopped.
    pub fn nobody_handles(&mut self, thread: Object) {
        let thread = self.thread(thread);
        thread.state = ThreadState::Faulted;
        thread.fault = None;
    }

    /// What a thread waits for is gone.
    pub fn peer_gone(&mut self, thread: Object) {
        let is_fault = self.calls_with_fault(thread);
        self.stop_waiting(thread, Ending::Answered);
        if is_fault {
            self.nobody_handles(thread);
        } else {
            self.answer(thread, Error::PeerGone.code(), [0; 7], 0);
            self.wake(thread);
        }
    }

    /// Stops a thread wherever it is; a call that it waits in is over.
    pub fn stop(&mut self, thread: Object, state: ThreadState) {
        let waits =
            !matches!(self.threads[&thread].state, ThreadState::Ready | ThreadState::Suspended | ThreadState::Faulted);
        let is_fault = self.calls_with_fault(thread);
        self.stop_waiting(thread, Ending::CallerLeft);
        if waits && !is_fault {
            self.answer(thread, Error::Cancelled.code(), [0; 7], 0);
        }
        let thread = self.thread(thread);
        thread.state = state;
        thread.fault = None;
    }

    /// A reply object owes nothing any more. Time that was lent goes back with an answer. If the caller has left, it stays with the server
    /// until that receives next, unless it receives already.
    pub fn settle(&mut self, reply: Object, ending: Ending) {
        let Reply::Owed { caller, server, lent, .. } = self.replies[&reply] else { return };
        self.replies.insert(reply, Reply::Idle);
        let Some(context) = lent else { return };
        let receives = matches!(self.threads[&server].state, ThreadState::Receiving { .. });
        let (has, lent) = (self.threads[&server].context, self.has_lent(server));
        if has == Some(context) {
            if ending == Ending::Answered || receives {
                self.bring(context, Some(caller));
            } else {
                self.make_overdue(server, context, caller);
            }
        } else if lent == Some(context) {
            self.make_overdue(server, context, caller);
        } else if self.keeper(context, server).is_some() {
            // It comes back to the server only if that has nothing else to work on.
            match has.or(lent) {
                Some(_) => self.redirect(context, server, Some(caller)),
                None => self.make_overdue(server, context, caller),
            }
        }
    }

    /// What a thread that waits for an answer has lent for it.
    fn has_lent(&self, thread: Object) -> Option<Object> {
        let ThreadState::AwaitingReply { reply, .. } = self.threads[&thread].state else { return None };
        match self.replies[&reply] {
            Reply::Owed { lent, .. } => lent,
            _ => None,
        }
    }

    /// A server is to give a context back. If it was to give back another one, that does not get lost: it goes back
    /// now.
    fn make_overdue(&mut self, server: Object, context: Object, lender: Object) {
        if self.threads[&server].overdue.is_some_and(|(other, _)| other != context) {
            self.give_back_overdue(server);
        }
        self.owe(server, context, lender);
    }

    /// A thread waits for one context only that others have kept: for the last.
    fn owe(&mut self, server: Object, context: Object, lender: Object) {
        self.forget_lender(lender);
        self.thread(server).overdue = Some((context, Some(lender)));
    }

    /// Somebody who holds a context takes it from a server that does not own it. It goes home. Whoever worked on it
    /// learns that: the server, and those before it who passed it on.
    pub fn take_from_server(&mut self, context: Object, owner: Option<Object>) {
        let Some(server) = self.contexts[&context].thread.filter(|thread| Some(*thread) != owner) else { return };
        self.displace(server);
        self.detach(context);
        let mut next = Some(server);
        while let Some(thread) = next {
            next = self.pass_over(thread, context);
            if Some(thread) != owner {
                self.lose_time(thread, context);
            }
        }
        self.bring(context, None);
    }

    /// Whether a thread has a context because it took signals, and not from somebody who called it.
    pub fn came_with_signals(&self, context: Object) -> bool {
        let Context { owner, thread, .. } = &self.contexts[&context];
        let is_of_signals = owner.is_some_and(|owner| self.notifications.contains_key(&owner));
        let Some(thread) = thread.filter(|_| is_of_signals) else { return false };
        let is_overdue = self.threads[&thread].overdue.is_some_and(|(kept, _)| kept == context);
        let is_owed = |reply: &Reply| match reply {
            Reply::Owed { server, lent, .. } => *server == thread && *lent == Some(context),
            _ => false,
        };
        !is_overdue && !self.replies.values().any(is_owed)
    }

    fn lose_time(&mut self, thread: Object, context: Object) {
        let object = &self.threads[&thread];
        if object.context.is_some() || object.own_context.is_some() {
            return;
        }
        match object.state {
            ThreadState::Ready => self.tell_loss(thread, Some(context)),
            ThreadState::Receiving { .. } => (),
            _ => self.thread(thread).lost_time = true,
        }
    }

    /// A timeout with a cause of its own, if somebody wants to hear of it.
    fn tell_loss(&mut self, thread: Object, context: Option<Object>) {
        if self.at(Place::Thread(thread, Own::Timeouts)).is_none() {
            return;
        }
        let [badge, consumed] = context.map_or([0; 2], |context| {
            let context = &self.contexts[&context];
            [context.badge, context.consumed]
        });
        let tag = Tag::new(FaultKind::Timeout as u32, 6).expect("a tag").bits();
        let [pc, sp, link] = self.told.get(&thread).copied().unwrap_or_default();
        let cause = (FaultCause::TimeTaken as u64) << 8;
        self.fault_to(thread, Own::Timeouts, [tag, pc, badge, cause, consumed, sp, link]);
    }

    /// What a thread waited for is over. If it has lost its time meanwhile, it tells that first.
    pub fn wake(&mut self, thread: Object) {
        self.thread(thread).state = ThreadState::Ready;
        if std::mem::take(&mut self.thread(thread).lost_time) {
            self.tell_loss(thread, None);
        } else {
            self.tell_if_used_up(thread);
        }
    }

    /// A thread is ready, but what somebody has lent to it is used up for now. It tells that, as if it had been used up
    /// in its hands.
    pub fn tell_if_used_up(&mut self, thread: Object) {
        let object = &self.threads[&thread];
        let Some(context) = object.context.filter(|_| object.own_context.is_none()) else { return };
        let context = &self.contexts[&context];
        let is_used_up = context.release() > self.now && !context.is_slice();
        if object.state == ThreadState::Ready && is_used_up && self.at(Place::Thread(thread, Own::Timeouts)).is_some() {
            let [badge, consumed] = [context.badge, context.consumed];
            let tag = Tag::new(FaultKind::Timeout as u32, 6).expect("a tag").bits();
            let [pc, sp, link] = self.told.get(&thread).copied().unwrap_or_default();
            self.fault_to(thread, Own::Timeouts, [tag, pc, badge, 0, consumed, sp, link]);
        }
    }

    /// Nothing goes back to a thread any more.
    pub fn forget_lender(&mut self, lender: Object) {
        for thread in self.threads.values_mut() {
            if let Some((_, to)) = &mut thread.overdue
                && *to == Some(lender)
            {
                *to = None;
            }
        }
    }

    /// Who is to give a context back to a thread.
    fn keeper(&self, context: Object, lender: Object) -> Option<Object> {
        let keeps = |(_, thread): &(&Object, &Thread)| thread.overdue == Some((context, Some(lender)));
        self.threads.iter().find(keeps).map(|(keeper, _)| *keeper)
    }

    /// Whoever is to give a context back to a thread gives it to another.
    fn redirect(&mut self, context: Object, old: Object, new: Option<Object>) {
        let Some(server) = self.keeper(context, old) else { return };
        match new {
            Some(lender) => self.owe(server, context, lender),
            None => self.thread(server).overdue = Some((context, None)),
        }
    }

    /// A server receives, or is destroyed: it gives back what it has kept.
    pub fn give_back_overdue(&mut self, server: Object) {
        let Some((context, lender)) = self.thread(server).overdue.take() else { return };
        if self.threads[&server].context == Some(context) {
            self.bring(context, lender);
        } else {
            self.redirect(context, server, lender);
        }
    }

    /// Time comes to who lent it. Who has other time now leaves it to who lent it to that thread. If there is nobody, it comes to its owner, and
    /// nobody in between has a claim any more.
    fn bring(&mut self, context: Object, to: Option<Object>) {
        if let Some(server) = self.contexts[&context].thread {
            self.displace(server);
        }
        self.detach(context);
        let mut next = to;
        while let Some(thread) = next {
            let object = &self.threads[&thread];
            let expects_other = object.own_context.is_some_and(|own| own != context) || self.has_lent(thread).is_some();
            let receives = matches!(object.state, ThreadState::Receiving { .. });
            let gives_back = receives && object.overdue.is_some_and(|(kept, _)| kept == context);
            if object.context.is_none() && !expects_other && !gives_back {
                self.attach(context, thread);
                self.tell_if_used_up(thread);
                return;
            }
            next = self.pass_over(thread, context);
        }
        self.forget_loans(context);
        if let Some(owner) = self.contexts[&context].owner
            && self.threads.get(&owner).is_some_and(|thread| thread.context.is_none())
        {
            self.attach(context, owner);
        }
    }

    /// Who lent a context to a thread that does not get it back.
    fn pass_over(&mut self, thread: Object, context: Object) -> Option<Object> {
        let object = self.thread(thread);
        if let Some((_, lender)) = object.overdue.take_if(|(kept, _)| *kept == context) {
            return lender;
        }
        self.replies.values_mut().find_map(|reply| match reply {
            Reply::Owed { caller, server, lent, .. } if *server == thread && *lent == Some(context) => {
                *lent = None;
                Some(*caller)
            }
            _ => None,
        })
    }

    /// Nobody has a claim to a context any more who has lent it.
    pub fn forget_loans(&mut self, context: Object) {
        for reply in self.replies.values_mut() {
            if let Reply::Owed { lent, .. } = reply
                && *lent == Some(context)
            {
                *lent = None;
            }
        }
        for thread in self.threads.values_mut() {
            thread.overdue = thread.overdue.filter(|(kept, _)| *kept != context);
        }
    }

    /// The core of the time that a thread has.
    #[must_use]
    pub fn core_of(&self, thread: Object) -> Option<u64> {
        self.threads[&thread].context.map(|context| self.contexts[&context].core)
    }

    /// Whether a caller is not one of those for whom the passive server works that was the last to receive here.
    #[must_use]
    pub fn is_refused(&self, caller: Object, endpoint: Object) -> bool {
        self.clients[&endpoint].is_some_and(|core| self.core_of(caller) != Some(core))
    }

    /// A thread receives: if it has no time of its own, it works for callers of its core.
    pub fn note_receiver(&mut self, thread: Object) {
        let Thread { state: ThreadState::Receiving { endpoint, .. }, own_context, core, .. } = self.threads[&thread]
        else {
            return;
        };
        let clients = if own_context.is_some() { None } else { Some(core) };
        self.clients.insert(endpoint, clients);
    }

    /// A context runs a thread that has none.
    pub fn attach(&mut self, context: Object, thread: Object) {
        let object = self.contexts.get_mut(&context).expect("a context");
        object.thread = Some(thread);
        let core = object.core;
        let thread = self.thread(thread);
        (thread.context, thread.core, thread.lost_time) = (Some(context), core, false);
    }

    /// Nobody runs on a context any more.
    pub fn detach(&mut self, context: Object) {
        if let Some(thread) = self.contexts.get_mut(&context).expect("a context").thread.take() {
            self.thread(thread).context = None;
        }
    }
}
