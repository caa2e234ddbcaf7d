//! A thread's state says which queue it is in, and it is there, once (invariant 7). Calls nobody.

use super::reach::Reached;
use l4k::base::arch::CoreNumber;
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::endpoint::{Endpoint, Side, ThreadQueue};
use l4k::object::notification::Notification;
use l4k::object::thread::{QueueLinks, State, Thread};
use l4k::operation::release::IN_TREE;
use l4k::operation::system::System;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A queue of waiting threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Queue {
    Callers(Ref<Endpoint>),
    Receivers(Ref<Endpoint>),
    Waiters(Ref<Notification>),
}

/// The threads of a queue in order, its links checked.
///
/// # Panics
/// If the links are wrong.
#[must_use]
pub fn queued(system: &System<Simulated>, queue: ThreadQueue) -> Vec<Ref<Thread>> {
    let mut threads = Vec::new();
    let (mut group, mut above) = (queue.first, None);
    while let Some(first) = group {
        let links = system.store.get(first).links;
        assert_eq!(links.above, above, "group above {first:?}");
        threads.extend(ring(system, first));
        above = group;
        group = links.below;
    }
    let priorities: Vec<_> = threads.iter().map(|thread| system.store.get(*thread).priority).collect();
    assert!(priorities.is_sorted_by(|a, b| a >= b), "a queue is sorted by priority: {priorities:?}");
    threads
}

/// The threads of a ring. Only its first has links to other groups.
///
/// # Panics
/// If the links are wrong.
#[must_use]
pub fn ring(system: &System<Simulated>, first: Ref<Thread>) -> Vec<Ref<Thread>> {
    let priority = system.store.get(first).priority;
    let mut threads = Vec::new();
    let mut thread = first;
    loop {
        let object = system.store.get(thread);
        assert_eq!(object.priority, priority, "a ring has one priority ({first:?})");
        let inner = thread == first || (object.links.above.is_none() && object.links.below.is_none());
        assert!(inner, "{thread:?} is not the first of its ring but has links to other groups");
        threads.push(thread);
        let next = object.links.next.expect("a ring is closed");
        assert_eq!(system.store.get(next).links.previous, Some(thread), "ring of {first:?}");
        if next == first {
            return threads;
        }
        thread = next;
    }
}

/// A waiting thread is in the queue that its state says, once, and in no other.
///
/// # Panics
/// If not.
pub fn check_waiting(system: &System<Simulated>, reached: &Reached) {
    let mut found: BTreeMap<Ref<Thread>, Queue> = BTreeMap::new();
    let mut enter = |first, queue| {
        for thread in queued(system, first) {
            assert!(found.insert(thread, queue).is_none(), "{thread:?} is in two queues");
        }
    };
    for &object in &reached.endpoints {
        let endpoint = system.store.get(object);
        let queue = if endpoint.side == Side::Callers { Queue::Callers(object) } else { Queue::Receivers(object) };
        enter(endpoint.queue, queue);
    }
    for &object in &reached.notifications {
        enter(system.store.get(object).queue, Queue::Waiters(object));
    }
    for thread in &reached.threads {
        let expected = match system.store.get(*thread).state {
            State::Calling { endpoint, .. } => Some(Queue::Callers(endpoint)),
            State::Receiving { endpoint, .. } => Some(Queue::Receivers(endpoint)),
            State::Waiting { notification } => Some(Queue::Waiters(notification)),
            State::Suspended(_) | State::Ready | State::AwaitingReply { .. } => None,
        };
        assert_eq!(found.remove(thread), expected, "queue of {thread:?}");
    }
    assert!(found.is_empty(), "queued threads that nobody reaches: {found:?}");
}

