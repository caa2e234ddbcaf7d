//! Priorities, slices and states of threads, at their edges: what changes to the scheduler showed to be untested.

use l4k::base::time::Instant;
use l4k::object::thread::State;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, ObjectKind, SystemCall, ThreadState};

const FAULT: Fault = Fault {
    kind: FaultKind::Page,
    access: Access::Read,
    cause: FaultCause::NotMapped,
    level: 3,
    instruction_pointer: 0x20_0000,
    address: 0x5000,
    syndrome: 0,
    stack_pointer: 0x30_0000,
    link_register: 0,
};

const SLICE: u64 = 5_000_000;

fn set_priority(world: &mut World, thread: u64, priority: u64) {
    let arguments = [thread, priority, 255, 0, 0, 0, 0, 0];
    let outcome = world.system_call(SystemCall::ThreadSetPriority as u64, arguments, 0);
    assert!(matches!(outcome, Outcome::Returned(results) if results.status == 0), "{outcome:?}");
}

fn block(world: &mut World, thread: Spawned, call: SystemCall, object: u64, x9: u64) {
    world.run(thread.thread);
    assert_eq!(world.system_call(call as u64, [object, 0, 0, 0, 0, 0, 0, 0], x9), Outcome::Blocked);
    world.run(world.root);
}

fn state(world: &mut World, thread: u64) -> u64 {
    world.call(SystemCall::ThreadQuery, &[thread]).expect("a thread").values[0]
}

fn deadline(world: &World) -> u64 {
    let Some(Instant(deadline)) = world.kernel.system.store.machine.processors[0].deadline else {
        panic!("the timer is off")
    };
    deadline - world.kernel.system.store.machine.clock.get()
}

fn let_time_pass_unseen(world: &World, ticks: u64) {
    let clock = &world.kernel.system.store.machine.clock;
    clock.set(clock.get() + ticks);
}

fn consumed(world: &mut World, context: u64) -> u64 {
    world.call(SystemCall::SchedContextQuery, &[context]).expect("a context").values[2]
}

#[test]
fn running_thread_that_lowers_itself_gives_way_at_once() {
    let mut world = World::new();
    let other = world.spawn(90, Time::Own);
    set_priority(&mut world, slot::THREAD, 91);
    assert_eq!(world.current(), Some(world.root));
    set_priority(&mut world, slot::THREAD, 89);
    assert_eq!(world.current(), Some(other.thread));
    assert_eq!(world.state(world.root), State::Ready);
}

#[test]
fn equal_priority_does_not_interrupt() {
    let mut world = World::new();
    let other = world.spawn(99, Time::Own);
    set_priority(&mut world, other.slot, 100);
    assert_eq!(world.current(), Some(world.root));
    set_priority(&mut world, other.slot, 101);
    assert_eq!(world.current(), Some(other.thread));
}

#[test]
fn ready_thread_moves_to_the_end_of_its_new_priority() {
    let mut world = World::new();
    let threads: Vec<Spawned> = [50, 60, 60].into_iter().map(|priority| world.spawn(priority, Time::Own)).collect();
    set_priority(&mut world, threads[0].slot, 60);
    let mut order = Vec::new();
    for _ in 0..4 {
        world.suspend_current();
        order.push(world.current());
    }
    let [first, second, third] = [1, 2, 0].map(|index: usize| Some(threads[index].thread));
    assert_eq!(order, [first, second, third, None]);
}

