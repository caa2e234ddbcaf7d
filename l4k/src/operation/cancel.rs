//! The end of a blocking call that will not be answered.

use super::lending::Ending;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::reply::{Reply, ReplyState};
use crate::object::restart::Restart;
use crate::object::thread::{CallKind, State, Suspension, Thread};
use l4k_sys::Error;

impl<A: Arch> System<A> {
    /// `cancel`: the thread's blocking call returns `Cancelled`.
    ///
    /// # Errors
    /// `NotBlocked` if it is in no blocking call; a fault is none.
    pub fn cancel(&mut self, thread: Ref<Thread>) -> Result<(), Error> {
        match self.store.get(thread).state {
            State::Ready
            | State::Suspended(_)
            | State::Calling { kind: CallKind::Fault, .. }
            | State::AwaitingReply { kind: CallKind::Fault, .. } => return Err(Error::NotBlocked),
            _ => (),
        }
        self.store.get_mut(thread).restart = Restart::NONE;
        self.withdraw(thread, Ending::CallerLeft);
        self.refuse(thread, Error::Cancelled);
        Ok(())
    }

    /// `suspend`: stops a thread wherever it is. Its blocking call is over and returns `Cancelled` when it is resumed.
    pub fn suspend(&mut self, thread: Ref<Thread>, suspension: Suspension) {
        self.store.get_mut(thread).restart = Restart::NONE;
        match self.store.get(thread).state {
            State::Suspended(_) | State::Ready => (),
            State::Calling { kind: CallKind::Fault, .. } | State::AwaitingReply { kind: CallKind::Fault, .. } => {
                self.withdraw(thread, Ending::CallerLeft);
            }
            _ => {
                self.withdraw(thread, Ending::CallerLeft);
                let context = &mut self.store.get_mut(thread).context;
                context.set_results(Error::Cancelled.code(), [0; 7], 0);
            }
        }
        self.set_suspended(thread, suspension);
    }

    /// Takes a blocked thread out of whatever it waits in. Its state is the caller's to set.
    fn withdraw(&mut self, thread: Ref<Thread>, ending: Ending) {
        match self.store.get(thread).state {
            State::Calling { endpoint, .. } => self.unqueue_from(endpoint, thread),
            State::Receiving { endpoint, reply, .. } => {
                self.unqueue_from(endpoint, thread);
                self.store.get_mut(reply).state = ReplyState::Idle;
            }
            State::Waiting { notification } => {
                let mut queue = self.store.get(notification).queue;
                self.dequeue(&mut queue, thread);
                self.store.get_mut(notification).queue = queue;
            }
            State::AwaitingReply { reply, .. } => self.settle_debt(reply, ending),
            State::Ready | State::Suspended(_) => (),
        }
    }

    /// The thread's blocking call returns `PeerGone`; a faulted thread stays suspended, since nobody will handle its fault.
    pub fn peer_gone(&mut self, thread: Ref<Thread>) {
        let state = self.store.get(thread).state;
        self.withdraw(thread, Ending::Answered);
        match state {
            State::Calling { kind: CallKind::Fault, .. } | State::AwaitingReply { kind: CallKind::Fault, .. } => {
                self.store.get_mut(thread).state = State::Suspended(Suspension::Faulted);
            }
            _ => self.refuse(thread, Error::PeerGone),
        }
    }

    /// Frees a reply object from whoever depends on it; both learn it as `PeerGone`.
    pub fn release_reply(&mut self, reply: Ref<Reply>) {
        match self.store.get(reply).state {
            ReplyState::Idle => (),
            ReplyState::Offered { receiver } => self.peer_gone(receiver),
            ReplyState::Owed { caller, .. } => self.peer_gone(caller),
        }
    }
}
