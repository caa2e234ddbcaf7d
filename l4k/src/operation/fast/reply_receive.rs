//! `reply_receive` of a server that nobody else waits for: the answer in registers, the caller runs at once, the server waits.

use super::checks::Slice;
use super::message::{Delivered, Sent};
use crate::base::arch::{Arch, CoreNumber, SpaceRoot};
use crate::base::registers::BADGE;
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::capability::Capability;
use crate::object::endpoint::{Endpoint, Side, ThreadQueue};
use crate::object::reply::{Grant, Loan, Reply, ReplyState};
use crate::object::sched_context::Owner;
use crate::object::thread::{CallKind, QueueLinks, State, Thread, Use};
use crate::operation::system::System;
use l4k_sys::abi::Rights;

/// An answer that a fast path can give.
#[derive(Clone, Copy, Debug)]
struct Parting {
    server: Ref<Thread>,
    caller: Ref<Thread>,
    endpoint: Ref<Endpoint>,
    reply: Ref<Reply>,
    loan: Loan,
    grant: Grant,
    slice: Slice,
    tables: SpaceRoot,
}

impl<A: Arch> System<A> {
    /// A reply-and-receive of the current thread, with the reply object in x9 of its context. The caller that runs then, with the answer;
    /// `None`: nothing was done.
    #[inline(always)]
    pub fn fast_reply_receive(&mut self, here: CoreNumber, sent: Sent) -> Option<Delivered> {
        let tag = sent.plain_tag()?;
        let parting = self.check_fast_reply_receive(here, sent.address)?;
        let units = self.commit_fast_reply_receive(here, parting);
        Some(Delivered { thread: parting.caller, tag, words: sent.cut(tag), units })
    }

    #[inline(always)]
    fn check_fast_reply_receive(&self, here: CoreNumber, address: u64) -> Option<Parting> {
        let server = self.core(here).current?;
        let Capability::Endpoint { rights, object: endpoint, .. } = self.fast_capability(server, address) else {
            return None;
        };
        let reply_address = self.store.get(server).context.x[BADGE];
        let Capability::Reply { object: reply } = self.fast_capability(server, reply_address) else { return None };
        let object = self.store.get(endpoint);
        if !rights.contains(Rights::RECEIVE) || object.life != Life::Alive || object.queue.first.is_some() {
            return None;
        }
        let ReplyState::Owed { caller, server: owed_by, next: None, previous: None, loan, .. } =
            self.store.get(reply).state
        else {
            return None;
        };
        let slice = self.slice_of(here, server)?;
        if owed_by != server || self.has_signals(server) || !self.can_go_on(here, caller, slice, loan) {
            return None;
        }
        let tables = self.remembered_tables(caller)?;
        Some(Parting { server, caller, endpoint, reply, loan, grant: Grant::of(rights), slice, tables })
    }

    /// Whether the caller waits for a message and would run at once, on the slice that it lent or on one of its own.
    #[inline(always)]
    fn can_go_on(&self, here: CoreNumber, caller: Ref<Thread>, slice: Slice, loan: Loan) -> bool {
        let Thread {
            state: State::AwaitingReply { kind: CallKind::Message, .. }, own_context, running_on, core, ..
        } = *self.store.get(caller)
        else {
            return false;
        };
        let context = self.store.get(slice.context);
        let has_time = match loan {
            Loan::Lent(binding) => {
                own_context == Some(slice.context) && context.binding == binding && running_on.is_none()
            }
            Loan::None => matches!(context.owner, Owner::Thread(_)) && self.can_begin_slice(here, caller),
        };
        has_time && core == here && self.takes_results(caller) && self.would_run(here, caller)
    }

    #[inline(always)]
    fn commit_fast_reply_receive(&mut self, here: CoreNumber, parting: Parting) -> Use {
        let Parting { server, caller, endpoint, reply, loan, grant, slice, tables } = parting;
        self.use_slice(here, slice);
        match loan {
            Loan::Lent(_) => self.return_slice(caller, server, slice),
            Loan::None => _ = self.begin_slice(here, caller),
        }
        let object = self.store.get_mut(caller);
        object.context.x[BADGE] = 0;
        object.state = State::Ready;
        self.store.get_mut(reply).state = ReplyState::Offered { receiver: server };
        let object = self.store.get_mut(endpoint);
        object.queue = ThreadQueue { first: Some(server) };
        object.side = Side::Receivers;
        let object = self.store.get_mut(server);
        object.links = QueueLinks { next: Some(server), previous: Some(server), above: None, below: None };
        object.replies = None;
        object.state = State::Receiving { endpoint, reply, grant };
        self.switch(here, server, caller, tables)
    }

    /// Time that was lent goes back with the answer.
    #[inline(always)]
    fn return_slice(&mut self, caller: Ref<Thread>, server: Ref<Thread>, Slice { context, .. }: Slice) {
        self.store.get_mut(server).running_on = None;
        self.store.get_mut(caller).running_on = Some(context);
        self.store.get_mut(context).thread = Some(caller);
    }

    /// Whether a receive would return with signals of the bound notification.
    #[inline(always)]
    fn has_signals(&self, thread: Ref<Thread>) -> bool {
        self.store.get(thread).notification.is_some_and(|notification| self.store.get(notification).word != 0)
    }
}
