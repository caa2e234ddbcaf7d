//! `call`: a message to a server and the wait for its answer.

use super::next::Next;
use super::system::System;
use crate::base::address::Badge;
use crate::base::arch::Arch;
use crate::base::registers::TAG;
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::endpoint::{Endpoint, Side};
use crate::object::reply::{Grant, ReplyState};
use crate::object::thread::{CallKind, State, Suspension, Thread};
use l4k_sys::Error;
use l4k_sys::abi::{Arrival, Tag};

impl<A: Arch> System<A> {
    /// The caller's message goes to a waiting receiver, or the caller into the queue.
    ///
    /// # Errors
    /// What [`outgoing_tag`](Self::outgoing_tag) says; `PeerGone` if the endpoint is being destroyed; `NoBuffer`,
    /// `NoWindow` if a waiting receiver cannot take it, `WrongCore` if it would have to run on the time of another
    /// core, or if nobody waits and a passive server of another core was the last to receive there.
    pub fn call(
        &mut self,
        caller: Ref<Thread>,
        endpoint: Ref<Endpoint>,
        badge: Badge,
        grant: Grant,
    ) -> Result<Next, Error> {
        let tag = self.outgoing_tag(caller, grant)?;
        let Endpoint { life, side, queue, .. } = *self.store.get(endpoint);
        if life == Life::Dying {
            return Err(Error::PeerGone);
        }
        let receiver = queue.first.filter(|_| side == Side::Receivers);
        if let Some(receiver) = receiver {
            self.check_receiver(receiver, tag)?;
        }
        self.check_core(caller, endpoint, receiver)?;
        self.leave_ready(caller, State::Calling { endpoint, badge, kind: CallKind::Message });
        self.meet_or_queue(caller, endpoint, receiver);
        if let Some(receiver) = receiver {
            self.tell_if_used_up(receiver);
        }
        Ok(Next::Settled)
    }

    /// The same for a thread in state `Calling` with a fault. If no receiver would have time for it, it stays
    /// suspended.
    pub fn call_with_fault(&mut self, caller: Ref<Thread>, endpoint: Ref<Endpoint>) {
        let Endpoint { side, queue, .. } = *self.store.get(endpoint);
        let receiver = queue.first.filter(|_| side == Side::Receivers);
        match self.check_core(caller, endpoint, receiver) {
            Ok(()) => self.meet_or_queue(caller, endpoint, receiver),
            Err(_) => self.store.get_mut(caller).state = State::Suspended(Suspension::Faulted),
        }
    }

    /// Hands a thread in state `Calling` to the first receiver of the endpoint, or queues it there.
    fn meet_or_queue(&mut self, caller: Ref<Thread>, endpoint: Ref<Endpoint>, receiver: Option<Ref<Thread>>) {
        let mut queue = self.store.get(endpoint).queue;
        match receiver {
            Some(receiver) => {
                self.dequeue(&mut queue, receiver);
                self.store.get_mut(endpoint).set_queue(queue);
                self.deliver_call(caller, receiver);
                self.make_ready(receiver);
            }
            None => {
                self.enqueue(&mut queue, caller);
                let object = self.store.get_mut(endpoint);
                object.set_queue(queue);
                object.side = Side::Callers;
                self.tell_cycle(caller);
            }
        }
    }

    /// Delivers the message or the fault of a thread in state `Calling` to a thread in state `Receiving`. Neither is queued any more;
    /// the receiver is still to be made ready.
    pub fn deliver_call(&mut self, caller: Ref<Thread>, receiver: Ref<Thread>) {
        let State::Calling { badge, kind, .. } = self.store.get(caller).state else { return };
        let State::Receiving { reply, grant, .. } = self.store.get(receiver).state else { return };
        match kind {
            CallKind::Message => {
                let tag = Tag::from_bits(self.store.get(caller).context.x[TAG]).unwrap_or(Tag::EMPTY);
                self.transfer(caller, receiver, tag, badge);
            }
            CallKind::Fault => self.deliver_fault(caller, receiver, badge),
        }
        let loan = self.lend(caller, receiver);
        let next = self.store.get(receiver).replies;
        if let Some(next) = next
            && let ReplyState::Owed { previous, .. } = &mut self.store.get_mut(next).state
        {
            *previous = Some(reply);
        }
        self.store.get_mut(reply).state =
            ReplyState::Owed { caller, server: receiver, next, previous: None, loan, grant };
        self.store.get_mut(receiver).replies = Some(reply);
        self.store.get_mut(caller).state = State::AwaitingReply { reply, kind };
    }

    fn deliver_fault(&mut self, caller: Ref<Thread>, receiver: Ref<Thread>, badge: Badge) {
        let Some(fault) = self.store.get(caller).fault.get() else { return };
        let (tag, words) = fault.to_message();
        self.store.get_mut(receiver).context.set_message(Arrival::Fault, tag, words, badge.value());
    }
}