#[test]
fn waiting_thread_moves_in_the_queue_it_waits_in() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    for call in [SystemCall::Wait, SystemCall::Receive] {
        let waiters = [world.spawn(9, Time::Own), world.spawn(8, Time::Own), world.spawn(7, Time::Own)];
        for waiter in waiters {
            let reply = world.make(ObjectKind::Reply, 0);
            block(&mut world, waiter, call, if call == SystemCall::Wait { notification } else { endpoint }, reply);
        }
        set_priority(&mut world, waiters[2].slot, 20);
        set_priority(&mut world, waiters[0].slot, 1);
        for index in [2, 1, 0] {
            match call {
                SystemCall::Wait => drop(world.call(SystemCall::Signal, &[notification])),
                _ => {
                    let client = world.spawn(2, Time::Own);
                    block(&mut world, client, SystemCall::Call, endpoint, 0);
                }
            }
            assert_eq!(world.state(waiters[index].thread), State::Ready, "{call:?} {index}");
            world.call(SystemCall::ThreadSuspend, &[waiters[index].slot]).expect("a thread");
        }
    }
}

#[test]
fn priority_of_a_thread_that_is_nowhere_counts_once_it_is_ready() {
    let mut world = World::new();
    let low = world.spawn(10, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[low.slot]).expect("a thread");
    set_priority(&mut world, low.slot, 150);
    let resumed = world.system_call(SystemCall::ThreadResume as u64, [low.slot, 0, 0, 0, 0, 0, 0, 0], 0);
    assert!(matches!(resumed, Outcome::Returned(_)));
    assert_eq!(world.current(), Some(low.thread));
}

#[test]
fn timer_is_set_to_the_end_of_what_is_left_of_the_slice() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let urgent = world.spawn(200, Time::Own);
    let _ = world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
    let equal = world.spawn(100, Time::Own);
    let _ = world.system_call(SystemCall::Yield as u64, [0; 8], 0);
    assert_eq!((world.current(), deadline(&world)), (Some(equal.thread), SLICE));
    let_time_pass_unseen(&world, 2_000_000);
    let _ = world.system_call(SystemCall::Signal as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!((world.current(), deadline(&world)), (Some(urgent.thread), SLICE));
    world.suspend_current();
    assert_eq!((world.current(), deadline(&world)), (Some(equal.thread), 3_000_000));
}

#[test]
fn yield_gives_the_rest_away_and_the_next_slice_is_whole() {
    let mut world = World::new();
    let equal = world.spawn(100, Time::Own);
    let _ = world.system_call(SystemCall::Yield as u64, [0; 8], 0);
    assert_eq!(world.current(), Some(equal.thread));
    let_time_pass_unseen(&world, 4_000_000);
    let _ = world.system_call(SystemCall::Yield as u64, [0; 8], 0);
    assert_eq!(world.current(), Some(world.root));
    let _ = world.system_call(SystemCall::Yield as u64, [0; 8], 0);
    assert_eq!((world.current(), deadline(&world)), (Some(equal.thread), SLICE));
}

#[test]
fn slice_ends_with_its_last_tick_and_not_before() {
    let mut world = World::new();
    let threads = [world.spawn(120, Time::Own), world.spawn(120, Time::Own)];
    world.pass_time(SLICE - 1);
    assert_eq!(world.current(), Some(threads[0].thread));
    world.pass_time(1);
    assert_eq!(world.current(), Some(threads[1].thread));
}

#[test]
fn time_of_who_runs_is_told_up_to_now() {
    let mut world = World::new();
    let other = world.spawn(50, Time::Own);
    let before = consumed(&mut world, slot::SCHED_CONTEXT);
    let_time_pass_unseen(&world, 777);
    assert_eq!(consumed(&mut world, slot::SCHED_CONTEXT), before + 777);
    assert_eq!(world.call(SystemCall::ThreadQuery, &[slot::THREAD]).expect("a thread").values[2], before + 777);
    assert_eq!(consumed(&mut world, other.context), 0);
    let unbound = world.make(ObjectKind::SchedContext, 0);
    let_time_pass_unseen(&world, 1_000);
    assert_eq!(consumed(&mut world, unbound), 0);
}

