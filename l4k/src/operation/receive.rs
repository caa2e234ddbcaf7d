//! `receive` and `try_receive`: the next caller of an endpoint, or a signal of the bound notification.

use super::next::Next;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::registers::TAG;
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::endpoint::{Endpoint, Side};
use crate::object::reply::{Reply, ReplyState};
use crate::object::thread::{CallKind, State, Thread};
use l4k_sys::Error;
use l4k_sys::abi::{Arrival, Tag};

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
        wait: Wait,
    ) -> Result<Next, Error> {
        self.check_receive(endpoint, reply)?;
        if let Some(word) = self.take_bound_signals(receiver) {
            let context = &mut self.store.get_mut(receiver).context;
            context.set_results(Arrival::Notification as u64, [0; 7], word);
            return Ok(Next::Settled);
        }
        while let Some(caller) = self.first_caller(endpoint) {
            self.unqueue_from(endpoint, caller);
            if self.receivable(caller, receiver) {
                self.receive_from(receiver, caller, endpoint, reply);
                return Ok(Next::Settled);
            }
            self.refuse(caller, Error::NoBuffer);
            if self.store.machine.interrupt_pending() {
                return Ok(Next::Restart);
            }
        }
        if wait == Wait::Poll {
            return Err(Error::WouldBlock);
        }
        self.leave_ready(receiver, State::Receiving { endpoint, reply });
        self.store.get_mut(reply).state = ReplyState::Offered { receiver };
        let mut queue = self.store.get(endpoint).queue;
        self.enqueue(&mut queue, receiver);
        let endpoint = self.store.get_mut(endpoint);
        endpoint.queue = queue;
        endpoint.side = Side::Receivers;
        Ok(Next::Settled)
    }

    /// The receive ends at once: the receiver passes through the state `Receiving` without being queued. A passive server that has just
    /// given its time back with an answer gets new time with the call.
    fn receive_from(&mut self, receiver: Ref<Thread>, caller: Ref<Thread>, endpoint: Ref<Endpoint>, reply: Ref<Reply>) {
        self.store.get_mut(receiver).state = State::Receiving { endpoint, reply };
        let runs = self.store.get(receiver).running_on.is_some();
        self.deliver_call(caller, receiver);
        if runs {
            self.store.get_mut(receiver).state = State::Ready;
        } else {
            self.make_ready(receiver);
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
        self.store.get_mut(endpoint).queue = queue;
    }

    /// Whether the receiver can take what a queued caller sends: faults always fit.
    fn receivable(&self, caller: Ref<Thread>, receiver: Ref<Thread>) -> bool {
        let caller_thread = self.store.get(caller);
        if matches!(caller_thread.state, State::Calling { kind: CallKind::Fault, .. }) {
            return true;
        }
        let tag = Tag::from_bits(caller_thread.context.x[TAG]).unwrap_or(Tag::EMPTY);
        self.check_buffer(receiver, tag).is_ok() && self.check_buffer(caller, tag).is_ok()
    }

    /// Wakes a thread whose blocking call ends with an error. It is in no queue.
    pub fn refuse(&mut self, thread: Ref<Thread>, error: Error) {
        self.store.get_mut(thread).context.set_results(error.code(), [0; 7], 0);
        self.make_ready(thread);
    }
}
