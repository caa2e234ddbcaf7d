//! A thread that waited and is ready now, on time of its own: it takes the core if it is more urgent than who runs, and else its place among those
//! that are ready.

use super::checks::{Cores, Slice};
use super::message::{Delivered, Results};
use crate::base::arch::{Arch, CoreNumber, SpaceRoot};
use crate::base::store::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::thread::{Priority, QueueLinks, State, Thread, Use};
use crate::operation::ready::End;
use crate::operation::system::System;

/// How a thread wakes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Waking {
    /// It runs at once.
    Now(Preemption),
    /// Its turn comes after those of this priority, which is its own.
    Later(Priority),
}

/// A thread that takes the core from who woke it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Preemption {
    own: Ref<SchedContext>,
    slice: Slice,
    tables: SpaceRoot,
    /// Of who woke it, which is the first of its priority from then on.
    priority: Priority,
}

impl<A: Arch> System<A> {
    /// How a thread would wake that runs on a slice of its own here.
    #[inline(always)]
    pub(super) fn check_waking(
        &self,
        here: CoreNumber,
        cores: Cores,
        by: Ref<Thread>,
        thread: Ref<Thread>,
    ) -> Option<Waking> {
        let Thread { priority, core, running_on, .. } = *self.store.get(thread);
        let (own, current) = (running_on?, self.store.get(by).priority);
        if (cores != Cores::One && core != here) || !self.store.get(own).is_slice() {
            return None;
        }
        if priority <= current {
            return Some(Waking::Later(priority));
        }
        let slice = self.slice_before(here, self.core(here).slice?)?;
        let tables = self.remembered_tables(thread)?;
        Some(Waking::Now(Preemption { own, slice, tables, priority: current }))
    }

    /// The thread runs, with these results.
    #[inline(always)]
    pub(super) fn wake_now(
        &mut self,
        here: CoreNumber,
        by: Ref<Thread>,
        thread: Ref<Thread>,
        preemption: Preemption,
        results: Results,
    ) -> Delivered {
        let Preemption { own, slice, tables, priority } = preemption;
        let object = self.store.get_mut(thread);
        object.state = State::Ready;
        object.links = QueueLinks::default();
        self.store.get_mut(by).context.set_results(0, [0; 7], 0);
        self.change_slice(here, slice, own);
        self.ring_insert(here, by, priority, End::Front);
        Delivered { thread, units: self.switch(here, by, thread, tables), results }
    }

    /// It is ready; who woke it goes on.
    #[inline(always)]
    pub(super) fn wake_later(
        &mut self,
        here: CoreNumber,
        by: Ref<Thread>,
        thread: Ref<Thread>,
        priority: Priority,
        results: Results,
    ) -> Delivered {
        let object = self.store.get_mut(thread);
        object.state = State::Ready;
        results.put(&mut object.context);
        self.ring_insert(here, thread, priority, End::Back);
        Delivered { thread: by, units: Use::No, results: Results::Success }
    }
}
