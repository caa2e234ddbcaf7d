//! `call` to a server that waits: the message in registers, the server runs at once.

use super::checks::Slice;
use super::message::{Delivered, Sent};
use crate::base::address::Badge;
use crate::base::arch::{Arch, CoreNumber, SpaceRoot};
use crate::base::registers::BADGE;
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::capability::Capability;
use crate::object::endpoint::{Endpoint, Side, ThreadQueue};
use crate::object::reply::{Grant, Loan, Reply, ReplyState};
use crate::object::thread::{CallKind, QueueLinks, State, Thread, Use};
use crate::operation::system::System;
use l4k_sys::abi::Rights;

/// A call that a fast path can do.
#[derive(Clone, Copy, Debug)]
struct Meeting {
    caller: Ref<Thread>,
    receiver: Ref<Thread>,
    endpoint: Ref<Endpoint>,
    badge: Badge,
    reply: Ref<Reply>,
    grant: Grant,
    slice: Slice,
    tables: SpaceRoot,
}

impl<A: Arch> System<A> {
    /// A call of the current thread. The server that runs then, with the message; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_call(&mut self, here: CoreNumber, sent: Sent) -> Option<Delivered> {
        let tag = sent.plain_tag()?;
        let meeting = self.check_fast_call(here, sent.address)?;
        let units = self.commit_fast_call(here, meeting);
        Some(Delivered { thread: meeting.receiver, tag, words: sent.cut(tag), units })
    }

    #[inline(always)]
    fn check_fast_call(&self, here: CoreNumber, address: u64) -> Option<Meeting> {
        let caller = self.core(here).current?;
        let Capability::Endpoint { rights, object: endpoint, badge } = self.fast_capability(caller, address) else {
            return None;
        };
        let object = self.store.get(endpoint);
        if !rights.contains(Rights::CALL) || object.life != Life::Alive || object.side != Side::Receivers {
            return None;
        }
        let receiver = object.queue.first?;
        let Thread { state: State::Receiving { reply, grant, .. }, replies: None, links, running_on, core, .. } =
            *self.store.get(receiver)
        else {
            return None;
        };
        let is_alone = links.next == Some(receiver) && links.below.is_none();
        if !is_alone || core != here || !self.takes_results(receiver) || !self.would_run(here, receiver) {
            return None;
        }
        let tables = self.remembered_tables(receiver)?;
        let slice = self.slice_of(here, caller)?;
        if running_on.is_some() && !self.can_begin_slice(here, receiver) {
            return None;
        }
        Some(Meeting { caller, receiver, endpoint, badge, reply, grant, slice, tables })
    }

    #[inline(always)]
    fn commit_fast_call(&mut self, here: CoreNumber, meeting: Meeting) -> Use {
        let Meeting { caller, receiver, endpoint, badge, reply, grant, slice, tables } = meeting;
        self.use_slice(here, slice);
        self.store.get_mut(endpoint).queue = ThreadQueue { first: None };
        let loan = if self.store.get(receiver).running_on.is_none() {
            self.lend_slice(caller, receiver, slice)
        } else {
            self.begin_slice(here, receiver)
        };
        let object = self.store.get_mut(receiver);
        object.context.x[BADGE] = badge.value();
        object.links = QueueLinks::default();
        object.replies = Some(reply);
        object.state = State::Ready;
        self.store.get_mut(reply).state =
            ReplyState::Owed { caller, server: receiver, next: None, previous: None, loan, grant };
        self.store.get_mut(caller).state = State::AwaitingReply { reply, kind: CallKind::Message };
        self.switch(here, caller, receiver, tables)
    }

    /// The caller's slice goes along to a server that has no time.
    #[inline(always)]
    fn lend_slice(&mut self, caller: Ref<Thread>, server: Ref<Thread>, Slice { context, .. }: Slice) -> Loan {
        self.store.get_mut(caller).running_on = None;
        self.store.get_mut(server).running_on = Some(context);
        let object = self.store.get_mut(context);
        object.thread = Some(server);
        Loan::Lent(object.binding)
    }

    /// Whether a thread that becomes ready has a slice of its own on this core, and nothing but its end is what the timer is to be set to.
    #[inline(always)]
    pub(super) fn can_begin_slice(&self, here: CoreNumber, thread: Ref<Thread>) -> bool {
        let context = self.store.get(thread).running_on;
        self.core(here).waiting.is_none() && context.is_some_and(|context| self.store.get(context).is_slice())
    }

    /// A thread with a slice of its own begins to run: the timer is set to the slice's end.
    #[inline(always)]
    pub(super) fn begin_slice(&mut self, here: CoreNumber, thread: Ref<Thread>) -> Loan {
        if let Some(context) = self.store.get(thread).running_on {
            let amount = self.store.get(context).refills.first().amount;
            let core = self.settled_core_mut(here);
            let end = core.charged_until.after(amount);
            core.deadline = end;
            self.store.machine.move_deadline(end);
        }
        Loan::None
    }
}
