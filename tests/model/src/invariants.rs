//! The invariants, as code over the kernel's whole state. They find every object from the slots and compare what refers to what.

// house: long file because the invariants are read together, as one list.

use crate::world::{CORE, World};
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::capability::Capability;
use l4k::object::cnode::CNode;
use l4k::object::endpoint::{Side, ThreadQueue};
use l4k::object::reply::{Reply, ReplyState};
use l4k::object::slot::Slot;
use l4k::object::thread::{State, Thread, ThreadSlot};
use l4k::operation::system::System;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that can be reached.
#[derive(Debug, Default)]
struct Reached {
    slots: BTreeMap<Ref<Slot>, Slot>,
    threads: BTreeSet<Ref<Thread>>,
    replies: BTreeSet<Ref<Reply>>,
    counts: BTreeMap<String, u32>,
}

/// Every thread that a capability reaches.
#[must_use]
pub fn live_threads(world: &World) -> BTreeSet<Ref<Thread>> {
    reach(world).threads
}

/// Checks every invariant.
///
/// # Panics
/// With the name of the invariant that does not hold.
pub fn check(world: &World) {
    let system = &world.kernel.system;
    let reached = reach(world);
    check_links(&reached);
    check_ranges(&reached);
    check_references(system, &reached);
    check_threads(system, &reached);
    check_queues(system, &reached);
    check_replies(system, &reached);
    check_ready(system, &reached);
    check_mappings(system, &reached);
}

fn reach(world: &World) -> Reached {
    let system = &world.kernel.system;
    let mut reached = Reached::default();
    let mut tables = vec![world.table];
    let mut seen: BTreeSet<Ref<CNode>> = BTreeSet::new();
    let mut dying = system.dying;
    while let Some(table) = dying {
        tables.push(table);
        let Capability::CNodeHeader { next, .. } = system.store.get(table).header.capability else { panic!() };
        dying = next;
    }
    loop {
        while let Some(table) = tables.pop() {
            if seen.insert(table) {
                visit_table(system, table, &mut reached, &mut tables);
            }
        }
        // What only a circle of CNodes reaches is still in the derivation tree.
        let linked: Vec<Ref<Slot>> = reached
            .slots
            .values()
            .flat_map(|slot| [slot.links.child, slot.links.next, slot.links.previous])
            .flatten()
            .filter(|slot| !reached.slots.contains_key(slot))
            .collect();
        let before = reached.slots.len();
        for slot in linked {
            if !reached.slots.contains_key(&slot) {
                visit(system, slot, &mut reached, &mut tables);
            }
        }
        if reached.slots.len() == before {
            break;
        }
    }
    reached
}

fn visit_table(system: &System<Simulated>, table: Ref<CNode>, reached: &mut Reached, tables: &mut Vec<Ref<CNode>>) {
    let Capability::CNodeHeader { size_bits, references, .. } = system.store.get(table).header.capability else {
        panic!("a CNode without a header at {table:?}");
    };
    if references == 0 {
        reached.slots.insert(table.header(), *system.store.get(table.header()));
    }
    for index in 1..1 << size_bits {
        let slot = table.slot(index);
        if !reached.slots.contains_key(&slot) {
            visit(system, slot, reached, tables);
        }
    }
}

fn visit(system: &System<Simulated>, slot: Ref<Slot>, reached: &mut Reached, tables: &mut Vec<Ref<CNode>>) {
    let contents = *system.store.get(slot);
    if contents.capability == Capability::Empty {
        assert_eq!(contents, Slot::EMPTY, "an empty slot has no links ({slot:?})");
        return;
    }
    reached.slots.insert(slot, contents);
    if let Some(key) = object_key(&contents.capability) {
        *reached.counts.entry(key).or_default() += 1;
    }
    match contents.capability {
        Capability::CNode { object, .. } => tables.push(object),
        Capability::Thread { object } if reached.threads.insert(object) => {
            for which in ThreadSlot::ALL {
                visit(system, object.slot(which), reached, tables);
            }
        }
        Capability::Reply { object } => {
            reached.replies.insert(object);
        }
        Capability::Irq { object } if !reached.slots.contains_key(&object.notification()) => {
            visit(system, object.notification(), reached, tables);
        }
        _ => (),
    }
}

