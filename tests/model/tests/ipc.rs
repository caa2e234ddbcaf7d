//! Calls, replies, queues, lent time, and who wakes when something goes away.

use l4k::base::store::Ref;
use l4k::object::thread::{State, Thread};
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{Outcome, Results, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{Arrival, FrameSize, ObjectKind, Rights, SystemCall, Tag};

fn tag(label: u32, length: usize) -> u64 {
    Tag::new(label, length).unwrap().bits()
}

fn receive(world: &mut World, endpoint: u64, reply: u64) -> Outcome {
    world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply)
}

fn call(world: &mut World, endpoint: u64, words: [u64; 6]) -> Outcome {
    let [a, b, c, d, e, f] = words;
    world.system_call(SystemCall::Call as u64, [endpoint, tag(7, 6), a, b, c, d, e, f], 0)
}

fn answer(world: &mut World, reply: u64, word: u64) -> Outcome {
    world.system_call(SystemCall::Reply as u64, [reply, tag(9, 1), word, 0, 0, 0, 0, 0], 0)
}

/// A server that waits at an endpoint, the root running.
fn server(world: &mut World, priority: u64, time: Time) -> (Spawned, u64, u64) {
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let reply = world.make(ObjectKind::Reply, 0);
    let server = world.spawn(priority, Time::Own);
    world.run(server.thread);
    assert_eq!(receive(world, endpoint, reply), Outcome::Blocked);
    world.run(world.root);
    if time == Time::Lent {
        world.call(SystemCall::SchedContextUnbind, &[server.context]).unwrap();
    }
    (server, endpoint, reply)
}

fn error(thread_results: Results) -> Option<Error> {
    Error::from_code(thread_results.status)
}

#[test]
fn a_call_reaches_a_waiting_server_and_the_answer_comes_back() {
    let mut world = World::new();
    let (server, endpoint, reply) = server(&mut world, 100, Time::Own);
    let badged = world.mint(endpoint, Rights::CALL, 0x55);
    assert_eq!(call(&mut world, badged, [1, 2, 3, 4, 5, 6]), Outcome::Blocked);
    assert_eq!(world.current(), Some(server.thread));
    let seen = world.results(server.thread);
    assert_eq!(seen, Results { status: 0, values: [tag(7, 6), 1, 2, 3, 4, 5, 6], badge: 0x55 });
    assert!(matches!(answer(&mut world, reply, 42), Outcome::Returned(results) if results.status == 0));
    world.run(world.root);
    let back = world.results(world.root);
    assert_eq!(back, Results { status: 0, values: [tag(9, 1), 42, 0, 0, 0, 0, 0], badge: 0 });
}

#[test]
fn words_past_the_length_arrive_as_zero() {
    let mut world = World::new();
    let (server, endpoint, _) = server(&mut world, 100, Time::Own);
    world.system_call(SystemCall::Call as u64, [endpoint, tag(0, 2), 1, 2, 3, 4, 5, 6], 0);
    assert_eq!(world.results(server.thread).values, [tag(0, 2), 1, 2, 0, 0, 0, 0]);
}

#[test]
fn callers_queue_by_priority_and_then_in_order() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let priorities = [5, 9, 5, 7, 9, 5];
    let callers: Vec<Spawned> = priorities.iter().map(|priority| world.spawn(*priority, Time::Own)).collect();
    for (index, caller) in callers.iter().enumerate() {
        world.run(caller.thread);
        assert_eq!(call(&mut world, endpoint, [index as u64; 6]), Outcome::Blocked);
        world.run(world.root);
    }
    let mut order = Vec::new();
    for _ in &callers {
        let reply = world.make(ObjectKind::Reply, 0);
        let Outcome::Returned(message) = receive(&mut world, endpoint, reply) else { panic!() };
        order.push(message.values[1]);
    }
    assert_eq!(order, [1, 4, 3, 0, 2, 5]);
}

