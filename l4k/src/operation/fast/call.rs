//! `call` to a server that waits: the message in registers, the server runs at once.

use super::checks::Cores;
use super::message::{Delivered, Sent};
use super::time::Time;
use crate::base::address::Badge;
use crate::base::arch::{Arch, CoreNumber, SpaceRoot};
use crate::base::registers::BADGE;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::endpoint::{Alone, Endpoint, ThreadQueue};
use crate::object::reply::{Grant, Reply, ReplyState};
use crate::object::thread::{CallKind, State, Thread, Use};
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
    time: Time,
    tables: SpaceRoot,
}

impl<A: Arch> System<A> {
    /// A call of the current thread. The server that runs then, with the message; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_call(&mut self, here: CoreNumber, cores: Cores, sent: Sent) -> Option<Delivered> {
        let tag = sent.plain_tag()?;
        let meeting = self.check_fast_call(here, cores, sent.address)?;
        let units = self.commit_fast_call(here, meeting);
        Some(Delivered { thread: meeting.receiver, tag, words: sent.words, units })
    }

    #[inline(always)]
    fn check_fast_call(&self, here: CoreNumber, cores: Cores, address: u64) -> Option<Meeting> {
        let caller = self.core(here).current?;
        let Capability::Endpoint { rights, object: endpoint, badge } = self.fast_capability(caller, address) else {
            return None;
        };
        if !rights.contains(Rights::CALL) {
            return None;
        }
        let &Alone { receiver, reply, rights } = self.store.get(endpoint).alone.as_ref()?;
        if !self.would_run(here, cores, receiver) {
            return None;
        }
        let tables = self.remembered_tables(receiver)?;
        let slice = self.core(here).slice?;
        let time = match self.store.get(receiver).running_on {
            None => self.same_time(here, slice)?,
            Some(own) => self.own_time(here, slice, own)?,
        };
        Some(Meeting { caller, receiver, endpoint, badge, reply, grant: Grant::of(rights), time, tables })
    }

    #[inline(always)]
    fn commit_fast_call(&mut self, here: CoreNumber, meeting: Meeting) -> Use {
        let Meeting { caller, receiver, endpoint, badge, reply, grant, time, tables } = meeting;
        self.store.get_mut(endpoint).set_queue(ThreadQueue { first: None });
        let loan = self.pass_time(here, caller, receiver, time);
        let object = self.store.get_mut(receiver);
        object.context.x[BADGE] = badge.value();
        object.replies = Some(reply);
        object.state = State::Ready;
        self.store.get_mut(reply).state =
            ReplyState::Owed { grant, caller, server: receiver, next: None, previous: None, loan };
        self.store.get_mut(caller).state = State::AwaitingReply { kind: CallKind::Message, reply };
        self.switch(here, caller, receiver, tables)
    }
}
