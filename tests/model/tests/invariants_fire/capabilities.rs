//! The derivation tree, rights and counters. Calls `stage`.

use crate::stage::{cnode, endpoint, fires, forget, notification, place, reply, waiter};
use l4k::base::address::Badge;
use l4k::base::store::Ref;
use l4k::object::capability::Capability;
use l4k::object::cnode::CNode;
use l4k::object::reply::ReplyState;
use l4k::object::slot::Slot;
use l4k_model::objects::Time;
use l4k_model::world::{CORE, World, slot};
use l4k_sys::abi::{ObjectKind, Rights, SystemCall};

/// An endpoint with a copy, whose links are about to be changed.
fn copied(world: &mut World) -> (u64, u64) {
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let copy = world.copy(endpoint, Rights::CALL);
    (endpoint, copy)
}

fn contents(world: &mut World, number: u64) -> &mut Slot {
    let slot = place(world, number);
    world.kernel.system.store.get_mut(slot)
}

#[test]
fn links_that_are_not_mutual() {
    fires("previous of", |world| {
        let (endpoint, _) = copied(world);
        contents(world, endpoint).links.child = None;
    });
    fires("first child of", |world| {
        let (_, copy) = copied(world);
        contents(world, copy).links.previous = None;
    });
    fires("next sibling of", |world| {
        let (elder, _) = copied(world);
        world.make(ObjectKind::Endpoint, 0);
        contents(world, elder).links.previous = None;
    });
}

#[test]
fn links_of_empty_slots() {
    fires("is linked to the empty slot", |world| {
        let (_, copy) = copied(world);
        let empty = place(world, 2000);
        contents(world, copy).links.child = Some(empty);
    });
    fires("an empty slot has no links", |world| {
        let (endpoint, _) = copied(world);
        contents(world, endpoint).capability = Capability::Empty;
    });
}

#[test]
fn a_tree_that_is_none() {
    fires("stands in the derivation tree twice", |world| {
        let (endpoint, copy) = copied(world);
        let slot = place(world, copy);
        contents(world, endpoint).links.next = Some(slot);
    });
    fires("has a circle around", |world| {
        let (endpoint, copy) = copied(world);
        let (above, below) = (place(world, endpoint), place(world, copy));
        contents(world, slot::UNTYPED).links.child = None;
        contents(world, endpoint).links.previous = Some(below);
        contents(world, copy).links.child = Some(above);
    });
}

#[test]
fn tables_without_a_header() {
    fires("a CNode without a header", |world| {
        let table = world.make(ObjectKind::CNode, 6);
        let header = cnode(world, table).header();
        world.kernel.system.store.get_mut(header).capability = Capability::Empty;
    });
}

/// A CNode that an interrupted deletion has begun to empty. Its slot.
fn half_deleted(world: &mut World) -> u64 {
    let table = world.make(ObjectKind::CNode, 6);
    world.kernel.system.store.machine.preempt_after.set(Some(3));
    world.system_call(SystemCall::CNodeDelete as u64, [0, table, 0, 0, 0, 0, 0, 0], 0);
    world.kernel.system.store.machine.preempt_after.set(None);
    table
}

fn header(world: &mut World, remnant: u64) -> &mut Capability {
    let Capability::Remnant { object } = world.capability(remnant) else { panic!("a remnant") };
    header_of(world, object)
}

#[test]
fn deletions_that_do_not_know_what_is_theirs() {
    fires("names a CNode that does not name it", |world| {
        let (first, second) = (half_deleted(world), half_deleted(world));
        contents(world, first).capability = world.capability(second);
    });
    fires("the remnant of", |world| {
        let half = half_deleted(world);
        contents(world, half).capability = Capability::Empty;
    });
    fires("ends at", |world| {
        let (first, second) = (half_deleted(world), half_deleted(world));
        let Capability::Remnant { object } = world.capability(second) else { panic!("a remnant") };
        let Capability::DyingRoot { latest, .. } = header(world, first) else { panic!("a root") };
        *latest = object;
    });
    fires("is in no list", |world| {
        let half = half_deleted(world);
        let Capability::Remnant { object } = world.capability(half) else { panic!("a remnant") };
        contents(world, half).capability = Capability::Empty;
        *header_of(world, object) = Capability::DyingInner { size_bits: 6, cursor: 1, below: object, root: object };
    });
}

fn header_of(world: &mut World, object: Ref<CNode>) -> &mut Capability {
    &mut world.kernel.system.store.get_mut(object.header()).capability
}