fn object_key(capability: &Capability) -> Option<String> {
    Some(match capability {
        Capability::CNode { object, .. } => format!("cnode {object:?}"),
        Capability::Thread { object } => format!("thread {object:?}"),
        Capability::Endpoint { object, .. } => format!("endpoint {object:?}"),
        Capability::Notification { object, .. } => format!("notification {object:?}"),
        Capability::Reply { object } => format!("reply {object:?}"),
        Capability::SchedContext { object } => format!("context {object:?}"),
        Capability::AddressSpace { object } => format!("space {object:?}"),
        Capability::AsidPool { object } => format!("pool {object:?}"),
        Capability::Irq { object } => format!("irq {object:?}"),
        _ => return None,
    })
}

/// Links of the derivation tree are mutually inverse, and reach no empty slot.
fn check_links(reached: &Reached) {
    for (slot, contents) in &reached.slots {
        let links = contents.links;
        for neighbour in [links.child, links.next, links.previous].into_iter().flatten() {
            assert!(reached.slots.contains_key(&neighbour), "{slot:?} is linked to the empty slot {neighbour:?}");
        }
        if let Some(child) = links.child {
            assert_eq!(reached.slots[&child].links.previous, Some(*slot), "first child of {slot:?}");
        }
        if let Some(next) = links.next {
            assert_eq!(reached.slots[&next].links.previous, Some(*slot), "next sibling of {slot:?}");
        }
        if let Some(previous) = links.previous {
            let other = reached.slots[&previous].links;
            assert!(other.child == Some(*slot) || other.next == Some(*slot), "previous of {slot:?}");
        }
    }
}

fn children(reached: &Reached, slot: Ref<Slot>) -> Vec<Ref<Slot>> {
    let mut children = Vec::new();
    let mut next = reached.slots[&slot].links.child;
    while let Some(child) = next {
        children.push(child);
        assert!(children.len() <= reached.slots.len(), "a cycle below {slot:?}");
        next = reached.slots[&child].links.next;
    }
    children
}

/// What was made of an untyped lies below its watermark, in its range, and apart from its siblings.
fn check_ranges(reached: &Reached) {
    for (slot, contents) in &reached.slots {
        let Capability::Untyped { size_bits, watermark, base, .. } = contents.capability else { continue };
        let end = base.value() + u64::from(watermark) * 32;
        assert!(end <= base.value() + size_bits.bytes(), "watermark of {slot:?} beyond its end");
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for child in children(reached, *slot) {
            let Some((start, bytes)) = range(&reached.slots[&child].capability) else { continue };
            assert!(start >= base.value() && start + bytes <= end, "{child:?} outside its untyped {slot:?}");
            ranges.push((start, start + bytes));
        }
        ranges.sort_unstable();
        ranges.dedup();
        for pair in ranges.windows(2) {
            assert!(pair[0].1 <= pair[1].0, "objects overlap: {pair:x?}");
        }
    }
}

fn range(capability: &Capability) -> Option<(u64, u64)> {
    Some(match *capability {
        Capability::Untyped { size_bits, base, .. } => (base.value(), size_bits.bytes()),
        Capability::CNode { object, size_bits, .. } => (object.address().value(), 32 << size_bits),
        Capability::Thread { object } => (object.address().value(), 1024),
        Capability::Endpoint { object, .. } => (object.address().value(), 32),
        Capability::Notification { object, .. } => (object.address().value(), 64),
        Capability::Reply { object } => (object.address().value(), 64),
        Capability::SchedContext { object } => (object.address().value(), 128),
        Capability::Irq { object } => (object.address().value(), 64),
        Capability::AsidPool { object } => (object.address().value(), 4096),
        Capability::Frame { shape, number, .. } => (u64::from(number) << 12, shape.size().bytes()),
        _ => return None,
    })
}

