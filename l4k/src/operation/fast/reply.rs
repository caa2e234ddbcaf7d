//! `reply` without a receive, to a caller that has time of its own: it runs at once, or when its turn comes.

use super::checks::Cores;
use super::message::{Delivered, Reach, Sent};
use super::switch::Switched;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::registers::BADGE;
use crate::object::capability::Capability;
use crate::object::reply::{Loan, ReplyState};
use crate::object::thread::{CallKind, State, Use};
use crate::operation::system::System;

impl<A: Arch> System<A> {
    /// An answer of the current thread. Who runs then, with its results in its context; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_reply(&mut self, here: CoreNumber, cores: Cores, sent: Sent) -> Option<Switched> {
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
        let waking = self.check_waking(here, cores, server, caller)?;
        self.store.get_mut(reply).state = ReplyState::Idle;
        let object = self.store.get_mut(server);
        object.replies = None;
        object.context.set_results(0, [0; 7], 0);
        let context = &mut self.store.get_mut(caller).context;
        context.x[BADGE] = 0;
        Delivered { thread: caller, tag, words: sent.words, units: Use::No }.put(&mut context.x);
        Some(self.commit_waking(here, waking))
    }
}
