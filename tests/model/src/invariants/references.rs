//! All references are symmetric (invariant 6): what one object says of another, that one says of it. Calls nobody.

use super::reach::Reached;
use l4k::machine::simulated::Simulated;
use l4k::object::reply::ReplyState;
use l4k::object::sched_context::Owner;
use l4k::object::thread::State;
use l4k::operation::system::System;

/// Threads with contexts, notifications and reply objects, from both sides.
///
/// # Panics
/// If a reference is not symmetric.
pub fn check(system: &System<Simulated>, reached: &Reached) {
    check_threads(system, reached);
    check_others(system, reached);
}

/// What a thread refers to refers back to it.
fn check_threads(system: &System<Simulated>, reached: &Reached) {
    for &thread in &reached.threads {
        let object = system.store.get(thread);
        if let Some(context) = object.running_on {
            assert_eq!(system.store.get(context).thread, Some(thread), "context of {thread:?}");
        }
        if let Some(context) = object.own_context {
            assert_eq!(system.store.get(context).owner, Owner::Thread(thread), "own context of {thread:?}");
        }
        if let Some(notification) = object.notification {
            assert_eq!(system.store.get(notification).bound, Some(thread), "bound notification of {thread:?}");
        }
        match object.state {
            State::AwaitingReply { reply, .. } => assert!(
                matches!(system.store.get(reply).state, ReplyState::Owed { caller, .. } if caller == thread),
                "{thread:?} awaits {reply:?}"
            ),
            State::Receiving { reply, .. } => {
                let offered = ReplyState::Offered { receiver: thread };
                assert_eq!(system.store.get(reply).state, offered, "{thread:?} receives with {reply:?}");
            }
            _ => (),
        }
    }
}

/// What refers to a thread is referred to by it.
fn check_others(system: &System<Simulated>, reached: &Reached) {
    for &object in &reached.contexts {
        let context = system.store.get(object);
        if let Some(thread) = context.thread {
            assert_eq!(system.store.get(thread).running_on, Some(object), "thread of {object:?}");
        }
        let back = match context.owner {
            Owner::Nobody => Some(object),
            Owner::Thread(owner) => system.store.get(owner).own_context,
            Owner::Notification(owner) => system.store.get(owner).context,
        };
        assert_eq!(back, Some(object), "owner of {object:?}");
    }
    for &object in &reached.notifications {
        if let Some(bound) = system.store.get(object).bound {
            assert_eq!(system.store.get(bound).notification, Some(object), "thread bound to {object:?}");
        }
        if let Some(time) = system.store.get(object).context {
            assert_eq!(system.store.get(time).owner, Owner::Notification(object), "time of the signals of {object:?}");
        }
    }
    for &reply in &reached.replies {
        match system.store.get(reply).state {
            ReplyState::Idle => (),
            ReplyState::Offered { receiver } => {
                let state = system.store.get(receiver).state;
                let receives = matches!(state, State::Receiving { reply: other, .. } if other == reply);
                assert!(receives, "{reply:?} is offered");
            }
            ReplyState::Owed { caller, .. } => {
                let state = system.store.get(caller).state;
                let awaits = matches!(state, State::AwaitingReply { reply: other, .. } if other == reply);
                assert!(awaits, "{reply:?} is owed");
            }
        }
    }
}
