//! Endings of IPC that are rare: capabilities that go while a caller waits, signals that came before their binding, interrupted
//! answers, faults that nobody takes.

use l4k::object::capability::Capability;
use l4k::object::reply::ReplyState;
use l4k::object::thread::{State, Suspension};
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{Outcome, Results, World};
use l4k_sys::Error;
use l4k_sys::abi::{Access, Arrival, Fault, FaultCause, FaultKind, ObjectKind, Rights, SystemCall, Tag};

const FAULT: Fault = Fault {
    kind: FaultKind::Alignment,
    access: Access::Read,
    cause: FaultCause::Other,
    level: 0,
    instruction_pointer: 0x20_0000,
    address: 0x5001,
    syndrome: 0,
    stack_pointer: 0x30_0000,
    link_register: 0,
};

fn with_slot(world: &mut World, call: SystemCall, object: u64, x9: u64) -> Outcome {
    world.system_call(call as u64, [object, 0, 0, 0, 0, 0, 0, 0], x9)
}

fn refused(error: Error) -> Outcome {
    Outcome::Returned(Results { status: error.code(), values: [0; 7], badge: 0 })
}

/// A thread that has called and waits in the endpoint's queue; the root runs.
fn queued_caller(world: &mut World, capability: u64, word: u64) -> Spawned {
    let caller = world.spawn(50, Time::Own);
    world.run(caller.thread);
    let tag = Tag::new(1, 1).expect("a tag").bits();
    let call = [capability, tag, word, 0, 0, 0, 0, 0];
    assert_eq!(world.system_call(SystemCall::Call as u64, call, 0), Outcome::Blocked);
    world.run(world.root);
    caller
}

fn faulted(world: &mut World, handler: u64) -> Spawned {
    let thread = world.spawn_with_handler(50, Time::Own, handler);
    world.run(thread.thread);
    world.kernel.system.store.get_mut(thread.thread).context.x[0] = 0x1234;
    world.fault(FAULT);
    world.run(world.root);
    thread
}

#[test]
fn signals_from_before_the_binding_reach_a_thread_that_receives() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let notification = world.make(ObjectKind::Notification, 0);
    let server = world.spawn(50, Time::Own);
    world.run(server.thread);
    assert_eq!(with_slot(&mut world, SystemCall::Receive, endpoint, reply), Outcome::Blocked);
    world.run(world.root);
    let badged = world.mint(notification, Rights::SIGNAL, 0x30);
    world.call(SystemCall::Signal, &[badged]).expect("a notification");
    world.call(SystemCall::ThreadBindNotification, &[server.slot, notification]).expect("neither is bound");
    let expected = Results { status: Arrival::Notification as u64, values: [0; 7], badge: 0x30 };
    assert_eq!((world.state(server.thread), world.results(server.thread)), (State::Ready, expected));
    assert_eq!(world.call(SystemCall::Poll, &[notification]), Err(Error::WouldBlock), "the word was taken");
    assert_eq!(with_slot(&mut world, SystemCall::TryReceive, endpoint, reply), refused(Error::WouldBlock));
}

#[test]
fn binding_without_signals_leaves_a_receiver_waiting_and_signals_leave_others_alone() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let notification = world.make(ObjectKind::Notification, 0);
    let server = world.spawn(50, Time::Own);
    world.run(server.thread);
    assert_eq!(with_slot(&mut world, SystemCall::Receive, endpoint, reply), Outcome::Blocked);
    world.run(world.root);
    world.call(SystemCall::ThreadBindNotification, &[server.slot, notification]).expect("neither is bound");
    assert!(matches!(world.state(server.thread), State::Receiving { .. }));
    world.call(SystemCall::ThreadBindNotification, &[server.slot, 0]).expect("bound");
    world.call(SystemCall::Signal, &[notification]).expect("a notification");
    assert!(matches!(world.state(server.thread), State::Receiving { .. }), "it is not bound any more");
    let ready = world.spawn(50, Time::Own);
    world.call(SystemCall::ThreadBindNotification, &[ready.slot, notification]).expect("neither is bound");
    assert_eq!(world.state(ready.thread), State::Ready);
    assert_eq!(world.call(SystemCall::Poll, &[notification]).expect("kept").badge, 1);
}