/// An object's counter is the number of its capabilities.
fn check_references(system: &System<Simulated>, reached: &Reached) {
    for contents in reached.slots.values() {
        let Some(key) = object_key(&contents.capability) else { continue };
        let count = match contents.capability {
            Capability::CNode { object, .. } => match system.store.get(object).header.capability {
                Capability::CNodeHeader { references, .. } => references,
                _ => panic!("no header"),
            },
            Capability::Thread { object } => system.store.get(object).references,
            Capability::Endpoint { object, .. } => system.store.get(object).references,
            Capability::Notification { object, .. } => system.store.get(object).references,
            Capability::Reply { object } => system.store.get(object).references,
            Capability::SchedContext { object } => system.store.get(object).references,
            Capability::AddressSpace { object } => system.store.get(object).references,
            Capability::AsidPool { object } => system.store.get(object).references,
            Capability::Irq { object } => system.store.get(object).references,
            _ => continue,
        };
        assert_eq!(count, reached.counts[&key], "capabilities to {key}");
    }
}

/// What a thread refers to refers back to it.
fn check_threads(system: &System<Simulated>, reached: &Reached) {
    for &thread in &reached.threads {
        let object = system.store.get(thread);
        if let Some(context) = object.running_on {
            assert_eq!(system.store.get(context).thread, Some(thread), "context of {thread:?}");
        }
        if let Some(context) = object.own_context {
            assert_eq!(system.store.get(context).owner, Some(thread), "own context of {thread:?}");
        }
        if let Some(notification) = object.notification {
            assert_eq!(system.store.get(notification).bound, Some(thread), "bound notification of {thread:?}");
        }
        match object.state {
            State::AwaitingReply { reply, .. } => assert!(
                matches!(system.store.get(reply).state, ReplyState::Owed { caller, .. } if caller == thread),
                "{thread:?} awaits {reply:?}"
            ),
            State::Receiving { reply, .. } => {
                assert_eq!(system.store.get(reply).state, ReplyState::Offered { receiver: thread }, "{thread:?}");
            }
            _ => (),
        }
    }
    for contents in reached.slots.values() {
        if let Capability::SchedContext { object } = contents.capability {
            let context = system.store.get(object);
            if let Some(thread) = context.thread {
                assert_eq!(system.store.get(thread).running_on, Some(object), "thread of {object:?}");
            }
            if let Some(owner) = context.owner {
                assert_eq!(system.store.get(owner).own_context, Some(object), "owner of {object:?}");
            }
        }
        if let Capability::Notification { object, .. } = contents.capability
            && let Some(bound) = system.store.get(object).bound
        {
            assert_eq!(system.store.get(bound).notification, Some(object), "thread bound to {object:?}");
        }
    }
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
        let priority = system.store.get(first).priority;
        let mut thread = first;
        loop {
            assert_eq!(system.store.get(thread).priority, priority, "a group has one priority");
            threads.push(thread);
            let next = system.store.get(thread).links.next.expect("a ring is closed");
            assert_eq!(system.store.get(next).links.previous, Some(thread), "ring of {first:?}");
            if next == first {
                break;
            }
            thread = next;
        }
        above = group;
        group = links.below;
    }
    let priorities: Vec<_> = threads.iter().map(|thread| system.store.get(*thread).priority).collect();
    assert!(priorities.is_sorted_by(|a, b| a >= b), "a queue is sorted by priority: {priorities:?}");
    threads
}

/// A thread is in the queue that its state says, once, and in no other.
fn check_queues(system: &System<Simulated>, reached: &Reached) {
    let mut found: BTreeMap<Ref<Thread>, String> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for contents in reached.slots.values() {
        let (queue, name) = match contents.capability {
            Capability::Endpoint { object, .. } => {
                let endpoint = system.store.get(object);
                let side = if endpoint.side == Side::Callers { "callers" } else { "receivers" };
                (endpoint.queue, format!("{side} of {object:?}"))
            }
            Capability::Notification { object, .. } => {
                (system.store.get(object).queue, format!("waiters of {object:?}"))
            }
            _ => continue,
        };
        if seen.insert(name.clone()) {
            for thread in queued(system, queue) {
                assert!(found.insert(thread, name.clone()).is_none(), "{thread:?} is in two queues");
            }
        }
    }
    for thread in &reached.threads {
        let expected = match system.store.get(*thread).state {
            State::Calling { endpoint, .. } => Some(format!("callers of {endpoint:?}")),
            State::Receiving { endpoint, .. } => Some(format!("receivers of {endpoint:?}")),
            State::Waiting { notification } => Some(format!("waiters of {notification:?}")),
            _ => None,
        };
        assert_eq!(found.remove(thread), expected, "queue of {thread:?}");
    }
    assert!(found.is_empty(), "queued threads that nobody reaches: {found:?}");
}