#[test]
fn raising_a_queued_caller_moves_it_forward() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let callers: Vec<Spawned> = (0..3).map(|_| world.spawn(5, Time::Own)).collect();
    for (index, caller) in callers.iter().enumerate() {
        world.run(caller.thread);
        call(&mut world, endpoint, [index as u64; 6]);
        world.run(world.root);
    }
    world.call(SystemCall::ThreadSetPriority, &[callers[2].slot, 50, 50]).unwrap();
    let reply = world.make(ObjectKind::Reply, 0);
    let Outcome::Returned(message) = receive(&mut world, endpoint, reply) else { panic!() };
    assert_eq!(message.values[1], 2);
}

#[test]
fn reply_receive_answers_and_takes_the_next() {
    let mut world = World::new();
    let (server, endpoint, reply) = server(&mut world, 200, Time::Own);
    call(&mut world, endpoint, [1; 6]);
    let other = [endpoint, tag(3, 1), 77, 0, 0, 0, 0, 0];
    assert_eq!(world.current(), Some(server.thread));
    assert_eq!(world.system_call(SystemCall::ReplyReceive as u64, other, reply), Outcome::Blocked);
    assert_eq!(world.current(), Some(world.root));
    assert_eq!(world.results(world.root).values[..2], [tag(3, 1), 77]);
    call(&mut world, endpoint, [2; 6]);
    assert_eq!(world.results(server.thread).values[1], 2);
}

#[test]
fn a_reply_object_in_use_is_busy_and_an_idle_one_answers_nobody() {
    let mut world = World::new();
    let (server, endpoint, reply) = server(&mut world, 200, Time::Own);
    assert_eq!(answer(&mut world, reply, 0), Outcome::Returned(fail(Error::NobodyWaiting)));
    assert_eq!(receive(&mut world, endpoint, reply), Outcome::Returned(fail(Error::Busy)), "offered");
    call(&mut world, endpoint, [0; 6]);
    assert_eq!(world.current(), Some(server.thread));
    assert_eq!(receive(&mut world, endpoint, reply), Outcome::Returned(fail(Error::Busy)), "owed");
    answer(&mut world, reply, 0);
    assert_eq!(answer(&mut world, reply, 0), Outcome::Returned(fail(Error::NobodyWaiting)), "one shot");
}

fn fail(error: Error) -> Results {
    Results { status: error.code(), values: [0; 7], badge: 0 }
}

#[test]
fn answers_can_be_deferred_and_given_in_any_order() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let callers: Vec<Spawned> = (0..4).map(|_| world.spawn(5, Time::Own)).collect();
    let replies: Vec<u64> = (0..4).map(|_| world.make(ObjectKind::Reply, 0)).collect();
    for (caller, reply) in callers.iter().zip(&replies) {
        world.run(caller.thread);
        call(&mut world, endpoint, [0; 6]);
        world.run(world.root);
        assert!(matches!(receive(&mut world, endpoint, *reply), Outcome::Returned(_)));
    }
    for index in [2, 0, 3, 1] {
        answer(&mut world, replies[index], index as u64);
        assert_eq!(world.results(callers[index].thread).values[1], index as u64);
        assert_eq!(world.state(callers[index].thread), State::Ready);
    }
}

#[test]
fn a_client_outlives_its_server() {
    let mut world = World::new();
    let (server, endpoint, _) = server(&mut world, 100, Time::Own);
    let client = world.spawn(50, Time::Own);
    world.run(client.thread);
    call(&mut world, endpoint, [0; 6]);
    assert!(matches!(world.state(client.thread), State::AwaitingReply { .. }));
    world.run(world.root);
    world.call(SystemCall::CNodeDelete, &[0, server.slot]).unwrap();
    assert_eq!(world.state(client.thread), State::Ready);
    assert_eq!(error(world.results(client.thread)), Some(Error::PeerGone));
}