#[test]
fn caller_whose_capability_went_is_turned_away_and_the_next_is_received() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let other = world.make(ObjectKind::Endpoint, 0);
    let all = Rights::ALL.bits();
    let replacements: [&[u64]; 5] = [
        &[],
        &[SystemCall::CNodeMint as u64, endpoint, all, 0x56],
        &[SystemCall::CNodeCopy as u64, endpoint, all, 0],
        &[SystemCall::CNodeMint as u64, endpoint, Rights::RECEIVE.bits(), 0x55],
        &[SystemCall::CNodeMint as u64, other, all, 0x55],
    ];
    for replacement in replacements {
        let capability = world.mint(endpoint, Rights::ALL, 0x55);
        let caller = queued_caller(&mut world, capability, 1);
        let next = queued_caller(&mut world, endpoint, 2);
        world.call(SystemCall::CNodeDelete, &[0, capability]).expect("a slot");
        if let [call, source, rights, badge] = *replacement {
            let arguments = [0, capability, 0, source, rights, badge, 0, 0];
            assert!(matches!(world.system_call(call, arguments, 0), Outcome::Returned(results) if results.status == 0));
        }
        let Outcome::Returned(message) = with_slot(&mut world, SystemCall::Receive, endpoint, reply) else {
            panic!("{replacement:?}: nothing was received");
        };
        assert_eq!((message.status, message.values[1]), (Arrival::Message as u64, 2), "{replacement:?}");
        assert_eq!(world.results(caller.thread).check(), Err(Error::InvalidCapability), "{replacement:?}");
        assert_eq!(world.state(caller.thread), State::Ready);
        let _ = with_slot(&mut world, SystemCall::Reply, reply, 0);
        assert_eq!(world.state(next.thread), State::Ready);
    }
    // The same capability once more is as good as the one that went.
    let capability = world.mint(endpoint, Rights::ALL, 0x55);
    let _caller = queued_caller(&mut world, capability, 3);
    world.call(SystemCall::CNodeDelete, &[0, capability]).expect("a slot");
    world.call(SystemCall::CNodeMint, &[0, capability, 0, endpoint, all, 0x55]).expect("an empty slot");
    let Outcome::Returned(message) = with_slot(&mut world, SystemCall::Receive, endpoint, reply) else { panic!() };
    assert_eq!((message.values[1], message.badge), (3, 0x55));
}

#[test]
fn faulted_thread_that_lost_its_handler_stays_suspended_when_it_is_met() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let badged = world.mint(endpoint, Rights::ALL, 9);
    let thread = faulted(&mut world, badged);
    world.call(SystemCall::CNodeDelete, &[0, badged]).expect("a slot");
    let Outcome::Returned(fault) = with_slot(&mut world, SystemCall::TryReceive, endpoint, reply) else { panic!() };
    assert_eq!((fault.status, fault.badge), (Arrival::Fault as u64, 9), "the thread has a copy of its own");
    let _ = with_slot(&mut world, SystemCall::Reply, reply, 0);
    world.run(thread.thread);
    world.fault(FAULT);
    world.run(world.root);
    world.call(SystemCall::CNodeRevoke, &[0, endpoint]).expect("a capability");
    assert_eq!(with_slot(&mut world, SystemCall::TryReceive, endpoint, reply), refused(Error::WouldBlock));
    assert_eq!(world.state(thread.thread), State::Suspended(Suspension::Faulted));
    assert_eq!(world.results(thread.thread).status, 0x1234, "its registers are its own");
}

#[test]
fn suspending_a_faulted_thread_takes_its_fault_back() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let thread = faulted(&mut world, endpoint);
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).expect("a thread");
    assert_eq!(world.state(thread.thread), State::Suspended(Suspension::Stopped));
    assert_eq!(with_slot(&mut world, SystemCall::TryReceive, endpoint, reply), refused(Error::WouldBlock));
    assert_eq!(world.results(thread.thread).status, 0x1234, "it was in no call that could return");
    world.call(SystemCall::ThreadResume, &[thread.slot]).expect("suspended");
    world.run(thread.thread);
    world.fault(FAULT);
    let Outcome::Returned(_) = with_slot(&mut world, SystemCall::Receive, endpoint, reply) else { panic!() };
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).expect("a thread");
    assert_eq!(world.results(thread.thread).status, 0x1234);
    assert_eq!(with_slot(&mut world, SystemCall::Reply, reply, 0), refused(Error::NobodyWaiting));
}