#[test]
fn budgets_reach_from_ten_microseconds_to_an_hour() {
    let mut world = World::new();
    let context = world.make(ObjectKind::SchedContext, 0);
    let hour = 3_600_000_000_000;
    for (budget, result) in
        [(9_999, Err(Error::InvalidTime)), (10_000, Ok(())), (hour, Ok(())), (hour + 1, Err(Error::InvalidTime))]
    {
        let arguments = [slot::SCHED_CONTROL, context, budget, budget];
        assert_eq!(world.call(SystemCall::SchedControlConfigure, &arguments).map(|_| ()), result, "{budget}");
    }
    let values = world.call(SystemCall::SchedContextQuery, &[context]).expect("a context").values;
    assert_eq!(values[..3], [hour, hour, 0], "what was refused has changed nothing");
}

#[test]
fn filled_again_the_context_of_a_ready_thread_has_a_whole_slice() {
    let mut world = World::new();
    let thread = world.spawn(100, Time::Own);
    let _ = world.system_call(SystemCall::Yield as u64, [0; 8], 0);
    let_time_pass_unseen(&world, 1_000_000);
    world.run(world.root);
    let fill = [slot::SCHED_CONTROL, thread.context, 2_000_000, 2_000_000];
    world.call(SystemCall::SchedControlConfigure, &fill).expect("time");
    let _ = world.system_call(SystemCall::Yield as u64, [0; 8], 0);
    assert_eq!((world.current(), deadline(&world)), (Some(thread.thread), 2_000_000));
    world.run(world.root);
    world.call(SystemCall::SchedContextUnbind, &[thread.context]).expect("bound");
    assert_eq!(state(&mut world, thread.slot), ThreadState::NoContext as u64);
    assert_eq!(world.call(SystemCall::SchedContextUnbind, &[thread.context]), Err(Error::NotBound));
}

#[test]
fn query_tells_each_state_apart() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let notification = world.make(ObjectKind::Notification, 0);
    let thread = world.spawn(50, Time::Own);
    assert_eq!(state(&mut world, slot::THREAD), ThreadState::Ready as u64);
    assert_eq!(state(&mut world, thread.slot), ThreadState::Ready as u64);
    let lent = world.spawn(50, Time::Lent);
    assert_eq!(state(&mut world, lent.slot), ThreadState::NoContext as u64);
    block(&mut world, thread, SystemCall::Wait, notification, 0);
    assert_eq!(state(&mut world, thread.slot), ThreadState::Waiting as u64);
    world.call(SystemCall::Signal, &[notification]).expect("a notification");
    block(&mut world, thread, SystemCall::Receive, endpoint, reply);
    assert_eq!(state(&mut world, thread.slot), ThreadState::Receiving as u64);
    world.call(SystemCall::ThreadCancel, &[thread.slot]).expect("blocked");
    block(&mut world, thread, SystemCall::Call, endpoint, 0);
    assert_eq!(state(&mut world, thread.slot), ThreadState::Calling as u64);
    let received = world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
    assert!(matches!(received, Outcome::Returned(_)));
    assert_eq!(state(&mut world, thread.slot), ThreadState::AwaitingReply as u64);
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).expect("a thread");
    assert_eq!(state(&mut world, thread.slot), ThreadState::Suspended as u64);
}

#[test]
fn faulted_is_told_from_the_fault_to_its_answer() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let handled = world.spawn_with_handler(50, Time::Own, endpoint);
    let unhandled = world.spawn(50, Time::Own);
    for thread in [handled, unhandled] {
        world.run(thread.thread);
        world.fault(FAULT);
        world.run(world.root);
        assert_eq!(state(&mut world, thread.slot), ThreadState::Faulted as u64);
    }
    let _ = world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
    assert_eq!(state(&mut world, handled.slot), ThreadState::Faulted as u64);
    let _ = world.system_call(SystemCall::Reply as u64, [reply, 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!(state(&mut world, handled.slot), ThreadState::Ready as u64);
    block(&mut world, handled, SystemCall::Call, endpoint, 0);
    assert_eq!(state(&mut world, handled.slot), ThreadState::Calling as u64, "the fault is over");
}