/// Reply objects: both sides know, and a server's list holds exactly what it owes.
fn check_replies(system: &System<Simulated>, reached: &Reached) {
    let mut listed = BTreeSet::new();
    for &thread in &reached.threads {
        let (mut next, mut previous) = (system.store.get(thread).replies, None);
        while let Some(reply) = next {
            let ReplyState::Owed { server, next: after, previous: before, .. } = system.store.get(reply).state else {
                panic!("{reply:?} is listed but not owed");
            };
            assert_eq!((server, before), (thread, previous), "list of {thread:?}");
            assert!(listed.insert(reply), "{reply:?} is listed twice");
            previous = next;
            next = after;
        }
    }
    for &reply in &reached.replies {
        match system.store.get(reply).state {
            ReplyState::Idle => (),
            ReplyState::Offered { receiver } => assert!(
                matches!(system.store.get(receiver).state, State::Receiving { reply: other, .. } if other == reply),
                "{reply:?} is offered"
            ),
            ReplyState::Owed { caller, .. } => {
                assert!(listed.contains(&reply), "{reply:?} is owed by nobody");
                assert!(
                    matches!(system.store.get(caller).state, State::AwaitingReply { reply: other, .. } if other == reply),
                    "{reply:?} is owed"
                );
            }
        }
    }
}

/// A ready thread with a context is current or in the ready queue; no other thread is.
fn check_ready(system: &System<Simulated>, reached: &Reached) {
    let core = system.core(CORE);
    assert!(core.ready.is_consistent(), "ready bitmap equals queues");
    let mut ready = BTreeSet::new();
    for priority in 0..=255 {
        let Some(first) = core.ready.first(priority) else { continue };
        let mut thread = first;
        loop {
            assert_eq!(system.store.get(thread).priority, priority, "{thread:?} in a foreign ring");
            assert!(ready.insert(thread), "{thread:?} is ready twice");
            let next = system.store.get(thread).links.next.expect("a ring is closed");
            assert_eq!(system.store.get(next).links.previous, Some(thread), "ready ring {priority}");
            if next == first {
                break;
            }
            thread = next;
        }
    }
    if let Some(current) = core.current {
        assert!(ready.insert(current), "the current thread is in the ready queue");
    }
    for thread in &reached.threads {
        let object = system.store.get(*thread);
        let expected = object.state == State::Ready && object.running_on.is_some();
        assert_eq!(ready.remove(thread), expected, "{thread:?} ({:?}) ready", object.state);
    }
    assert!(ready.is_empty(), "ready threads that nobody reaches: {ready:?}");
}

/// Every leaf in a space's tables belongs to a capability that says so.
fn check_mappings(system: &System<Simulated>, reached: &Reached) {
    let mut mapped = BTreeSet::new();
    for slot in reached.slots.keys() {
        let Ok(frame) = system.frame_in(*slot) else { continue };
        if let Some(mapping) = frame.mapping {
            let space = system.space_with(mapping.space).expect("frame_in forgets spaces that are gone");
            let key = (space, mapping.page.value());
            assert!(mapped.insert(key), "two capabilities say that they are mapped at {key:x?}");
            let level = l4k::operation::table_walk::leaf_level(frame.size);
            let place = system.find_entry(space, mapping.page, level).expect("an entry");
            assert!(
                matches!(place.entry, l4k::base::arch::TableEntry::Leaf { address, rights, .. }
                    if address == frame.address && frame.rights.contains(rights)),
                "{slot:?} is not mapped as it says"
            );
        }
    }
    let mut spaces = BTreeSet::new();
    for contents in reached.slots.values() {
        if let Capability::AddressSpace { object } = contents.capability
            && spaces.insert(object)
        {
            let leaves = mapped.iter().filter(|(space, _)| *space == object).count();
            assert_eq!(crate::leaves::count(system, object), leaves, "leaves of {object:?}");
        }
    }
}
