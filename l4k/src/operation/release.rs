//! Ready threads whose time is still to come, by core: a leftist heap (Crane 1972) with the earliest release at its top. Its links are those of
//! threads that are in no other queue: left and right below, `above` for the parent. Every operation passes at most twice the
//! logarithm of the number of threads.

use super::system::System;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::base::time::Instant;
use crate::object::thread::{QueueLinks, Thread};

/// Steps of any way through a heap: references have 32 bits, so that no right spine is longer than that, and a merge passes two.
const STEPS: u32 = 64;

/// Whether a way upwards goes on where nothing changes any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upwards {
    ToTheTop,
    AsFarAsNeeded,
}

impl<A: Arch> System<A> {
    /// The first release among a core's waiting threads.
    #[must_use]
    pub fn next_release(&self, core: CoreNumber) -> Option<Instant> {
        self.core(core).waiting.map(|thread| self.release_of(thread))
    }

    /// When a thread may run: at the release of its context's first refill.
    #[must_use]
    pub fn release_of(&self, thread: Ref<Thread>) -> Instant {
        let context = self.store.get(thread).running_on;
        context.map_or(Instant(0), |context| self.store.get(context).refills.first().release)
    }

    /// Puts a thread that is in no queue among those that wait.
    pub fn release_insert(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        let object = self.store.get_mut(thread);
        object.links = QueueLinks::default();
        object.rank = 1;
        let merged = self.merge(self.core(core).waiting, Some(thread));
        self.core_mut(core).waiting = merged;
    }

    /// Takes a thread from those that wait.
    pub fn release_remove(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        let links = self.store.get(thread).links;
        let below = self.merge(links.next, links.previous);
        if let Some(below) = below {
            self.store.get_mut(below).links.above = links.above;
        }
        match links.above {
            None => self.core_mut(core).waiting = below,
            Some(parent) => {
                let side = &mut self.store.get_mut(parent).links;
                if side.next == Some(thread) {
                    side.next = below;
                } else {
                    side.previous = below;
                }
                self.rank_upwards(Some(parent), Upwards::AsFarAsNeeded);
            }
        }
        let object = self.store.get_mut(thread);
        object.links = QueueLinks::default();
        object.rank = 0;
    }

    /// One heap of two: their right spines become one, in order.
    fn merge(&mut self, a: Option<Ref<Thread>>, b: Option<Ref<Thread>>) -> Option<Ref<Thread>> {
        let (mut a, mut b, mut top, mut last) = (a, b, None, None);
        for _ in 0..STEPS {
            let (Some(x), Some(y)) = (a, b) else { break };
            let (first, other) = if self.release_of(y) < self.release_of(x) { (y, x) } else { (x, y) };
            self.hang(last, first);
            top = top.or(Some(first));
            last = Some(first);
            (a, b) = (self.store.get(first).links.previous, Some(other));
        }
        if let Some(rest) = a.or(b) {
            self.hang(last, rest);
            top = top.or(Some(rest));
        }
        self.rank_upwards(last, Upwards::ToTheTop);
        top
    }

    /// Makes a thread the right child of another, or a top.
    fn hang(&mut self, parent: Option<Ref<Thread>>, child: Ref<Thread>) {
        self.store.get_mut(child).links.above = parent;
        if let Some(parent) = parent {
            self.store.get_mut(parent).links.previous = Some(child);
        }
    }

    /// From a thread up: the child of the lower rank is the right one, and the rank is one more than its.
    fn rank_upwards(&mut self, from: Option<Ref<Thread>>, upwards: Upwards) {
        let mut next = from;
        for _ in 0..STEPS {
            let Some(thread) = next else { return };
            let links = self.store.get(thread).links;
            let (left, right) = (self.rank(links.next), self.rank(links.previous));
            let object = self.store.get_mut(thread);
            if left < right {
                (object.links.next, object.links.previous) = (links.previous, links.next);
            }
            let before = object.rank;
            object.rank = left.min(right) + 1;
            if upwards == Upwards::AsFarAsNeeded && object.rank == before {
                return;
            }
            next = links.above;
        }
    }

    fn rank(&self, thread: Option<Ref<Thread>>) -> u8 {
        thread.map_or(0, |thread| self.store.get(thread).rank)
    }
}
