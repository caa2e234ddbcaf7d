//! `reply_receive` of a server that nobody else waits for: the answer in registers, or that a thread goes on after its fault; it runs at once,
//! and the server waits.

use super::checks::Cores;
use super::message::{Delivered, Reach, Results, Sent};
use super::time::Time;
use crate::base::arch::{Arch, CoreNumber, SpaceRoot};
use crate::base::registers::BADGE;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::endpoint::{Clients, Endpoint, Side, SoleReceiver, ThreadQueue};
use crate::object::reply::{Grant, Loan, Reply, ReplyState};
use crate::object::sched_context::Owner;
use crate::object::thread::{QueueLinks, State, Thread, Use};
use crate::operation::system::System;
use l4k_sys::abi::{Rights, Tag};

/// An answer that a fast path can give.
#[derive(Clone, Copy, Debug)]
struct Parting {
    server: Ref<Thread>,
    caller: Ref<Thread>,
    endpoint: Ref<Endpoint>,
    reply: Ref<Reply>,
    rights: Rights,
    loan: Loan,
    tables: SpaceRoot,
}

impl<A: Arch> System<A> {
    /// A reply-and-receive of the current thread, with the reply object in x9 of its context. Who runs then; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_reply_receive(
        &mut self,
        here: CoreNumber,
        cores: Cores,
        sent: Sent,
        reach: Reach,
    ) -> Option<Delivered> {
        let tag = sent.plain_tag(reach)?;
        let parting = self.check_fast_reply_receive(here, cores, sent.address)?;
        let thread = parting.caller;
        if !self.store.get(thread).fault.is_none() {
            return self.let_go_on(here, parting, tag, reach);
        }
        let rest = self.check_rest(parting.server, thread, reach)?;
        let time = self.time_after_answer(here, parting)?;
        let units = self.commit_fast_reply_receive(here, parting, time);
        self.store.get_mut(thread).context.x[BADGE] = 0;
        self.copy_rest(rest, tag);
        Some(Delivered { thread, units, results: Results::Message { tag, words: sent.words } })
    }

    /// The answer to a fault, if it lets the thread go on.
    #[inline(always)]
    fn let_go_on(&mut self, here: CoreNumber, parting: Parting, tag: Tag, reach: Reach) -> Option<Delivered> {
        let thread = parting.caller;
        if tag.label() != 0 || reach != Reach::Registers {
            return None;
        }
        let time = self.time_after_answer(here, parting)?;
        let units = self.commit_fast_reply_receive(here, parting, time);
        self.store.get_mut(thread).fault.forget();
        Some(Delivered { thread, units, results: Results::Kept })
    }

    #[inline(always)]
    fn check_fast_reply_receive(&self, here: CoreNumber, cores: Cores, address: u64) -> Option<Parting> {
        let server = self.core(here).current?;
        let Capability::Endpoint { rights, object: endpoint, .. } = self.fast_capability(server, address) else {
            return None;
        };
        let reply_address = self.store.get(server).context.x[BADGE];
        let Capability::Reply { object: reply } = self.fast_capability(server, reply_address) else { return None };
        let object = self.store.get(endpoint);
        if !rights.contains(Rights::RECEIVE) || object.queue.first.is_some() {
            return None;
        }
        let ReplyState::Owed { caller, server: owed_by, next: None, previous: None, loan, .. } =
            self.store.get(reply).state
        else {
            return None;
        };
        // Who is owed an answer awaits it: nothing takes a thread out of that state without making the reply object idle.
        debug_assert!(matches!(self.store.get(caller).state, State::AwaitingReply { .. }));
        if owed_by != server || self.has_signals(server) || !self.would_run(here, cores, caller) {
            return None;
        }
        let tables = self.remembered_tables(caller)?;
        Some(Parting { server, caller, endpoint, reply, rights, loan, tables })
    }

    /// The caller goes on with the slice that it lent, or with one of its own while the server waits with its own. This
    /// path does not change what the endpoint says of its server. So the endpoint has to say already what is true after
    /// it. A dying endpoint says [`Clients::NONE`], which is neither.
    #[inline(always)]
    fn time_after_answer(
        &self,
        here: CoreNumber,
        Parting { server, caller, endpoint, loan, .. }: Parting,
    ) -> Option<Time> {
        let clients = self.store.get(endpoint).clients;
        let slice = self.core(here).slice?;
        let Thread { own_context, running_on, .. } = *self.store.get(caller);
        let context = self.store.get(slice);
        match (loan, running_on) {
            (Loan::Lent(binding), None)
                if own_context == Some(slice) && context.binding == Some(binding) && clients == Clients::of(here) =>
            {
                self.same_time(here, slice, caller)
            }
            (Loan::None, Some(own)) if context.owner == Owner::Thread(server) && clients == Clients::OF_ANY_CORE => {
                self.own_time(here, slice, own)
            }
            _ => None,
        }
    }

    #[inline(always)]
    fn commit_fast_reply_receive(&mut self, here: CoreNumber, parting: Parting, time: Time) -> Use {
        let Parting { server, caller, endpoint, reply, rights, tables, .. } = parting;
        let _ = self.pass_time(here, server, caller, time);
        self.store.get_mut(caller).state = State::Ready;
        self.store.get_mut(reply).state = ReplyState::Offered { receiver: server };
        let mark = self.store.get(server).mark;
        let object = self.store.get_mut(endpoint);
        object.last_receiver = mark;
        object.queue = ThreadQueue { first: Some(server) };
        object.side = Side::Receivers;
        object.alone = SoleReceiver::Waits { rights, receiver: server, reply };
        let object = self.store.get_mut(server);
        object.links = QueueLinks::alone(server);
        object.replies = None;
        object.state = State::Receiving { grant: Grant::of(rights), endpoint, reply };
        self.switch(here, server, caller, tables)
    }
}
