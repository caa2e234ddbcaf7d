//! `reply` without a receive, to a caller that has time of its own: it runs at once, or when its turn comes.

use super::checks::Cores;
use super::message::{Delivered, Reach, Results, Sent};
use super::waking::Waking;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::registers::BADGE;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::reply::{Loan, Reply, ReplyState};
use crate::object::thread::{CallKind, State, Thread};
use crate::operation::system::System;

impl<A: Arch> System<A> {
    /// An answer of the current thread. Who runs then; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_reply(&mut self, here: CoreNumber, cores: Cores, sent: Sent) -> Option<Delivered> {
        let tag = sent.plain_tag(Reach::Registers)?;
        let server = self.core(here).current.filter(|_| self.is_decided(here, cores))?;
        let Capability::Reply { object: reply } = self.fast_capability(server, sent.address) else { return None };
        let ReplyState::Owed { caller, server: owed_by, next: None, previous: None, loan: Loan::None, .. } =
            self.store.get(reply).state
        else {
            return None;
        };
        let State::AwaitingReply { kind: CallKind::Message, .. } = self.store.get(caller).state else { return None };
        if owed_by != server {
            return None;
        }
        let results = Results::Message { tag, words: sent.words };
        match self.check_waking(here, cores, server, caller)? {
            Waking::Now(preemption) => {
                self.settle_with(reply, server, caller);
                Some(self.wake_now(here, server, caller, preemption, results))
            }
            Waking::Later(priority) => {
                self.settle_with(reply, server, caller);
                Some(self.wake_later(here, server, caller, priority, results))
            }
        }
    }

    /// The only answer that is owed is given.
    #[inline(always)]
    fn settle_with(&mut self, reply: Ref<Reply>, server: Ref<Thread>, caller: Ref<Thread>) {
        self.store.get_mut(reply).state = ReplyState::Idle;
        self.store.get_mut(server).replies = None;
        self.store.get_mut(caller).context.x[BADGE] = 0;
    }
}
