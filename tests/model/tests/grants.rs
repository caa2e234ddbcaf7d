//! Capabilities in messages: windows, all or nothing, and who may pass what to whom.

use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{Outcome, Results, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, Rights, SystemCall, Tag};

fn tag(length: usize, capabilities: usize) -> u64 {
    Tag::new(7, length).and_then(|tag| tag.with_capabilities(capabilities)).unwrap().bits()
}

fn error(results: Results) -> Option<Error> {
    Error::from_code(results.status)
}

fn call(world: &mut World, endpoint: u64, tag: u64, words: [u64; 6]) -> Outcome {
    let [a, b, c, d, e, f] = words;
    world.system_call(SystemCall::Call as u64, [endpoint, tag, a, b, c, d, e, f], 0)
}

fn receive(world: &mut World, endpoint: u64, reply: u64) -> Outcome {
    world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply)
}

fn reply(world: &mut World, reply: u64, tag: u64, word: u64) -> Outcome {
    world.system_call(SystemCall::Reply as u64, [reply, tag, word, 0, 0, 0, 0, 0], 0)
}

/// `SetWindow` by the current thread.
fn window(world: &mut World, first: u64, count: u64) -> Result<(), Error> {
    world.call(SystemCall::SetWindow, &[0, first, count]).map(|_| ())
}

/// A thread with a CNode of its own of 16 slots, and a capability to that CNode for the root.
struct Peer {
    thread: Spawned,
    cnode: u64,
}

