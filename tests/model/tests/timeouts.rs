//! What happens when a budget is used up, and time that comes with signals.

use l4k::base::arch::Event;
use l4k::base::store::Ref;
use l4k::object::thread::{State, Suspension, Thread};
use l4k_model::invariants;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{CORE, Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{Arrival, FaultKind, ObjectKind, Rights, SystemCall, Tag};

const BUDGET: u64 = 1_000_000;
const PERIOD: u64 = 10_000_000;

fn receive(world: &mut World, thread: Ref<Thread>, endpoint: u64, reply: u64) {
    world.run(thread);
    world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
}

fn as_root<const N: usize>(world: &mut World, call: SystemCall, arguments: [u64; N]) -> Result<(), Error> {
    let root = world.root;
    world.run(root);
    world.call(call, &arguments).map(|_| ())
}

fn context_of(world: &mut World, budget: u64, period: u64) -> u64 {
    let context = world.make(ObjectKind::SchedContext, 0);
    world.call(SystemCall::SchedControlConfigure, &[slot::SCHED_CONTROL, context, budget, period]).unwrap();
    context
}

/// A thread with little time whose timeouts go to an endpoint.
fn client(world: &mut World, priority: u64, timeouts: u64) -> Spawned {
    let client = world.spawn(priority, Time::Lent);
    as_root(world, SystemCall::ThreadSuspend, [client.slot]).unwrap();
    as_root(world, SystemCall::ThreadSetTimeoutEndpoint, [client.slot, timeouts]).unwrap();
    as_root(world, SystemCall::ThreadResume, [client.slot]).unwrap();
    let context = context_of(world, BUDGET, PERIOD);
    as_root(world, SystemCall::SchedContextBind, [context, client.slot]).unwrap();
    Spawned { context, ..client }
}

/// The root stops, and a thread runs.
fn leave_the_stage_to(world: &mut World, thread: Ref<Thread>) {
    let root = world.root;
    world.run(root);
    world.suspend_current();
    assert_eq!(world.current(), Some(thread));
}

/// Lets the clock go to what the timer is set to, until somebody waits for an answer or a number of times.
fn let_time_pass(world: &mut World, times: u32) {
    for _ in 0..times {
        let deadline = world.kernel.system.store.machine.processors[0].deadline.expect("a thread runs");
        world.kernel.system.store.machine.clock.set(deadline.0);
        let _ = world.kernel.handle(CORE, Event::Interrupt);
        invariants::check(world);
    }
}

#[test]
fn a_budget_that_is_used_up_is_told_with_the_badge_of_the_context() {
    let mut world = World::new();
    let timeouts = world.make(ObjectKind::Endpoint, 0);
    let badged = world.mint(timeouts, Rights::ALL, 0x55);
    let reply = world.make(ObjectKind::Reply, 0);
    let handler = world.spawn(90, Time::Own);
    receive(&mut world, handler.thread, timeouts, reply);
    let client = client(&mut world, 80, badged);
    as_root(&mut world, SystemCall::SchedContextSetBadge, [client.context, 0xc0ffee]).unwrap();
    leave_the_stage_to(&mut world, client.thread);
    let_time_pass(&mut world, 1);
    assert_eq!(world.current(), Some(handler.thread));
    let results = world.results(handler.thread);
    assert_eq!((results.status, results.badge), (Arrival::Fault as u64, 0x55));
    let tag = Tag::from_bits(results.values[0]).unwrap();
    assert_eq!(tag.label(), FaultKind::Timeout as u32);
    assert_eq!((results.values[2], results.values[4]), (0xc0ffee, BUDGET), "badge, and time used");
    // Answered with 0, the client goes on when its next refill comes.
    world.run(handler.thread);
    world.call(SystemCall::Reply, &[reply, 0]).unwrap();
    assert_eq!(world.state(client.thread), State::Ready);
    receive(&mut world, handler.thread, timeouts, reply);
    assert_eq!(world.current(), None, "its time comes later");
    let_time_pass(&mut world, 1);
    assert_eq!(world.current(), Some(client.thread));
    // With any other label it stays stopped.
    let_time_pass(&mut world, 1);
    world.run(handler.thread);
    world.call(SystemCall::Reply, &[reply, Tag::new(1, 0).unwrap().bits()]).unwrap();
    assert_eq!(world.state(client.thread), State::Suspended(Suspension::Faulted));
}

#[test]
fn without_an_endpoint_or_with_a_slice_nobody_is_told() {
    let mut world = World::new();
    let timeouts = world.make(ObjectKind::Endpoint, 0);
    let told = client(&mut world, 80, timeouts);
    as_root(&mut world, SystemCall::SchedControlConfigure, [slot::SCHED_CONTROL, told.context, BUDGET, BUDGET])
        .unwrap();
    let untold = client(&mut world, 80, 0);
    leave_the_stage_to(&mut world, told.thread);
    for _ in 0..8 {
        let_time_pass(&mut world, 1);
        assert_eq!((world.state(told.thread), world.state(untold.thread)), (State::Ready, State::Ready));
    }
}

#[test]
fn a_handler_answers_the_client_and_resets_the_server() {
    let mut world = World::new();
    let [service, timeouts] = [(); 2].map(|()| world.make(ObjectKind::Endpoint, 0));
    let [reply, fault_reply] = [(); 2].map(|()| world.make(ObjectKind::Reply, 0));
    let handler = world.spawn(90, Time::Own);
    receive(&mut world, handler.thread, timeouts, fault_reply);
    // A passive server: it has time until it receives for the first time.
    let server = world.spawn(85, Time::Own);
    as_root(&mut world, SystemCall::ThreadSuspend, [server.slot]).unwrap();
    as_root(&mut world, SystemCall::ThreadSetTimeoutEndpoint, [server.slot, timeouts]).unwrap();
    as_root(&mut world, SystemCall::ThreadResume, [server.slot]).unwrap();
    receive(&mut world, server.thread, service, reply);
    as_root(&mut world, SystemCall::SchedContextUnbind, [server.context]).unwrap();
    let client = client(&mut world, 80, 0);
    world.run(client.thread);
    world.system_call(SystemCall::Call as u64, [service, 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!(world.runs_on(server.thread), world.sched_context(client.context));
    leave_the_stage_to(&mut world, server.thread);
    let_time_pass(&mut world, 1);
    assert_eq!(world.current(), Some(handler.thread), "the server used up its client's time");
    // The client gets an error and its time, the server begins anew.
    world.run(handler.thread);
    world.call(SystemCall::Reply, &[reply, Tag::new(7, 0).unwrap().bits()]).unwrap();
    let results = world.results(client.thread);
    assert_eq!((results.status, Tag::from_bits(results.values[0]).unwrap().label()), (0, 7));
    assert_eq!(world.runs_on(client.thread), world.sched_context(client.context));
    world.call(SystemCall::ThreadSuspend, &[server.slot]).unwrap();
    world.call(SystemCall::ThreadWriteRegisters, &[server.slot, 0x20_0000, 0x30_0000]).unwrap();
    world.call(SystemCall::SchedContextBind, &[server.context, server.slot]).unwrap();
    world.call(SystemCall::ThreadResume, &[server.slot]).unwrap();
    receive(&mut world, server.thread, service, reply);
    world.run(handler.thread);
    world.call(SystemCall::SchedContextUnbind, &[server.context]).unwrap();
    assert!(matches!(world.state(server.thread), State::Receiving { .. }), "it serves again");
}

#[test]
fn time_comes_with_a_signal_and_goes_back_with_the_next_wait() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let context = context_of(&mut world, BUDGET, PERIOD);
    let driver = world.spawn(90, Time::Own);
    world.run(driver.thread);
    let wait = |world: &mut World| world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!(wait(&mut world), Outcome::Blocked);
    as_root(&mut world, SystemCall::SchedContextUnbind, [driver.context]).unwrap();
    as_root(&mut world, SystemCall::SchedContextBind, [context, notification]).unwrap();
    assert_eq!(as_root(&mut world, SystemCall::SchedContextBind, [context, notification]), Err(Error::AlreadyBound));
    as_root(&mut world, SystemCall::Signal, [notification]).unwrap();
    assert_eq!(world.runs_on(driver.thread), world.sched_context(context));
    world.run(driver.thread);
    assert_eq!(wait(&mut world), Outcome::Blocked);
    assert_eq!(world.runs_on(driver.thread), None, "back with the notification");
    as_root(&mut world, SystemCall::Signal, [notification]).unwrap();
    assert_eq!(world.runs_on(driver.thread), world.sched_context(context));
    as_root(&mut world, SystemCall::SchedContextUnbind, [context]).unwrap();
    assert_eq!(world.runs_on(driver.thread), None, "unbound, wherever it is");
    assert_eq!(as_root(&mut world, SystemCall::SchedContextUnbind, [context]), Err(Error::NotBound));
}

#[test]
fn time_that_came_with_a_signal_is_kept_while_an_answer_is_owed() {
    let mut world = World::new();
    let [service, inner] = [(); 2].map(|()| world.make(ObjectKind::Endpoint, 0));
    let replies = [(); 3].map(|()| world.make(ObjectKind::Reply, 0));
    let notification = world.make(ObjectKind::Notification, 0);
    let context = context_of(&mut world, BUDGET, PERIOD);
    // A passive inner server, which defers its answer.
    let server = world.spawn(90, Time::Own);
    receive(&mut world, server.thread, inner, replies[0]);
    as_root(&mut world, SystemCall::SchedContextUnbind, [server.context]).unwrap();
    let driver = world.spawn(85, Time::Own);
    as_root(&mut world, SystemCall::ThreadBindNotification, [driver.slot, notification]).unwrap();
    receive(&mut world, driver.thread, service, replies[1]);
    as_root(&mut world, SystemCall::SchedContextUnbind, [driver.context]).unwrap();
    as_root(&mut world, SystemCall::SchedContextBind, [context, notification]).unwrap();
    as_root(&mut world, SystemCall::Signal, [notification]).unwrap();
    world.run(driver.thread);
    world.system_call(SystemCall::Call as u64, [inner, 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!(world.runs_on(server.thread), world.sched_context(context), "lent with the call");
    receive(&mut world, server.thread, inner, replies[2]);
    assert_eq!(world.runs_on(server.thread), world.sched_context(context), "it owes the driver an answer");
    as_root(&mut world, SystemCall::ThreadCancel, [driver.slot]).unwrap();
    assert_eq!(world.runs_on(driver.thread), world.sched_context(context));
}
