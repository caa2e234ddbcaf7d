//! Queues of waiting and of ready threads. Calls `stage`.

use crate::stage::{caller, endpoint, fires, forget, notification, passive_server, waiter};
use l4k::base::registers::Shape;
use l4k::base::store::Ref;
use l4k::object::endpoint::{Alone, Side};
use l4k::object::notification::Notification;
use l4k::object::thread::{State, Suspension, Thread};
use l4k::operation::ready::End;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{CORE, World};
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, ObjectKind, Rights, SystemCall};

/// Threads of these priorities that wait for one notification.
fn waiting<const N: usize>(world: &mut World, priorities: [u64; N]) -> ([Spawned; N], Ref<Notification>) {
    let number = world.make(ObjectKind::Notification, 0);
    (priorities.map(|priority| waiter(world, priority, number)), notification(world, number))
}

fn thread(world: &mut World, spawned: Spawned) -> &mut Thread {
    world.kernel.system.store.get_mut(spawned.thread)
}

#[test]
fn queues_that_do_not_hold_whoever_waits() {
    fires("queue of", |world| {
        let (_, notification) = waiting(world, [5]);
        world.kernel.system.store.get_mut(notification).queue.first = None;
    });
    fires("queue of", |world| {
        let ([one], _) = waiting(world, [5]);
        thread(world, one).state = State::Suspended(Suspension::Stopped);
    });
    fires("queue of", |world| {
        let number = world.make(ObjectKind::Endpoint, 0);
        let client = world.spawn(5, Time::Own);
        world.run(client.thread);
        world.system_call(SystemCall::Call as u64, [number, 0, 0, 0, 0, 0, 0, 0], 0);
        let object = endpoint(world, number);
        world.kernel.system.store.get_mut(object).side = Side::Receivers;
    });
    fires("is in two queues", |world| {
        let ([one], _) = waiting(world, [5]);
        let (_, other) = waiting(world, []);
        world.kernel.system.store.get_mut(other).queue.first = Some(one.thread);
    });
    fires("queued threads that nobody reaches", |world| {
        let ([one], _) = waiting(world, [5]);
        world.call(SystemCall::SchedContextUnbind, &[one.context]).unwrap();
        forget(world, one.slot);
    });
}

#[test]
fn rings_that_are_broken() {
    fires("ring of", |world| {
        let ([one], _) = waiting(world, [5]);
        thread(world, one).links.previous = None;
    });
    fires("a ring is closed", |world| {
        let ([one], _) = waiting(world, [5]);
        thread(world, one).links.next = None;
    });
    fires("a ring has one priority", |world| {
        let ([_, two], _) = waiting(world, [5, 5]);
        thread(world, two).priority = 6;
    });
    fires("has links to other groups", |world| {
        let ([_, two], _) = waiting(world, [5, 5]);
        let one = thread(world, two).links.next;
        thread(world, two).links.below = one;
    });
}

#[test]
fn groups_out_of_order() {
    fires("group above", |world| {
        let ([low, _], _) = waiting(world, [5, 7]);
        thread(world, low).links.above = None;
    });
    fires("a queue is sorted by priority", |world| {
        let ([_, high], _) = waiting(world, [5, 7]);
        thread(world, high).priority = 3;
    });
}

#[test]
fn ready_queues_that_do_not_hold_whoever_is_ready() {
    fires("ready", |world| {
        let spawned = world.spawn(5, Time::Own);
        thread(world, spawned).state = State::Suspended(Suspension::Stopped);
    });
    fires("(Ready) ready", |world| world.kernel.system.core_mut(CORE).current = None);
    fires("(Ready) ready", |world| {
        let spawned = world.spawn(5, Time::Lent);
        world.kernel.system.ready_insert(CORE, spawned.thread, End::Back);
    });
    fires("the current thread is in the ready queue", |world| {
        let root = world.root;
        world.kernel.system.ready_insert(CORE, root, End::Back);
    });
    fires("in a foreign ring", |world| {
        let spawned = world.spawn(5, Time::Own);
        thread(world, spawned).priority = 6;
    });
    fires("a ring has one priority", |world| {
        let [_, two] = [world.spawn(5, Time::Own), world.spawn(5, Time::Own)];
        thread(world, two).priority = 6;
    });
    fires("ready threads that nobody reaches", |world| {
        let spawned = world.spawn(5, Time::Lent);
        world.kernel.system.ready_insert(CORE, spawned.thread, End::Back);
        forget(world, spawned.slot);
    });
}

#[test]
fn links_of_a_thread_that_is_in_no_queue() {
    fires("has a rank", |world| {
        let spawned = world.spawn(5, Time::Lent);
        thread(world, spawned).rank = 1;
    });
}

const FAULT: Fault = Fault {
    kind: FaultKind::Alignment,
    access: Access::Read,
    cause: FaultCause::Other,
    level: 0,
    instruction_pointer: 0,
    address: 1,
    syndrome: 0,
    stack_pointer: 0,
    link_register: 0,
};

fn change_alone(world: &mut World, number: u64, change: impl FnOnce(&mut Alone)) {
    let endpoint = endpoint(world, number);
    let place = &mut world.kernel.system.store.get_mut(endpoint).alone;
    let mut alone = place.get().expect("somebody who waits alone");
    change(&mut alone);
    *place = Some(alone).into();
}

#[test]
fn what_fast_paths_go_by() {
    fires("does not wait alone", |world| {
        let server = passive_server(world);
        let other = passive_server(world);
        change_alone(world, server.endpoint, |alone| alone.receiver = other.thread);
    });
    fires("does not wait alone", |world| {
        let server = passive_server(world);
        change_alone(world, server.endpoint, |alone| alone.rights = Rights::NONE);
    });
    fires("the slice of", |world| {
        let spawned = world.spawn(5, Time::Own);
        world.run(spawned.thread);
        world.kernel.system.core_mut(CORE).slice = None;
    });
    fires("with all registers", |world| {
        let ([one], _) = waiting(world, [5]);
        thread(world, one).context.shape = Shape::Full;
    });
    fires("waits with Message", |world| {
        let server = passive_server(world);
        let client = caller(world, server.endpoint);
        thread(world, client).fault.note(&FAULT);
    });
}