/// A peer that holds copies of `held` in its slots from 1 on.
fn peer(world: &mut World, priority: u64, held: &[u64]) -> Peer {
    let cnode = world.make(ObjectKind::CNode, 4);
    for (index, source) in held.iter().enumerate() {
        let place = [cnode, index as u64 + 1, 0, *source, Rights::ALL.bits()];
        world.call(SystemCall::CNodeCopy, &place).unwrap();
    }
    let thread = world.spawn(priority, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    world.call(SystemCall::ThreadConfigure, &[thread.slot, cnode, slot::ADDRESS_SPACE, 0]).unwrap();
    world.call(SystemCall::ThreadResume, &[thread.slot]).unwrap();
    Peer { thread, cnode }
}

fn kind_in(world: &mut World, cnode: u64, index: u64) -> [u64; 3] {
    let [kind, rights, badge, ..] = world.call(SystemCall::CNodeQuery, &[cnode, index]).unwrap().values;
    [kind, rights, badge]
}

/// An endpoint with a server that waits there, in slot 1 of its own CNode, with its reply object in slot 2 and a window of slots 8 to 11.
fn waiting_server(world: &mut World) -> (Peer, u64) {
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let answer = world.make(ObjectKind::Reply, 0);
    let server = peer(world, 50, &[endpoint, answer]);
    world.run(server.thread.thread);
    window(world, 8, 4).unwrap();
    world.run(server.thread.thread);
    assert_eq!(receive(world, 1, 2), Outcome::Blocked);
    world.run(world.root);
    (server, endpoint)
}

#[test]
fn capabilities_arrive_in_the_window_and_words_tell_where() {
    let mut world = World::new();
    let (server, endpoint) = waiting_server(&mut world);
    let notification = world.make(ObjectKind::Notification, 0);
    let badged = world.mint(notification, Rights::SIGNAL, 0x40);
    let frame = world.make(ObjectKind::Frame, 12);
    assert_eq!(call(&mut world, endpoint, tag(4, 3), [badged, frame, notification, 99, 0, 0]), Outcome::Blocked);
    let arrived = world.results(server.thread.thread);
    assert_eq!(arrived.values, [tag(4, 3), 8, 9, 10, 99, 0, 0]);
    let signal = [ObjectKind::Notification as u64, Rights::SIGNAL.bits(), 0x40];
    world.run(server.thread.thread);
    assert_eq!(kind_in(&mut world, 0, 8), signal);
    let contents = [9, 10, 11].map(|index| {
        world.run(server.thread.thread);
        kind_in(&mut world, 0, index)
    });
    let [frame, notification] = [ObjectKind::Frame, ObjectKind::Notification].map(|kind| kind as u64);
    assert_eq!(contents, [[frame, 7, 0], [notification, 7, 0], [0; 3]]);
}

#[test]
fn what_was_passed_on_is_revoked_with_what_it_came_from() {
    let mut world = World::new();
    let (server, endpoint) = waiting_server(&mut world);
    let notification = world.make(ObjectKind::Notification, 0);
    call(&mut world, endpoint, tag(1, 1), [notification, 0, 0, 0, 0, 0]);
    world.run(server.thread.thread);
    assert_ne!(kind_in(&mut world, 0, 8)[0], 0);
    world.run(server.thread.thread);
    reply(&mut world, 2, tag(0, 0), 0);
    world.run(world.root);
    world.call(SystemCall::CNodeRevoke, &[0, notification]).unwrap();
    assert_eq!(kind_in(&mut world, server.cnode, 8)[0], 0);
}

#[test]
fn a_window_serves_once() {
    let mut world = World::new();
    let (server, endpoint) = waiting_server(&mut world);
    let notification = world.make(ObjectKind::Notification, 0);
    call(&mut world, endpoint, tag(1, 1), [notification, 0, 0, 0, 0, 0]);
    world.run(server.thread.thread);
    reply(&mut world, 2, tag(0, 0), 0);
    world.run(server.thread.thread);
    receive(&mut world, 1, 2);
    world.run(world.root);
    let again = call(&mut world, endpoint, tag(1, 1), [notification, 0, 0, 0, 0, 0]);
    assert!(matches!(again, Outcome::Returned(results) if error(results) == Some(Error::NoWindow)));
    // A message without capabilities does not use it up.
    world.call(SystemCall::ThreadCancel, &[server.thread.slot]).unwrap();
    world.run(server.thread.thread);
    window(&mut world, 12, 1).unwrap();
    world.run(server.thread.thread);
    receive(&mut world, 1, 2);
    world.run(world.root);
    call(&mut world, endpoint, tag(1, 0), [5; 6]);
    world.run(server.thread.thread);
    reply(&mut world, 2, tag(0, 0), 0);
    world.run(server.thread.thread);
    receive(&mut world, 1, 2);
    world.run(world.root);
    assert_eq!(call(&mut world, endpoint, tag(1, 1), [notification, 0, 0, 0, 0, 0]), Outcome::Blocked);
    assert_eq!(world.results(server.thread.thread).values[1], 12);
}

#[test]
fn it_is_all_or_nothing() {
    let mut world = World::new();
    let (server, endpoint) = waiting_server(&mut world);
    let good = world.make(ObjectKind::Notification, 0);
    let untyped = world.make(ObjectKind::Untyped, 12);
    for (bad, expected) in [
        (untyped, Error::NotCopyable),
        (0, Error::InvalidCapability),
        (4095, Error::InvalidCapability),
        (1 << 40, Error::InvalidCapability),
        (u64::MAX, Error::InvalidCapability),
    ] {
        let outcome = call(&mut world, endpoint, tag(3, 3), [good, good, bad, 0, 0, 0]);
        assert!(matches!(outcome, Outcome::Returned(results) if error(results) == Some(expected)), "{bad:#x}");
        assert_eq!(kind_in(&mut world, server.cnode, 8)[0], 0);
    }
    // Somebody filled one of the slots.
    world.call(SystemCall::CNodeCopy, &[server.cnode, 9, 0, good, 7]).unwrap();
    let outcome = call(&mut world, endpoint, tag(2, 2), [good, good, 0, 0, 0, 0]);
    assert!(matches!(outcome, Outcome::Returned(results) if error(results) == Some(Error::NoWindow)));
    assert_eq!(kind_in(&mut world, server.cnode, 8)[0], 0);
    // One still fits, since its slot is free.
    assert_eq!(call(&mut world, endpoint, tag(1, 1), [good, 0, 0, 0, 0, 0]), Outcome::Blocked);
}

#[test]
fn windows_are_checked_when_they_are_named() {
    let mut world = World::new();
    let filled = world.make(ObjectKind::Notification, 0);
    for (first, count, expected) in [
        (100, 5, Error::InvalidCount),
        (100, u64::MAX, Error::InvalidCount),
        (0, 1, Error::SlotOutOfRange),
        (4093, 4, Error::SlotOutOfRange),
        (u64::MAX, 1, Error::SlotOutOfRange),
        (u64::MAX, 4, Error::SlotOutOfRange),
        (1 << 32, 1, Error::SlotOutOfRange),
        (filled - 1, 2, Error::SlotOccupied),
    ] {
        assert_eq!(window(&mut world, first, count), Err(expected), "{first} {count}");
    }
    assert_eq!(window(&mut world, 4092, 4), Ok(()));
    assert_eq!(window(&mut world, u64::MAX, 0), Ok(()));
}

#[test]
fn passing_capabilities_needs_grant_on_the_call_and_for_the_answer_on_the_receive() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    for (call_rights, receive_rights) in [(Rights::CALL, Rights::ALL), (Rights::ALL, Rights::RECEIVE)] {
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let receiving = world.copy(endpoint, receive_rights);
        let calling = world.copy(endpoint, call_rights);
        let answer = world.make(ObjectKind::Reply, 0);
        let client = world.spawn(50, Time::Own);
        world.run(client.thread);
        let first = world.new_slot();
        window(&mut world, first, 1).unwrap();
        world.run(client.thread);
        let outcome = call(&mut world, calling, tag(1, 1), [notification, 0, 0, 0, 0, 0]);
        if call_rights == Rights::CALL {
            assert!(matches!(outcome, Outcome::Returned(results) if error(results) == Some(Error::MissingRight)));
            world.run(client.thread);
            assert_eq!(call(&mut world, calling, tag(0, 0), [0; 6]), Outcome::Blocked);
        } else {
            // Queued: the root names a window before it receives.
            assert_eq!(outcome, Outcome::Blocked);
        }
        world.run(world.root);
        let target = world.new_slot();
        window(&mut world, target, 1).unwrap();
        assert!(matches!(receive(&mut world, receiving, answer), Outcome::Returned(results) if results.status == 0));
        let outcome = reply(&mut world, answer, tag(1, 1), notification);
        if receive_rights == Rights::RECEIVE {
            assert!(matches!(outcome, Outcome::Returned(results) if error(results) == Some(Error::MissingRight)));
        } else {
            assert!(matches!(outcome, Outcome::Returned(results) if results.status == 0));
            assert_eq!(world.results(client.thread).values[..2], [tag(1, 1), first]);
        }
    }
}