#[test]
fn copies_that_are_more_than_their_parents() {
    fires("has rights that", |world| {
        let (_, copy) = copied(world);
        let Capability::Endpoint { rights, .. } = &mut contents(world, copy).capability else { panic!() };
        *rights = Rights::ALL;
        let below = world.copy(copy, Rights::ALL);
        let copy = contents(world, copy);
        let Capability::Endpoint { rights, .. } = &mut copy.capability else { panic!() };
        *rights = Rights::CALL;
        assert_eq!(world.capability(below).rights(), Rights::ALL);
    });
    fires("has another badge than", |world| {
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let minted = world.mint(endpoint, Rights::ALL, 5);
        let below = world.copy(minted, Rights::ALL);
        let Capability::Endpoint { badge, .. } = &mut contents(world, below).capability else { panic!() };
        *badge = Badge::new(6);
    });
    fires("has another badge than", |world| {
        let notification = world.make(ObjectKind::Notification, 0);
        let minted = world.mint(notification, Rights::ALL, 5);
        let below = world.copy(minted, Rights::ALL);
        let Capability::Notification { badge, .. } = &mut contents(world, below).capability else { panic!() };
        *badge = Badge::NONE;
    });
}

#[test]
fn copies_of_something_else() {
    fires("is a copy of another object", |world| {
        let other = world.make(ObjectKind::Endpoint, 0);
        let (_, copy) = copied(world);
        let other = endpoint(world, other);
        let Capability::Endpoint { object, .. } = &mut contents(world, copy).capability else { panic!() };
        *object = other;
    });
    fires("is a copy of another object", |world| {
        let other = world.make(ObjectKind::Frame, 12);
        let frame = world.make(ObjectKind::Frame, 12);
        let copy = world.copy(frame, Rights::ALL);
        contents(world, copy).capability = world.capability(other);
    });
    fires("is a copy of another object", |world| {
        let copy = world.copy(slot::SCHED_CONTROL, Rights::ALL);
        contents(world, copy).capability = Capability::SchedControl { core: 1 };
    });
}

#[test]
fn counters() {
    fires("capabilities to (Endpoint", |world| {
        let number = world.make(ObjectKind::Endpoint, 0);
        let object = endpoint(world, number);
        world.kernel.system.store.get_mut(object).references = 2;
    });
    fires("capabilities to (Notification", |world| {
        let number = world.make(ObjectKind::Notification, 0);
        let copy = world.copy(number, Rights::ALL);
        forget(world, copy);
    });
    fires("has another size than its CNode", |world| {
        let number = world.make(ObjectKind::CNode, 6);
        let Capability::CNode { size_bits, .. } = &mut contents(world, number).capability else { panic!() };
        *size_bits = 5;
    });
}

#[test]
fn what_refers_to_an_object_that_is_gone() {
    fires("a thread refers to what is gone", |world| {
        let thread = world.spawn(5, Time::Own);
        forget(world, thread.context);
    });
    fires("a context refers to what is gone", |world| {
        let thread = world.spawn(5, Time::Own);
        forget(world, thread.slot);
    });
    fires("a thread refers to what is gone", |world| {
        let number = world.make(ObjectKind::Notification, 0);
        waiter(world, 5, number);
        forget(world, number);
    });
    fires("a notification refers to what is gone", |world| {
        let number = world.make(ObjectKind::Notification, 0);
        let thread = world.spawn(5, Time::Lent);
        world.call(SystemCall::ThreadBindNotification, &[thread.slot, number]).unwrap();
        forget(world, thread.slot);
        assert_eq!(world.kernel.system.store.get(notification(world, number)).bound, Some(thread.thread));
    });
    fires("a reply object refers to what is gone", |world| {
        let number = world.make(ObjectKind::Reply, 0);
        let thread = world.spawn(5, Time::Lent);
        let object = reply(world, number);
        world.kernel.system.store.get_mut(object).state = ReplyState::Offered { receiver: thread.thread };
        forget(world, thread.slot);
    });
}

#[test]
fn what_a_core_has_loaded_and_is_gone() {
    fires("the thread whose registers are loaded is gone", |world| {
        let thread = world.spawn(5, Time::Lent);
        world.kernel.system.core_mut(CORE).loaded_thread = Some(thread.thread);
        forget(world, thread.slot);
    });
    fires("the thread that makes a call is gone", |world| {
        let thread = world.spawn(5, Time::Lent);
        world.kernel.system.caller = Some(thread.thread);
        forget(world, thread.slot);
    });
}
