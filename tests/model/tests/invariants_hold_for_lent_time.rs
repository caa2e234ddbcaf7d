//! Time that was lent stays in the chain of calls of whoever lent it, also when contexts are bound and unbound meanwhile.

use l4k::base::store::Ref;
use l4k::object::thread::Thread;
use l4k_model::invariants;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::World;
use l4k_sys::abi::{ObjectKind, SystemCall};

fn receive(world: &mut World, thread: Ref<Thread>, endpoint: u64, reply: u64) {
    world.run(thread);
    world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
}

fn call(world: &mut World, thread: Ref<Thread>, endpoint: u64) {
    world.run(thread);
    world.system_call(SystemCall::Call as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], 0);
}

/// A server that receives and has no time.
fn passive(world: &mut World, endpoint: u64, reply: u64) -> Spawned {
    let server = world.spawn(50, Time::Own);
    receive(world, server.thread, endpoint, reply);
    unbind(world, server.context);
    server
}

fn unbind(world: &mut World, context: u64) {
    let root = world.root;
    world.run(root);
    world.call(SystemCall::SchedContextUnbind, &[context]).expect("a bound context");
}

#[test]
fn a_caller_whose_time_was_taken_away_does_not_get_that_of_another() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let replies = [(); 2].map(|()| world.make(ObjectKind::Reply, 0));
    let server = passive(&mut world, endpoint, replies[0]);
    let first = world.spawn(5, Time::Own);
    call(&mut world, first.thread, endpoint);
    receive(&mut world, server.thread, endpoint, replies[1]);
    unbind(&mut world, first.context);
    let second = world.spawn(5, Time::Own);
    call(&mut world, second.thread, endpoint);
    assert_eq!(world.runs_on(server.thread), world.sched_context(second.context), "lent by the second caller");
    world.run(server.thread);
    world.system_call(SystemCall::Reply as u64, [replies[0], 0, 0, 0, 0, 0, 0, 0], 0);
    invariants::check(&world);
    assert_eq!(world.runs_on(first.thread), None);
    assert_eq!(world.runs_on(server.thread), world.sched_context(second.context));
}

#[test]
fn a_server_that_has_answered_does_not_keep_time_that_was_lent() {
    let mut world = World::new();
    let endpoints = [(); 2].map(|()| world.make(ObjectKind::Endpoint, 0));
    let replies = [(); 2].map(|()| world.make(ObjectKind::Reply, 0));
    let near = passive(&mut world, endpoints[0], replies[0]);
    let far = passive(&mut world, endpoints[1], replies[1]);
    let client = world.spawn(5, Time::Own);
    call(&mut world, client.thread, endpoints[0]);
    call(&mut world, near.thread, endpoints[1]);
    assert_eq!(world.runs_on(far.thread), world.sched_context(client.context), "lent on");
    let root = world.root;
    world.run(root);
    world.call(SystemCall::SchedContextBind, &[near.context, near.slot]).expect("a free context");
    world.run(far.thread);
    world.system_call(SystemCall::Reply as u64, [replies[1], 0, 0, 0, 0, 0, 0, 0], 0);
    invariants::check(&world);
    assert_ne!(world.runs_on(far.thread), world.sched_context(client.context));
}

#[test]
fn a_call_that_is_cancelled_in_the_middle_of_a_chain_does_not_leave_time_behind() {
    let mut world = World::new();
    let endpoints = [(); 2].map(|()| world.make(ObjectKind::Endpoint, 0));
    let replies = [(); 3].map(|()| world.make(ObjectKind::Reply, 0));
    let first = world.make(ObjectKind::Endpoint, 0);
    let near = passive(&mut world, first, replies[0]);
    let middle = passive(&mut world, endpoints[0], replies[1]);
    let far = passive(&mut world, endpoints[1], replies[2]);
    let client = world.spawn(5, Time::Own);
    call(&mut world, client.thread, first);
    call(&mut world, near.thread, endpoints[0]);
    call(&mut world, middle.thread, endpoints[1]);
    assert_eq!(world.runs_on(far.thread), world.sched_context(client.context), "lent on");
    let root = world.root;
    world.run(root);
    world.call(SystemCall::ThreadCancel, &[near.slot]).expect("it waits");
    invariants::check(&world);
    let lent = world.sched_context(client.context);
    assert_eq!(world.runs_on(far.thread), lent, "it works on");
    world.run(far.thread);
    world.system_call(SystemCall::Reply as u64, [replies[2], 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!(world.runs_on(middle.thread), lent, "answered");
    receive(&mut world, middle.thread, endpoints[0], replies[1]);
    assert_eq!(world.runs_on(near.thread), lent, "who lent it to a server that receives");
}
