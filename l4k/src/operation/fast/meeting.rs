//! A caller and the server that waits for it alone: what a call and a fault have in common.

use super::checks::Cores;
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

/// What has to change when they meet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meeting {
    caller: Ref<Thread>,
    /// Who runs then.
    pub receiver: Ref<Thread>,
    endpoint: Ref<Endpoint>,
    badge: Badge,
    reply: Ref<Reply>,
    grant: Grant,
    time: Time,
    tables: SpaceRoot,
}

impl<A: Arch> System<A> {
    /// Whether a caller can meet who waits at the endpoint of a capability.
    #[inline(always)]
    pub(super) fn check_meeting(
        &self,
        here: CoreNumber,
        cores: Cores,
        caller: Ref<Thread>,
        called: Capability,
    ) -> Option<Meeting> {
        let Capability::Endpoint { rights, object: endpoint, badge } = called else { return None };
        if !rights.contains(Rights::CALL) {
            return None;
        }
        let Alone { receiver, reply, rights } = self.store.get(endpoint).alone.get()?;
        if !self.would_run(here, cores, receiver) {
            return None;
        }
        let tables = self.remembered_tables(receiver)?;
        let slice = self.core(here).slice?;
        let time = match self.store.get(receiver).running_on {
            None => self.same_time(here, slice, receiver)?,
            Some(own) => self.own_time(here, slice, own)?,
        };
        Some(Meeting { caller, receiver, endpoint, badge, reply, grant: Grant::of(rights), time, tables })
    }

    /// The receiver runs, but for its results and whatever [`Use::Yes`] says.
    #[inline(always)]
    pub(super) fn commit_meeting(&mut self, here: CoreNumber, meeting: Meeting, kind: CallKind) -> Use {
        let Meeting { caller, receiver, endpoint, badge, reply, grant, time, tables } = meeting;
        self.store.get_mut(endpoint).set_queue(ThreadQueue { first: None });
        let loan = self.pass_time(here, caller, receiver, time);
        let object = self.store.get_mut(receiver);
        object.context.x[BADGE] = badge.value();
        object.replies = Some(reply);
        object.state = State::Ready;
        self.store.get_mut(reply).state =
            ReplyState::Owed { grant, caller, server: receiver, next: None, previous: None, loan };
        self.store.get_mut(caller).state = State::AwaitingReply { kind, reply };
        self.switch(here, caller, receiver, tables)
    }
}