#[test]
fn everyone_at_a_destroyed_endpoint_wakes() {
    for cut in 0..12 {
        let mut world = World::new();
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let callers: Vec<Spawned> = (0..5).map(|index| world.spawn(index + 1, Time::Own)).collect();
        for caller in &callers {
            world.run(caller.thread);
            call(&mut world, endpoint, [0; 6]);
            world.run(world.root);
        }
        world.kernel.system.store.machine.preempt_after.set(Some(cut));
        let arguments = [0, endpoint, 0, 0, 0, 0, 0, 0];
        while world.system_call(SystemCall::CNodeDelete as u64, arguments, 0) == Outcome::Restarted {
            if world.capability(endpoint).kind().is_some() {
                let late = call(&mut world, endpoint, [0; 6]);
                assert_eq!(late, Outcome::Returned(fail(Error::PeerGone)), "a dying endpoint takes nobody");
            }
        }
        for caller in callers {
            assert_eq!(error(world.results(caller.thread)), Some(Error::PeerGone));
            assert_eq!(world.state(caller.thread), State::Ready);
        }
    }
}

#[test]
fn deleting_a_reply_object_wakes_its_caller_and_its_receiver() {
    let mut world = World::new();
    let (server, endpoint, reply) = server(&mut world, 50, Time::Own);
    world.call(SystemCall::CNodeDelete, &[0, reply]).unwrap();
    assert_eq!(error(world.results(server.thread)), Some(Error::PeerGone));
    let reply = world.make(ObjectKind::Reply, 0);
    world.run(server.thread);
    receive(&mut world, endpoint, reply);
    world.run(world.root);
    let client = world.spawn(40, Time::Own);
    world.run(client.thread);
    call(&mut world, endpoint, [0; 6]);
    world.run(world.root);
    world.call(SystemCall::CNodeDelete, &[0, reply]).unwrap();
    assert_eq!(error(world.results(client.thread)), Some(Error::PeerGone));
}

#[test]
fn cancel_ends_every_blocking_call() {
    let mut world = World::new();
    let (server, endpoint, _) = server(&mut world, 50, Time::Own);
    world.call(SystemCall::ThreadCancel, &[server.slot]).unwrap();
    assert_eq!(error(world.results(server.thread)), Some(Error::Cancelled));
    assert_eq!(world.call(SystemCall::ThreadCancel, &[server.slot]), Err(Error::NotBlocked));
    let client = world.spawn(40, Time::Own);
    world.run(client.thread);
    call(&mut world, endpoint, [0; 6]);
    assert!(matches!(world.state(client.thread), State::Calling { .. }));
    world.run(world.root);
    world.call(SystemCall::ThreadCancel, &[client.slot]).unwrap();
    assert_eq!(error(world.results(client.thread)), Some(Error::Cancelled));
    let notification = world.make(ObjectKind::Notification, 0);
    world.run(client.thread);
    world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
    world.run(world.root);
    world.call(SystemCall::ThreadCancel, &[client.slot]).unwrap();
    assert_eq!(error(world.results(client.thread)), Some(Error::Cancelled));
}

#[test]
fn a_suspended_caller_returns_with_cancelled() {
    let mut world = World::new();
    let (_, endpoint, reply) = server(&mut world, 50, Time::Own);
    let client = world.spawn(40, Time::Own);
    world.run(client.thread);
    call(&mut world, endpoint, [0; 6]);
    world.run(world.root);
    world.call(SystemCall::ThreadSuspend, &[client.slot]).unwrap();
    assert_eq!(answer(&mut world, reply, 1), Outcome::Returned(fail(Error::NobodyWaiting)));
    world.call(SystemCall::ThreadResume, &[client.slot]).unwrap();
    assert_eq!(error(world.results(client.thread)), Some(Error::Cancelled));
}

#[test]
fn each_right_is_needed_for_what_it_allows() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let reply = world.make(ObjectKind::Reply, 0);
    let no_call = world.copy(endpoint, Rights::RECEIVE);
    let no_receive = world.copy(endpoint, Rights::CALL);
    assert_eq!(call(&mut world, no_call, [0; 6]), Outcome::Returned(fail(Error::MissingRight)));
    assert_eq!(receive(&mut world, no_receive, reply), Outcome::Returned(fail(Error::MissingRight)));
    assert_eq!(receive(&mut world, reply, reply), Outcome::Returned(fail(Error::WrongKind)));
    assert_eq!(receive(&mut world, endpoint, endpoint), Outcome::Returned(fail(Error::WrongKind)));
}

