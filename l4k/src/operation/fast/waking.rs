//! A thread that waited and is ready now, on time of its own: it takes the core if it is more urgent than who runs, and else its place among those
//! that are ready.

use super::checks::{Cores, Slice};
use super::switch::Switched;
use crate::base::arch::{Arch, CoreNumber, SpaceRoot};
use crate::base::store::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::thread::{Priority, State, Thread, Use};
use crate::operation::ready::End;
use crate::operation::system::System;

/// A thread that wakes, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waking {
    thread: Ref<Thread>,
    /// Who wakes it, which is who runs.
    by: Ref<Thread>,
    turn: Turn,
}

/// When it runs.
#[derive(Clone, Copy, Debug)]
enum Turn {
    /// At once. Who woke it is the first one of its own priority from then on.
    Now { own: Ref<SchedContext>, slice: Slice, tables: SpaceRoot, priority: Priority },
    /// After those of its priority.
    Later { priority: Priority },
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
        let turn = if priority > current {
            let slice = self.slice_before(here, self.core(here).slice?)?;
            Turn::Now { own, slice, tables: self.remembered_tables(thread)?, priority: current }
        } else {
            Turn::Later { priority }
        };
        Some(Waking { thread, by, turn })
    }

    /// It is ready. Who runs then; the results of both are still to be written.
    #[inline(always)]
    pub(super) fn commit_waking(&mut self, here: CoreNumber, Waking { thread, by, turn }: Waking) -> Switched {
        self.store.get_mut(thread).state = State::Ready;
        match turn {
            Turn::Now { own, slice, tables, priority } => {
                self.change_slice(here, slice, own);
                self.ring_insert(here, by, priority, End::Front);
                Switched { thread, units: self.switch(here, by, thread, tables) }
            }
            Turn::Later { priority } => {
                self.ring_insert(here, thread, priority, End::Back);
                Switched { thread: by, units: Use::No }
            }
        }
    }
}
