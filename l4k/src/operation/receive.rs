//! `receive` and `try_receive`: the next caller of an endpoint, or a signal of the bound notification.

use super::next::{Next, Progress};
use super::reply::Answer;
use super::system::System;
use crate::base::arch::{Arch, MAX_CORES};
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::capability::Capability;
use crate::object::endpoint::{Alone, Endpoint, Side};
use crate::object::reply::{Grant, Reply, ReplyState};
use crate::object::thread::{CallKind, State, Suspension, Thread};
use l4k_sys::Error;
use l4k_sys::abi::Rights;

/// Whether a call waits for something to arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// It waits.
    Block,
    /// It answers `WouldBlock`.
    Poll,
}

impl<A: Arch> System<A> {
    /// Whether a thread may receive here with this reply object.
    ///
    /// # Errors
    /// `PeerGone` if the endpoint is being destroyed; `Busy` if the reply object is in use.
    pub fn check_receive(&self, endpoint: Ref<Endpoint>, reply: Ref<Reply>) -> Result<(), Error> {
        if self.store.get(endpoint).life == Life::Dying {
            return Err(Error::PeerGone);
        }
        if self.store.get(reply).state != ReplyState::Idle {
            return Err(Error::Busy);
        }
        Ok(())
    }

    /// Receives. Signals of the bound notification come before callers.
    ///
    /// # Errors
    /// What [`check_receive`](Self::check_receive) says; `WouldBlock` when polling.
    pub fn receive(
        &mut self,
        receiver: Ref<Thread>,
        endpoint: Ref<Endpoint>,
        reply: Ref<Reply>,
        grant: Grant,
        wait: Wait,
    ) -> Result<Next, Error> {
        self.check_receive(endpoint, reply)?;
        if self.prepare_receive(receiver, endpoint, None) == Progress::More {
            return Ok(Next::Restart);
        }
        self.receive_prepared(receiver, endpoint, reply, grant, wait)
    }

    /// Refuses the callers at the head of a queue that cannot be received, up to the first that can. This is done before anything else
    /// of a receive, and before the answer that precedes it: a server that has given its time back cannot be interrupted any more, since
    /// nothing would run it again. So each caller is judged by what the receiver will have after that answer.
    ///
    /// A step refuses as many callers as there can be cores. Each other core adds at most one in the meantime, so that the call comes to
    /// its end, however often it is made again.
    pub fn prepare_receive(
        &mut self,
        receiver: Ref<Thread>,
        endpoint: Ref<Endpoint>,
        answer: Option<Answer>,
    ) -> Progress {
        if self.has_signals(receiver) {
            return Progress::Complete;
        }
        loop {
            for _ in 0..MAX_CORES {
                let Some(caller) = self.first_caller(endpoint) else { return Progress::Complete };
                let Err(error) = self.check_queued(caller, receiver, answer) else { return Progress::Complete };
                self.unqueue_from(endpoint, caller);
                self.turn_away(caller, error);
            }
            if self.store.machine.interrupt_pending() {
                return Progress::More;
            }
        }
    }

    /// Receives from an endpoint whose first caller, if there is one, can be received.
    ///
    /// # Errors
    /// `WouldBlock` when polling.
    pub fn receive_prepared(
        &mut self,
        receiver: Ref<Thread>,
        endpoint: Ref<Endpoint>,
        reply: Ref<Reply>,
        grant: Grant,
        wait: Wait,
    ) -> Result<Next, Error> {
        if self.receive_signals(receiver).is_some() {
            return Ok(Next::Settled);
        }
        if let Some(caller) = self.first_caller(endpoint) {
            self.unqueue_from(endpoint, caller);
            self.store.get_mut(endpoint).last_receiver = self.store.get(receiver).mark;
            self.receive_from(receiver, caller, State::Receiving { endpoint, reply, grant });
            return Ok(Next::Settled);
        }
        if wait == Wait::Poll {
            return Err(Error::WouldBlock);
        }
        self.wait_for_caller(receiver, endpoint, reply, grant);
        Ok(Next::Settled)
    }