#[test]
fn try_receive_never_blocks() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let reply = world.make(ObjectKind::Reply, 0);
    let arguments = [endpoint, 0, 0, 0, 0, 0, 0, 0];
    let nothing = world.system_call(SystemCall::TryReceive as u64, arguments, reply);
    assert_eq!(nothing, Outcome::Returned(fail(Error::WouldBlock)));
}

#[test]
fn bad_tags_are_refused() {
    let mut world = World::new();
    let (_, endpoint, _) = server(&mut world, 50, Time::Own);
    for (bits, error) in [
        (121, Error::MessageTooLong),
        (127, Error::MessageTooLong),
        (1 << 7, Error::InvalidTag),
        (1 << 31, Error::InvalidTag),
        (5 << 8 | 6, Error::TooManyCapabilities),
        (1 << 8, Error::InvalidTag),
        (4 << 8 | 3, Error::InvalidTag),
        (1 << 8 | 1, Error::InvalidCapability),
        (7, Error::NoBuffer),
    ] {
        let outcome = world.system_call(SystemCall::Call as u64, [endpoint, bits, 0, 0, 0, 0, 0, 0], 0);
        assert_eq!(outcome, Outcome::Returned(fail(error)), "tag {bits:#x}");
    }
}

fn give_buffer(world: &mut World, thread: Spawned) -> u64 {
    let frame = world.new_slot();
    let made = world.call(SystemCall::UntypedRetype, &[slot::UNTYPED, 9, FrameSize::Small as u64, 0, frame, 1]);
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    world.call(SystemCall::ThreadSetBuffer, &[thread.slot, frame, 0x40_0000]).unwrap();
    world.call(SystemCall::ThreadResume, &[thread.slot]).unwrap();
    made.unwrap().values[0]
}

#[test]
fn long_messages_go_through_the_buffers() {
    use l4k::base::address::PhysicalAddress;
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let reply = world.make(ObjectKind::Reply, 0);
    let server = world.spawn(90, Time::Own);
    let client = world.spawn(80, Time::Own);
    let target = give_buffer(&mut world, server);
    let source = give_buffer(&mut world, client);
    for word in 6..120 {
        let address = PhysicalAddress::new(source + word * 8).unwrap();
        world.kernel.system.store.set_word(address, word * 3);
    }
    world.run(server.thread);
    receive(&mut world, endpoint, reply);
    world.run(client.thread);
    let outcome = world.system_call(SystemCall::Call as u64, [endpoint, tag(1, 120), 1, 2, 3, 4, 5, 6], 0);
    assert_eq!(outcome, Outcome::Blocked);
    assert_eq!(world.results(server.thread).values, [tag(1, 120), 1, 2, 3, 4, 5, 6]);
    let machine = &world.kernel.system.store.machine;
    assert!((6..120).all(|word| machine.word(target + word * 8) == word * 3));
    assert_eq!(machine.word(target + 120 * 8), 0, "nothing beyond the length");
    assert_eq!(machine.word(target + 5 * 8), 0, "nothing of the words in registers");
}

#[test]
fn a_receiver_without_a_buffer_costs_only_the_long_caller() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let reply = world.make(ObjectKind::Reply, 0);
    let long = world.spawn(90, Time::Own);
    let short = world.spawn(80, Time::Own);
    give_buffer(&mut world, long);
    world.run(long.thread);
    world.system_call(SystemCall::Call as u64, [endpoint, tag(0, 7), 0, 0, 0, 0, 0, 0], 0);
    world.run(short.thread);
    call(&mut world, endpoint, [9; 6]);
    world.run(world.root);
    let Outcome::Returned(message) = receive(&mut world, endpoint, reply) else { panic!() };
    assert_eq!(message.values[1], 9);
    assert_eq!(error(world.results(long.thread)), Some(Error::NoBuffer));
}