/// The threads of a tree of those that wait for their time, its order, sides, ranks and links checked.
///
/// # Panics
/// If they are wrong.
#[must_use]
pub fn waiting(system: &System<Simulated>, top: Option<Ref<Thread>>) -> Vec<Ref<Thread>> {
    let rank = |thread: Option<Ref<Thread>>| thread.map_or(0, |thread| system.store.get(thread).rank);
    let mut found = Vec::new();
    // Who is above, the thread, its level, and the priorities that its place is for.
    type Open = (Option<Ref<Thread>>, Ref<Thread>, u32, Range<u16>);
    let mut open: Vec<Open> = top.into_iter().map(|top| (None, top, 0, 0..256)).collect();
    while let Some((parent, thread, level, priorities)) = open.pop() {
        let object = system.store.get(thread);
        assert_eq!(object.links.above, parent, "parent of {thread:?}");
        assert!(priorities.contains(&u16::from(object.priority)), "side of {thread:?} at level {level}");
        let (left, right) = (rank(object.links.next), rank(object.links.previous));
        let is_right = if level < 8 { object.rank == IN_TREE } else { left >= right && object.rank == right + 1 };
        assert!(is_right, "rank of {thread:?}: {left}, {right}, {}", object.rank);
        let middle = priorities.start.midpoint(priorities.end);
        let [low, high] = if level < 8 {
            [priorities.start..middle, middle..priorities.end]
        } else {
            [priorities.clone(), priorities]
        };
        for (child, side) in [(object.links.next, low), (object.links.previous, high)] {
            let Some(child) = child else { continue };
            assert!(system.release_of(thread) <= system.release_of(child), "{child:?} waits below {thread:?}");
            open.push((Some(thread), child, (level + 1).min(8), side));
        }
        found.push(thread);
        assert!(found.len() < 10_000, "a circle of waiting threads");
    }
    found
}

/// A ready thread with a context is current on the context's core, in that core's ready queue, or waits there for its time; no other thread is or
/// does.
///
/// # Panics
/// If not.
pub fn check_ready(system: &System<Simulated>, reached: &Reached) {
    let mut placed = BTreeMap::new();
    for core in (0..system.core_count).map(CoreNumber) {
        let ready = ready_on(system, core);
        for thread in &ready {
            let own = system.core_of(*thread);
            assert!(own.is_none_or(|own| own == core), "{thread:?} is ready on another core than its time's");
            assert!(placed.insert(*thread, core).is_none(), "{thread:?} is ready on two cores");
        }
        if let Some(current) = system.core(core).current {
            assert!(placed.insert(current, core).is_none(), "the current thread is in the ready queue");
        }
    }
    for thread in &reached.threads {
        let object = system.store.get(*thread);
        let expected = object.state == State::Ready && object.running_on.is_some();
        assert_eq!(placed.remove(thread).is_some(), expected, "{thread:?} ({:?}) ready", object.state);
    }
    assert!(placed.is_empty(), "ready threads that nobody reaches: {placed:?}");
}

/// The threads that could run on a core, or wait there for their time.
fn ready_on(system: &System<Simulated>, core: CoreNumber) -> BTreeSet<Ref<Thread>> {
    let core = system.core(core);
    assert!(core.ready.is_consistent(), "ready bitmap equals queues");
    let mut ready = BTreeSet::new();
    for priority in 0..=255 {
        let Some(first) = core.ready.first(priority) else { continue };
        assert_eq!(system.store.get(first).priority, priority, "{first:?} in a foreign ring");
        for thread in ring(system, first) {
            assert_eq!(system.store.get(thread).rank, 0, "rank of {thread:?}");
            ready.insert(thread);
        }
    }
    for thread in waiting(system, core.waiting) {
        assert!(ready.insert(thread), "{thread:?} is ready and waits for its time");
    }
    ready
}

/// A thread that is in a queue has links. Those of a thread that is in none are what is left of the last one, and mean nothing.
///
/// # Panics
/// If one has.
pub fn check_links(system: &System<Simulated>, reached: &Reached) {
    for &thread in &reached.threads {
        let object = system.store.get(thread);
        let in_queue = match object.state {
            State::Calling { .. } | State::Receiving { .. } | State::Waiting { .. } => true,
            State::Ready => object.running_on.is_some() && system.cores.iter().all(|core| core.current != Some(thread)),
            State::Suspended(_) | State::AwaitingReply { .. } => false,
        };
        let has_links = object.links != QueueLinks::default() || object.rank != 0;
        assert!(has_links || !in_queue, "{thread:?} ({:?}) has no links", object.state);
        assert!(object.rank == 0 || in_queue, "{thread:?} ({:?}) has a rank", object.state);
    }
}
