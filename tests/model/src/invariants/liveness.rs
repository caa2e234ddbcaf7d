//! Counters of capabilities, and that what objects refer to is alive (invariant 4). Calls `reach`.

use super::reach::{Reached, object_key};
use l4k::machine::simulated::Simulated;
use l4k::object::capability::Capability;
use l4k::object::reply::ReplyState;
use l4k::object::sched_context::Owner;
use l4k::object::thread::State;
use l4k::operation::system::System;

/// An object's counter is the number of its capabilities, and a capability to a CNode knows its size.
///
/// # Panics
/// If not.
pub fn check_counters(system: &System<Simulated>, reached: &Reached) {
    for (slot, contents) in &reached.slots {
        if let Some(key) = object_key(&contents.capability) {
            let counter = counter(system, &contents.capability);
            assert_eq!(counter, Some(reached.counts[&key]), "capabilities to {key:x?}");
        }
        if let Capability::CNode { object, size_bits, .. } = contents.capability {
            let header = system.store.get(object).header.capability;
            let is_so = matches!(header, Capability::CNodeHeader { size_bits: actual, .. } if actual == size_bits);
            assert!(is_so, "{slot:?} has another size than its CNode");
        }
    }
}

fn counter(system: &System<Simulated>, capability: &Capability) -> Option<u32> {
    Some(match *capability {
        Capability::CNode { object, .. } => match system.store.get(object).header.capability {
            Capability::CNodeHeader { references, .. } => references,
            _ => return None,
        },
        Capability::Thread { object } => system.store.get(object).references,
        Capability::Endpoint { object, .. } => system.store.get(object).references,
        Capability::Notification { object, .. } => system.store.get(object).references,
        Capability::Reply { object } => system.store.get(object).references,
        Capability::SchedContext { object } => system.store.get(object).references,
        Capability::AddressSpace { object } => system.store.get(object).references,
        Capability::AsidPool { object } => system.store.get(object).references,
        Capability::Irq { object } => system.store.get(object).references,
        _ => return None,
    })
}

/// Nothing alive refers to what no capability reaches.
///
/// # Panics
/// If something does.
pub fn check_live(system: &System<Simulated>, reached: &Reached) {
    let thread = |thread| reached.threads.contains(&thread);
    for &object in &reached.threads {
        let actual = system.store.get(object);
        let contexts = [actual.running_on, actual.own_context].into_iter().flatten();
        let alive = contexts.into_iter().all(|context| reached.contexts.contains(&context))
            && actual.notification.is_none_or(|notification| reached.notifications.contains(&notification))
            && actual.replies.is_none_or(|reply| reached.replies.contains(&reply))
            && is_state_live(actual.state, reached);
        assert!(alive, "a thread refers to what is gone: {object:?}");
    }
    for &object in &reached.contexts {
        let actual = system.store.get(object);
        let owner = match actual.owner {
            Owner::Nobody => true,
            Owner::Thread(owner) => thread(owner),
            Owner::Notification(owner) => reached.notifications.contains(&owner),
        };
        let alive = owner && actual.thread.is_none_or(thread);
        assert!(alive, "a context refers to what is gone: {object:?}");
    }
    for &object in &reached.notifications {
        let actual = system.store.get(object);
        let time = actual.context.is_none_or(|context| reached.contexts.contains(&context));
        assert!(time && actual.bound.is_none_or(thread), "a notification refers to what is gone: {object:?}");
    }
    for &object in &reached.replies {
        let alive = match system.store.get(object).state {
            ReplyState::Idle => true,
            ReplyState::Offered { receiver } => thread(receiver),
            ReplyState::Owed { caller, server, next, previous, .. } => {
                let neighbours = [next, previous].into_iter().flatten();
                thread(caller) && thread(server) && neighbours.into_iter().all(|reply| reached.replies.contains(&reply))
            }
        };
        assert!(alive, "a reply object refers to what is gone: {object:?}");
    }
}

fn is_state_live(state: State, reached: &Reached) -> bool {
    match state {
        State::Suspended(_) | State::Ready => true,
        State::Calling { endpoint, .. } => reached.endpoints.contains(&endpoint),
        State::AwaitingReply { reply, .. } => reached.replies.contains(&reply),
        State::Receiving { endpoint, reply, .. } => {
            reached.endpoints.contains(&endpoint) && reached.replies.contains(&reply)
        }
        State::Waiting { notification } => reached.notifications.contains(&notification),
    }
}
