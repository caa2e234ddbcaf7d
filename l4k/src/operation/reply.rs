//! `reply`: the answer to a caller, and the end of what a reply object is in use for.

use super::lending::Ending;
use super::system::System;
use crate::base::address::Badge;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::reply::{Loan, Reply, ReplyState};
use crate::object::thread::{CallKind, State, Suspension, Thread};
use l4k_sys::Error;
use l4k_sys::abi::Tag;

/// An answer that passed every check.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub(super) reply: Ref<Reply>,
    pub(super) caller: Ref<Thread>,
    kind: CallKind,
    pub(super) tag: Tag,
}

impl<A: Arch> System<A> {
    /// Checks that `sender` can answer through a reply object.
    ///
    /// # Errors
    /// `NobodyWaiting`; what [`outgoing_tag`](Self::outgoing_tag) says; `NoBuffer`, `NoWindow` if the caller cannot take the answer;
    /// `TooManyCapabilities` for any with the answer to a fault.
    #[inline(always)]
    pub fn check_reply(&self, sender: Ref<Thread>, reply: Ref<Reply>) -> Result<Answer, Error> {
        let ReplyState::Owed { caller, grant, .. } = self.store.get(reply).state else {
            return Err(Error::NobodyWaiting);
        };
        let State::AwaitingReply { kind, .. } = self.store.get(caller).state else {
            return Err(Error::NobodyWaiting);
        };
        let tag = self.outgoing_tag(sender, grant)?;
        match kind {
            CallKind::Message => self.check_receiver(caller, tag)?,
            CallKind::Fault if tag.capabilities() > 0 => return Err(Error::TooManyCapabilities),
            CallKind::Fault => (),
        }
        Ok(Answer { reply, caller, kind, tag })
    }

    /// Gives the answer: a caller gets the message; a faulted thread goes on if the label is 0 and stays suspended otherwise.
    #[inline(always)]
    pub fn commit_reply(&mut self, sender: Ref<Thread>, answer: Answer) {
        let Answer { reply, caller, kind, tag } = answer;
        if kind == CallKind::Message {
            self.transfer(sender, caller, tag, Badge::NONE);
        }
        self.settle_debt(reply, Ending::Answered);
        match kind {
            CallKind::Fault if tag.label() != 0 => {
                self.store.get_mut(caller).state = State::Suspended(Suspension::Faulted);
            }
            CallKind::Fault => {
                self.store.get_mut(caller).fault.forget();
                self.wake(caller);
            }
            CallKind::Message => self.wake(caller),
        }
    }

    /// Makes an owed reply object idle: it leaves its server's list, and the loan of time ends.
    pub fn settle_debt(&mut self, reply: Ref<Reply>, ending: Ending) {
        let ReplyState::Owed { caller, server, next, previous, loan, .. } = self.store.get(reply).state else { return };
        self.store.get_mut(reply).state = ReplyState::Idle;
        match previous {
            Some(previous) => {
                if let ReplyState::Owed { next: link, .. } = &mut self.store.get_mut(previous).state {
                    *link = next;
                }
            }
            None => self.store.get_mut(server).replies = next,
        }
        if let Some(next) = next
            && let ReplyState::Owed { previous: link, .. } = &mut self.store.get_mut(next).state
        {
            *link = previous;
        }
        if let Loan::Lent(binding) = loan {
            self.end_loan(caller, server, binding, ending);
        }
    }
}