#[test]
fn a_passive_server_runs_on_its_clients_time_and_gives_it_back() {
    let mut world = World::new();
    let (server, endpoint, reply) = server(&mut world, 100, Time::Lent);
    let client = world.spawn(50, Time::Own);
    world.run(client.thread);
    call(&mut world, endpoint, [0; 6]);
    let running_on = |world: &World, thread: Ref<Thread>| world.kernel.system.store.get(thread).running_on;
    assert!(running_on(&world, server.thread).is_some() && running_on(&world, client.thread).is_none());
    world.run(server.thread);
    let arguments = [endpoint, tag(0, 0), 0, 0, 0, 0, 0, 0];
    world.system_call(SystemCall::ReplyReceive as u64, arguments, reply);
    assert!(running_on(&world, server.thread).is_none() && running_on(&world, client.thread).is_some());
    assert!(matches!(world.state(server.thread), State::Receiving { .. }));
}

#[test]
fn a_passive_server_takes_a_queued_caller_on_that_callers_time() {
    let mut world = World::new();
    let (server, endpoint, reply) = server(&mut world, 100, Time::Lent);
    let clients = [world.spawn(50, Time::Own), world.spawn(50, Time::Own)];
    for client in clients {
        world.run(client.thread);
        call(&mut world, endpoint, [0; 6]);
        if world.current() != Some(world.root) {
            world.run(world.root);
        }
    }
    world.run(server.thread);
    let arguments = [endpoint, tag(0, 0), 0, 0, 0, 0, 0, 0];
    let next = world.system_call(SystemCall::ReplyReceive as u64, arguments, reply);
    assert!(matches!(next, Outcome::Returned(_)));
    assert_eq!(world.state(clients[0].thread), State::Ready);
    assert!(matches!(world.state(clients[1].thread), State::AwaitingReply { .. }));
}

#[test]
fn lent_time_comes_home_through_a_chain_when_the_middle_dies() {
    let mut world = World::new();
    let (inner, inner_endpoint, _) = server(&mut world, 100, Time::Lent);
    let (middle, endpoint, _) = server(&mut world, 100, Time::Lent);
    let client = world.spawn(50, Time::Own);
    world.run(client.thread);
    call(&mut world, endpoint, [0; 6]);
    world.run(middle.thread);
    call(&mut world, inner_endpoint, [0; 6]);
    let running_on = |world: &World, thread: Ref<Thread>| world.kernel.system.store.get(thread).running_on;
    assert!(running_on(&world, inner.thread).is_some());
    world.run(world.root);
    world.call(SystemCall::CNodeDelete, &[0, middle.slot]).unwrap();
    assert_eq!(error(world.results(client.thread)), Some(Error::PeerGone));
    assert!(running_on(&world, inner.thread).is_some(), "it works on, for nobody");
    let reply = world.make(ObjectKind::Reply, 0);
    world.run(inner.thread);
    assert_eq!(receive(&mut world, inner_endpoint, reply), Outcome::Blocked);
    assert!(running_on(&world, client.thread).is_some() && running_on(&world, inner.thread).is_none());
}

#[test]
fn signals_come_through_the_receive_of_a_bound_thread() {
    let mut world = World::new();
    let (server, endpoint, reply) = server(&mut world, 50, Time::Own);
    let notification = world.make(ObjectKind::Notification, 0);
    let badged = world.mint(notification, Rights::SIGNAL, 0b100);
    world.call(SystemCall::ThreadBindNotification, &[server.slot, notification]).unwrap();
    world.call(SystemCall::Signal, &[badged]).unwrap();
    let expected = Results { status: Arrival::Notification as u64, values: [0; 7], badge: 0b100 };
    assert_eq!(world.results(server.thread), expected);
    world.call(SystemCall::Signal, &[badged]).unwrap();
    world.call(SystemCall::Signal, &[notification]).unwrap();
    world.run(server.thread);
    let Outcome::Returned(pending) = receive(&mut world, endpoint, reply) else { panic!() };
    assert_eq!(pending.badge, 0b101, "signals before a receive are kept");
    assert_eq!(receive(&mut world, endpoint, reply), Outcome::Blocked);
}
