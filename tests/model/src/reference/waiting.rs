//! Queues, and the end of what a thread waits for.

use super::state::{Object, Reply, State, ThreadState};
use l4k_sys::Error;

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
    pub fn stop_waiting(&mut self, thread: Object) {
        self.leave_queue(thread);
        match self.threads[&thread].state {
            ThreadState::Receiving { reply, .. } => {
                self.replies.insert(reply, Reply::Idle);
            }
            ThreadState::AwaitingReply { reply, .. } => self.settle(reply),
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
            self.thread(thread).state = ThreadState::Ready;
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
        self.stop_waiting(thread);
        if is_fault {
            self.nobody_handles(thread);
        } else {
            self.answer(thread, Error::PeerGone.code(), [0; 7], 0);
            self.thread(thread).state = ThreadState::Ready;
        }
    }

    /// Stops a thread wherever it is; a call that it waits in is over.
    pub fn stop(&mut self, thread: Object, state: ThreadState) {
        let waits =
            !matches!(self.threads[&thread].state, ThreadState::Ready | ThreadState::Suspended | ThreadState::Faulted);
        let is_fault = self.calls_with_fault(thread);
        self.stop_waiting(thread);
        if waits && !is_fault {
            self.answer(thread, Error::Cancelled.code(), [0; 7], 0);
        }
        let thread = self.thread(thread);
        thread.state = state;
        thread.fault = None;
    }

    /// A reply object owes nothing any more; time that was lent goes home.
    pub fn settle(&mut self, reply: Object) {
        let Reply::Owed { caller, server, lent, .. } = self.replies[&reply] else { return };
        self.replies.insert(reply, Reply::Idle);
        let Some(context) = lent else { return };
        if self.threads[&caller].own_context == Some(context) || self.works_on(server, context) {
            self.detach(context);
            if self.threads[&caller].context.is_none() {
                self.attach(context, caller);
            }
        }
    }

    /// Whether a server, or somebody that it waits for, runs on a context.
    fn works_on(&self, server: Object, context: Object) -> bool {
        let mut holder = server;
        while self.threads[&holder].context != Some(context) {
            let ThreadState::AwaitingReply { reply, .. } = self.threads[&holder].state else { return false };
            let Reply::Owed { server, .. } = self.replies[&reply] else { return false };
            holder = server;
        }
        true
    }

    /// A context is not its owner's any more: who took it along has nothing to give back.
    pub fn forget_loans(&mut self, context: Object) {
        for reply in self.replies.values_mut() {
            if let Reply::Owed { lent, .. } = reply
                && *lent == Some(context)
            {
                *lent = None;
            }
        }
    }

    /// A context runs a thread that has none.
    pub fn attach(&mut self, context: Object, thread: Object) {
        let object = self.contexts.get_mut(&context).expect("a context");
        object.thread = Some(thread);
        let core = object.core;
        self.thread(thread).context = Some(context);
        self.thread(thread).core = core;
    }

    /// Nobody runs on a context any more.
    pub fn detach(&mut self, context: Object) {
        if let Some(thread) = self.contexts.get_mut(&context).expect("a context").thread.take() {
            self.thread(thread).context = None;
        }
    }
}
