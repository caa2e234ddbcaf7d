//! Each invariant fires on a state corrupted by hand: a check that cannot fail checks nothing.

use l4k::base::address::PhysicalAddress;
use l4k::object::capability::Capability;
use l4k::object::frame::Frame;
use l4k::object::reply::ReplyState;
use l4k::object::thread::{State, Suspension};
use l4k_model::invariants;
use l4k_model::objects::Time;
use l4k_model::world::{CORE, World, slot};
use l4k_sys::abi::{ObjectKind, Rights, SystemCall};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the checks on a world that `corrupt` has changed; they must fail with a message that contains `expected`.
fn fires(expected: &str, corrupt: impl FnOnce(&mut World)) {
    let mut world = World::new();
    corrupt(&mut world);
    let failure = catch_unwind(AssertUnwindSafe(|| invariants::check(&world))).expect_err("the invariant is broken");
    let message = failure
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| failure.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default();
    assert!(message.contains(expected), "{message:?} does not say {expected:?}");
}

fn slot_ref(world: &World, number: u64) -> l4k::base::store::Ref<l4k::object::slot::Slot> {
    world.table.slot(number as u32)
}

#[test]
fn derivation_links() {
    fires("previous of", |world| {
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let copy = world.copy(endpoint, Rights::ALL);
        let parent = slot_ref(world, endpoint);
        assert_eq!(world.kernel.system.store.get(parent).links.child, Some(slot_ref(world, copy)));
        world.kernel.system.store.get_mut(parent).links.child = None;
    });
    fires("first child of", |world| {
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let copy = world.copy(endpoint, Rights::ALL);
        let child = slot_ref(world, copy);
        world.kernel.system.store.get_mut(child).links.previous = None;
    });
    fires("is linked to the empty slot", |world| {
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let empty = slot_ref(world, 2000);
        let place = slot_ref(world, endpoint);
        world.kernel.system.store.get_mut(place).links.child = Some(empty);
    });
    fires("an empty slot has no links", |world| {
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let place = slot_ref(world, endpoint);
        world.kernel.system.store.get_mut(place).capability = Capability::Empty;
    });
}

#[test]
fn ranges() {
    fires("outside its untyped", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        let address = PhysicalAddress::new(0x7000_0000).unwrap();
        let place = slot_ref(world, frame);
        let moved = Frame { address, ..world.kernel.system.frame_in(place).unwrap() };
        world.kernel.system.store.get_mut(place).capability = moved.pack();
    });
    fires("objects overlap", |world| {
        let small = world.make(ObjectKind::Frame, 12);
        let large = world.make(ObjectKind::Untyped, 13);
        let Capability::Untyped { base, .. } = world.capability(large) else { panic!() };
        let place = slot_ref(world, small);
        let moved = Frame { address: base, ..world.kernel.system.frame_in(place).unwrap() };
        world.kernel.system.store.get_mut(place).capability = moved.pack();
    });
    fires("outside its untyped", |world| {
        world.make(ObjectKind::Frame, 12);
        world.kernel.system.set_watermark(world.table.slot(slot::UNTYPED as u32), 32);
    });
}

#[test]
fn counters() {
    fires("capabilities to endpoint", |world| {
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let Capability::Endpoint { object, .. } = world.capability(endpoint) else { panic!() };
        world.kernel.system.store.get_mut(object).references = 2;
    });
}

#[test]
fn references_between_threads_and_objects() {
    fires("own context of", |world| {
        let thread = world.spawn(5, Time::Own);
        let context = world.kernel.system.store.get(thread.thread).own_context.unwrap();
        world.kernel.system.store.get_mut(context).owner = None;
    });
    fires("thread of", |world| {
        let thread = world.spawn(5, Time::Own);
        world.run(thread.thread);
        world.run(world.root);
        let system = &mut world.kernel.system;
        system.ready_remove(CORE, thread.thread);
        system.store.get_mut(thread.thread).running_on = None;
    });
    fires("bound notification of", |world| {
        let notification = world.make(ObjectKind::Notification, 0);
        world.call(SystemCall::ThreadBindNotification, &[slot::THREAD, notification]).unwrap();
        let Capability::Notification { object, .. } = world.capability(notification) else { panic!() };
        world.kernel.system.store.get_mut(object).bound = None;
    });
}

#[test]
fn queues_and_states() {
    let waiting = |world: &mut World| {
        let notification = world.make(ObjectKind::Notification, 0);
        let thread = world.spawn(5, Time::Own);
        world.run(thread.thread);
        world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
        let Capability::Notification { object, .. } = world.capability(notification) else { panic!() };
        (thread.thread, object)
    };
    fires("queue of", |world| {
        let (_, notification) = waiting(world);
        world.kernel.system.store.get_mut(notification).queue.first = None;
    });
    fires("queue of", |world| {
        let (thread, _) = waiting(world);
        world.kernel.system.store.get_mut(thread).state = State::Suspended(Suspension::Stopped);
    });
    fires("ring of", |world| {
        let (thread, _) = waiting(world);
        world.kernel.system.store.get_mut(thread).links.previous = None;
    });
}

#[test]
fn replies() {
    let called = |world: &mut World| {
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let reply = world.make(ObjectKind::Reply, 0);
        let client = world.spawn(5, Time::Own);
        world.run(client.thread);
        world.system_call(SystemCall::Call as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], 0);
        world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
        let Capability::Reply { object } = world.capability(reply) else { panic!() };
        (client.thread, object)
    };
    fires("awaits", |world| {
        let (_, reply) = called(world);
        world.kernel.system.store.get_mut(reply).state = ReplyState::Idle;
        world.kernel.system.store.get_mut(world.root).replies = None;
    });
    fires("is owed by nobody", |world| {
        called(world);
        world.kernel.system.store.get_mut(world.root).replies = None;
    });
    fires("is owed", |world| {
        let (client, _) = called(world);
        world.kernel.system.store.get_mut(client).state = State::Suspended(Suspension::Stopped);
    });
}

#[test]
fn ready_queues() {
    fires("ready", |world| {
        let thread = world.spawn(5, Time::Own);
        world.kernel.system.store.get_mut(thread.thread).state = State::Suspended(Suspension::Stopped);
    });
    fires("in a foreign ring", |world| {
        let thread = world.spawn(5, Time::Own);
        world.kernel.system.store.get_mut(thread.thread).priority = 6;
    });
    fires("ready", |world| world.kernel.system.core_mut(CORE).current = None);
}

#[test]
fn mappings() {
    fires("leaves of", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        let map = [frame, slot::ADDRESS_SPACE, 0x40_0000, 1, 0];
        world.call(SystemCall::FrameMap, &map).unwrap();
        let place = slot_ref(world, frame);
        let unmapped = Frame { mapping: None, ..world.kernel.system.frame_in(place).unwrap() };
        world.kernel.system.store.get_mut(place).capability = unmapped.pack();
    });
    fires("is not mapped as it says", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        let map = [frame, slot::ADDRESS_SPACE, 0x40_0000, 3, 0];
        world.call(SystemCall::FrameMap, &map).unwrap();
        let place = slot_ref(world, frame);
        let weaker = Frame { rights: Rights::READ, ..world.kernel.system.frame_in(place).unwrap() };
        world.kernel.system.store.get_mut(place).capability = weaker.pack();
    });
}