#[test]
fn reply_receive_is_one_step_after_callers_were_turned_away() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let first = queued_caller(&mut world, endpoint, 1);
    let Outcome::Returned(_) = with_slot(&mut world, SystemCall::Receive, endpoint, reply) else { panic!() };
    let doomed = world.mint(endpoint, Rights::ALL, 7);
    let turned_away = queued_caller(&mut world, doomed, 2);
    let next = queued_caller(&mut world, endpoint, 3);
    world.call(SystemCall::CNodeDelete, &[0, doomed]).expect("a slot");
    world.kernel.system.store.machine.preempt_after.set(Some(0));
    let tag = Tag::new(5, 1).expect("a tag").bits();
    let answer = [endpoint, tag, 42, 0, 0, 0, 0, 0];
    let outcome = world.system_call(SystemCall::ReplyReceive as u64, answer, reply);
    let Outcome::Returned(message) = outcome else { panic!("an interrupt came between: {outcome:?}") };
    assert_eq!(world.results(first.thread).values[..2], [tag, 42]);
    assert_eq!(world.state(turned_away.thread), State::Ready);
    assert_eq!(message.values[1], 3);
    assert!(matches!(world.state(next.thread), State::AwaitingReply { .. }));
}

#[test]
fn refused_reply_receive_has_answered_nobody() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let caller = queued_caller(&mut world, endpoint, 1);
    let Outcome::Returned(_) = with_slot(&mut world, SystemCall::Receive, endpoint, reply) else { panic!() };
    let call_only = world.copy(endpoint, Rights::CALL);
    let notification = world.make(ObjectKind::Notification, 0);
    for (wrong, error) in [(call_only, Error::MissingRight), (notification, Error::WrongKind)] {
        assert_eq!(with_slot(&mut world, SystemCall::ReplyReceive, wrong, reply), refused(error));
        assert!(matches!(world.state(caller.thread), State::AwaitingReply { .. }));
    }
    let idle = world.make(ObjectKind::Reply, 0);
    assert_eq!(with_slot(&mut world, SystemCall::ReplyReceive, endpoint, idle), refused(Error::NobodyWaiting));
    assert!(matches!(world.state(caller.thread), State::AwaitingReply { .. }));
}

#[test]
fn answers_in_any_order_leave_the_others_owed() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
        let mut world = World::new();
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let replies: Vec<u64> = (0..3).map(|_| world.make(ObjectKind::Reply, 0)).collect();
        let callers: Vec<Spawned> = (0..3).map(|word| queued_caller(&mut world, endpoint, word)).collect();
        for reply in &replies {
            let Outcome::Returned(_) = with_slot(&mut world, SystemCall::Receive, endpoint, *reply) else { panic!() };
        }
        for (done, index) in order.into_iter().enumerate() {
            assert!(matches!(with_slot(&mut world, SystemCall::Reply, replies[index], 0), Outcome::Returned(_)));
            for (later, other) in order.into_iter().enumerate() {
                let answered = world.state(callers[other].thread) == State::Ready;
                assert_eq!(answered, later <= done, "{order:?}: {other} after {index}");
            }
        }
        assert_eq!(world.kernel.system.store.get(world.root).replies, None);
    }
}

#[test]
fn thread_that_deletes_itself_is_gone_and_its_callers_know() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let server = world.spawn(50, Time::Own);
    let caller = queued_caller(&mut world, endpoint, 1);
    world.run(server.thread);
    let Outcome::Returned(_) = with_slot(&mut world, SystemCall::Receive, endpoint, reply) else { panic!() };
    world.run(server.thread);
    let delete = [0, server.slot, 0, 0, 0, 0, 0, 0];
    assert_eq!(world.system_call(SystemCall::CNodeDelete as u64, delete, 0), Outcome::Blocked);
    assert_ne!(world.current(), Some(server.thread));
    assert_eq!(world.results(caller.thread).check(), Err(Error::PeerGone));
    let Capability::Reply { object } = world.capability(reply) else { panic!("a reply object") };
    assert_eq!(world.kernel.system.store.get(object).state, ReplyState::Idle);
    world.run(world.root);
    assert_eq!(world.capability(server.slot), Capability::Empty);
    assert_eq!(world.call(SystemCall::SchedContextUnbind, &[server.context]), Err(Error::NotBound));
}

#[test]
fn end_of_another_thread_leaves_the_registers_of_who_runs() {
    let mut world = World::new();
    let (other, doomed) = (world.spawn(100, Time::Own), world.spawn(50, Time::Own));
    let _ = world.kernel.start(l4k_model::world::CORE);
    world.kernel.system.store.machine.processors[0].thread_pointer = 0x7777;
    world.call(SystemCall::CNodeDelete, &[0, doomed.slot]).expect("a thread");
    world.run(other.thread);
    let _ = world.kernel.start(l4k_model::world::CORE);
    assert_eq!(world.kernel.system.store.machine.processors[0].thread_pointer, 0);
    world.run(world.root);
    let _ = world.kernel.start(l4k_model::world::CORE);
    assert_eq!(world.kernel.system.store.machine.processors[0].thread_pointer, 0x7777);
}
