//! Waiting threads of one priority: a leftist heap (Crane 1972) with the earliest release at its top. Left and right below are
//! `next` and `previous`. Every operation passes at most twice the logarithm of the number of threads. May call `release`.

use super::release::IN_TREE;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::thread::Thread;

/// Steps of any way through a heap: references have 32 bits, so that no right spine is longer than that, and a merge passes two.
const STEPS: u32 = 64;

/// Whether a way upwards goes on where nothing changes any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upwards {
    ToTheTop,
    AsFarAsNeeded,
}

impl<A: Arch> System<A> {
    /// After a thread has left a heap: the ranks above it. Above the heap is the tree.
    pub(super) fn rank_upwards_from(&mut self, thread: Option<Ref<Thread>>) {
        self.rank_upwards(thread, Upwards::AsFarAsNeeded);
    }

    /// One heap of two: their right spines become one, in order.
    pub(super) fn merge(&mut self, a: Option<Ref<Thread>>, b: Option<Ref<Thread>>) -> Option<Ref<Thread>> {
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
            let Some(thread) = next.filter(|thread| self.store.get(*thread).rank != IN_TREE) else { return };
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