    /// Nobody calls: the receiver joins the queue.
    #[inline(always)]
    fn wait_for_caller(&mut self, receiver: Ref<Thread>, endpoint: Ref<Endpoint>, reply: Ref<Reply>, grant: Grant) {
        self.leave_ready(receiver, State::Receiving { grant, endpoint, reply });
        self.give_back_overdue(receiver);
        self.give_back_time_of_signals(receiver);
        self.store.get_mut(reply).state = ReplyState::Offered { receiver };
        let mut queue = self.store.get(endpoint).queue;
        let is_alone = queue.first.is_none() && self.store.get(receiver).replies.is_none();
        self.enqueue(&mut queue, receiver);
        let clients = self.clients_of(receiver);
        let mark = self.store.get(receiver).mark;
        let endpoint = self.store.get_mut(endpoint);
        endpoint.last_receiver = mark;
        endpoint.set_queue(queue);
        endpoint.side = Side::Receivers;
        endpoint.clients = clients;
        endpoint.alone = is_alone.then_some(Alone { receiver, reply, rights: grant.rights() }).into();
    }

    /// The receive ends at once: the receiver passes through the state `Receiving` without being queued. A passive server that has just
    /// given its time back with an answer gets new time with the call.
    fn receive_from(&mut self, receiver: Ref<Thread>, caller: Ref<Thread>, receiving: State) {
        if self.store.get(caller).running_on.is_some() {
            self.give_back_overdue(receiver);
            self.give_back_time_of_signals(receiver);
        }
        self.store.get_mut(receiver).state = receiving;
        self.note_clients(receiver);
        let runs = self.store.get(receiver).running_on.is_some();
        self.deliver_call(caller, receiver);
        if runs {
            self.store.get_mut(receiver).state = State::Ready;
        } else {
            self.make_ready(receiver);
            self.tell_if_used_up(receiver);
        }
    }

    fn first_caller(&self, endpoint: Ref<Endpoint>) -> Option<Ref<Thread>> {
        let endpoint = self.store.get(endpoint);
        endpoint.queue.first.filter(|_| endpoint.side == Side::Callers)
    }

    /// Takes a thread out of an endpoint's queue.
    pub fn unqueue_from(&mut self, endpoint: Ref<Endpoint>, thread: Ref<Thread>) {
        let mut queue = self.store.get(endpoint).queue;
        self.dequeue(&mut queue, thread);
        self.store.get_mut(endpoint).set_queue(queue);
    }

    /// Whether a caller that was queued can still be received, and by this receiver after it has given an answer. Much may have changed
    /// since it called: what is taken away from it takes effect here.
    ///
    /// # Errors
    /// `InvalidCapability` if what it called through is not there any more; those of sending and of receiving its message; `WrongCore`.
    fn check_queued(&self, caller: Ref<Thread>, receiver: Ref<Thread>, answer: Option<Answer>) -> Result<(), Error> {
        let Thread { state, context, fault, .. } = self.store.get(caller);
        let State::Calling { endpoint, badge, kind } = *state else { return Err(Error::InvalidCapability) };
        let used = match kind {
            CallKind::Message => self.capability(caller, context.x[0])?,
            CallKind::Fault => self.store.get(caller.slot(fault.slot())).capability,
        };
        match used {
            Capability::Endpoint { rights, object, badge: held }
                if rights.contains(Rights::CALL) && object == endpoint && held == badge =>
            {
                if kind == CallKind::Message {
                    let tag = self.outgoing_tag(caller, Grant::of(rights))?;
                    self.check_receiver(receiver, tag)?;
                    if answer.is_some_and(|answer| self.fills_window(answer, receiver, tag)) {
                        return Err(Error::NoWindow);
                    }
                }
                self.check_core_to_be(caller, receiver, answer)
            }
            _ => Err(Error::InvalidCapability),
        }
    }

    /// Ends the wait of a caller that cannot be received. It is in no queue any more. A faulted thread stays suspended.
    pub fn turn_away(&mut self, caller: Ref<Thread>, error: Error) {
        match self.store.get(caller).state {
            State::Calling { kind: CallKind::Fault, .. } => {
                self.store.get_mut(caller).state = State::Suspended(Suspension::Faulted);
            }
            _ => self.refuse(caller, error),
        }
    }

    /// Wakes a thread whose blocking call ends with an error. It is in no queue.
    pub fn refuse(&mut self, thread: Ref<Thread>, error: Error) {
        self.store.get_mut(thread).context.set_results(error.code(), [0; 7], 0);
        self.wake(thread);
    }
}