#[test]
fn an_answer_that_does_not_fit_is_refused_and_can_be_given_again() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let answer = world.make(ObjectKind::Reply, 0);
    let client = world.spawn(50, Time::Own);
    world.run(client.thread);
    call(&mut world, endpoint, tag(0, 0), [0; 6]);
    world.run(world.root);
    receive(&mut world, endpoint, answer);
    let refused = reply(&mut world, answer, tag(1, 1), endpoint);
    assert!(matches!(refused, Outcome::Returned(results) if error(results) == Some(Error::NoWindow)));
    assert!(matches!(reply(&mut world, answer, tag(1, 0), 5), Outcome::Returned(results) if results.status == 0));
    assert_eq!(world.results(client.thread).values[1], 5);
}

#[test]
fn a_queued_caller_that_does_not_fit_is_told_and_the_next_is_received() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let answer = world.make(ObjectKind::Reply, 0);
    let notification = world.make(ObjectKind::Notification, 0);
    let vanishing = world.copy(notification, Rights::ALL);
    let clients = [60, 59, 58].map(|priority| world.spawn(priority, Time::Own));
    for (client, (length, count, word)) in clients.iter().zip([(1, 1, notification), (2, 1, vanishing), (1, 0, 0x77)]) {
        world.run(client.thread);
        assert_eq!(call(&mut world, endpoint, tag(length, count), [word; 6]), Outcome::Blocked);
        world.run(world.root);
    }
    world.call(SystemCall::CNodeDelete, &[0, vanishing]).unwrap();
    let Outcome::Returned(received) = receive(&mut world, endpoint, answer) else { panic!() };
    assert_eq!(received.values[1], 0x77);
    assert_eq!(error(world.results(clients[0].thread)), Some(Error::NoWindow));
    assert_eq!(error(world.results(clients[1].thread)), Some(Error::InvalidCapability));
}

#[test]
fn what_is_revoked_from_a_queued_caller_does_not_arrive() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let answer = world.make(ObjectKind::Reply, 0);
    let badged = world.mint(endpoint, Rights::ALL, 5);
    let own = world.copy(badged, Rights::ALL);
    let client = world.spawn(50, Time::Own);
    world.run(client.thread);
    assert_eq!(call(&mut world, own, tag(0, 0), [0; 6]), Outcome::Blocked);
    world.run(world.root);
    world.call(SystemCall::CNodeRevoke, &[0, badged]).unwrap();
    // The same slot with another badge is another capability.
    world.call(SystemCall::CNodeMint, &[0, own, 0, endpoint, 7, 6]).unwrap();
    let outcome = world.system_call(SystemCall::TryReceive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], answer);
    assert!(matches!(outcome, Outcome::Returned(results) if error(results) == Some(Error::WouldBlock)));
    assert_eq!(error(world.results(client.thread)), Some(Error::InvalidCapability));
}

#[test]
fn a_window_goes_with_the_capability_space_it_was_named_in() {
    let mut world = World::new();
    let (server, endpoint) = waiting_server(&mut world);
    world.call(SystemCall::ThreadSuspend, &[server.thread.slot]).unwrap();
    world.call(SystemCall::ThreadConfigure, &[server.thread.slot, server.cnode, slot::ADDRESS_SPACE, 0]).unwrap();
    world.call(SystemCall::ThreadResume, &[server.thread.slot]).unwrap();
    world.run(server.thread.thread);
    receive(&mut world, 1, 2);
    world.run(world.root);
    let outcome = call(&mut world, endpoint, tag(1, 1), [endpoint, 0, 0, 0, 0, 0]);
    assert!(matches!(outcome, Outcome::Returned(results) if error(results) == Some(Error::NoWindow)));
}
