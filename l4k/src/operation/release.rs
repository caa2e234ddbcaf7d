//! Ready threads whose time is still to come, by core: a radix priority search tree (McCreight, 'Priority Search Trees',
//! SIAM J. Comput. 14(2), 1985).
//!
//! A thread's release is no earlier than that of the thread above it, so the earliest is at the top. At level n, bit n of
//! the priority, counted from the highest, tells the side. So the earliest release of all threads from a priority on is
//! found in eight steps: a core's timer is set to that, since a release that preempts nobody must not interrupt the core.
//! Below level 7 all threads have the same priority; they are a heap, see `release_heap`. May call `release_heap`.

use super::system::System;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::base::time::Instant;
use crate::object::thread::{Priority, QueueLinks, Thread};

/// Levels of the tree: bits of a priority.
const LEVELS: u32 = Priority::BITS;

/// The rank of a thread in the tree. In a heap it is below.
pub const IN_TREE: u8 = 0x80;

/// Where a thread hangs: below another one, or at a core's top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Top(CoreNumber),
    Low(Ref<Thread>),
    High(Ref<Thread>),
}

impl Place {
    /// The place below a thread for a priority. The thread is at this level.
    const fn below(thread: Ref<Thread>, priority: Priority, level: u32) -> Place {
        if is_high(priority, level) { Place::High(thread) } else { Place::Low(thread) }
    }
}

const fn is_high(priority: Priority, level: u32) -> bool {
    priority >> (LEVELS - 1 - level) & 1 == 1
}

impl<A: Arch> System<A> {
    /// Of a core's waiting threads from a priority on, the one that is released first.
    #[must_use]
    pub fn first_released(&self, core: CoreNumber, least: Priority) -> Option<Ref<Thread>> {
        let (mut first, mut next) = (None, self.core(core).waiting);
        for level in 0..=LEVELS {
            let Some(thread) = next else { break };
            let object = self.store.get(thread);
            if object.priority >= least {
                return self.earlier(first, Some(thread));
            }
            if level == LEVELS {
                break;
            }
            next = if is_high(least, level) {
                object.links.previous
            } else {
                // All threads on the high side are above the least.
                first = self.earlier(first, object.links.previous);
                object.links.next
            };
        }
        first
    }

    /// When a thread may run: at the release of its context's first refill.
    #[must_use]
    pub fn release_of(&self, thread: Ref<Thread>) -> Instant {
        let context = self.store.get(thread).running_on;
        context.map_or(Instant(0), |context| self.store.get(context).refills.first().release)
    }

    /// Puts a thread that is in no queue among those that wait.
    pub fn release_insert(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        let (mut moving, mut place) = (thread, Place::Top(core));
        for level in 0..LEVELS {
            let Some(mut there) = self.at(place) else {
                let object = self.store.get_mut(moving);
                (object.links, object.rank) = (QueueLinks::default(), IN_TREE);
                self.put(place, Some(moving));
                return;
            };
            if self.release_of(moving) < self.release_of(there) {
                self.replace(place, there, moving);
                core::mem::swap(&mut moving, &mut there);
            }
            place = Place::below(there, self.store.get(moving).priority, level);
        }
        let object = self.store.get_mut(moving);
        (object.links, object.rank) = (QueueLinks::default(), 1);
        let merged = self.merge(self.at(place), Some(moving));
        self.put(place, merged);
    }

    /// Takes a thread from those that wait.
    pub fn release_remove(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        for _ in 0..LEVELS {
            let object = self.store.get(thread);
            let below = self.earlier(object.links.next, object.links.previous).filter(|_| object.rank == IN_TREE);
            let Some(below) = below else { break };
            self.trade_places(core, thread, below);
        }
        let place = self.place_of(core, thread);
        let Thread { links, rank, .. } = *self.store.get(thread);
        let below = if rank == IN_TREE { None } else { self.merge(links.next, links.previous) };
        self.put(place, below);
        self.rank_upwards_from(links.above);
        let object = self.store.get_mut(thread);
        (object.links, object.rank) = (QueueLinks::default(), 0);
    }

    /// Which of two is released first; the first one, if both are at the same time.
    fn earlier(&self, a: Option<Ref<Thread>>, b: Option<Ref<Thread>>) -> Option<Ref<Thread>> {
        match (a, b) {
            (Some(x), Some(y)) if self.release_of(y) < self.release_of(x) => b,
            (Some(_), _) => a,
            (None, _) => b,
        }
    }

    fn at(&self, place: Place) -> Option<Ref<Thread>> {
        match place {
            Place::Top(core) => self.core(core).waiting,
            Place::Low(above) => self.store.get(above).links.next,
            Place::High(above) => self.store.get(above).links.previous,
        }
    }

    fn put(&mut self, place: Place, thread: Option<Ref<Thread>>) {
        let above = match place {
            Place::Top(core) => {
                self.core_mut(core).waiting = thread;
                None
            }
            Place::Low(above) => {
                self.store.get_mut(above).links.next = thread;
                Some(above)
            }
            Place::High(above) => {
                self.store.get_mut(above).links.previous = thread;
                Some(above)
            }
        };
        if let Some(thread) = thread {
            self.store.get_mut(thread).links.above = above;
        }
    }

    fn place_of(&self, core: CoreNumber, thread: Ref<Thread>) -> Place {
        match self.store.get(thread).links.above {
            None => Place::Top(core),
            Some(above) if self.store.get(above).links.next == Some(thread) => Place::Low(above),
            Some(above) => Place::High(above),
        }
    }

    /// A thread that is in no queue takes the place of one in the tree, with all that is below.
    fn replace(&mut self, place: Place, old: Ref<Thread>, new: Ref<Thread>) {
        let Thread { links, rank, .. } = *self.store.get(old);
        let object = self.store.get_mut(new);
        (object.links, object.rank) = (QueueLinks::default(), rank);
        self.put(place, Some(new));
        self.put(Place::Low(new), links.next);
        self.put(Place::High(new), links.previous);
    }

    /// A thread in the tree and the one right below it take each other's places.
    fn trade_places(&mut self, core: CoreNumber, upper: Ref<Thread>, lower: Ref<Thread>) {
        let place = self.place_of(core, upper);
        let Thread { links: above, .. } = *self.store.get(upper);
        let Thread { links: below, rank, .. } = *self.store.get(lower);
        (self.store.get_mut(upper).rank, self.store.get_mut(lower).rank) = (rank, IN_TREE);
        self.put(Place::Low(upper), below.next);
        self.put(Place::High(upper), below.previous);
        self.put(place, Some(lower));
        let moved = |child: Option<Ref<Thread>>| if child == Some(lower) { Some(upper) } else { child };
        self.put(Place::Low(lower), moved(above.next));
        self.put(Place::High(lower), moved(above.previous));
    }
}
