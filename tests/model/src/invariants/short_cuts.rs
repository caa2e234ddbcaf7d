//! What is kept so that a fast path need not look further says what further looking would say. Calls `queues`.

use super::queues::queued;
use super::reach::Reached;
use l4k::base::registers::Shape;
use l4k::machine::simulated::Simulated;
use l4k::object::Life;
use l4k::object::endpoint::{Alone, Clients, Side};
use l4k::object::reply::Grant;
use l4k::object::thread::{CallKind, State, Thread};
use l4k::operation::system::System;

/// What the fast paths go by says what is true: who waits alone at an endpoint, which slice a core's thread runs on, and who waits with a fault.
///
/// # Panics
/// If not.
pub fn check(system: &System<Simulated>, reached: &Reached) {
    for &object in &reached.endpoints {
        let endpoint = system.store.get(object);
        let is_served = endpoint.clients != Clients::NONE;
        assert_eq!(is_served, endpoint.life == Life::Alive, "{object:?} has clients only while it lives");
        let Some(Alone { receiver, reply, rights }) = endpoint.alone.get() else { continue };
        let thread = system.store.get(receiver);
        let receiving = State::Receiving { grant: Grant::of(rights), endpoint: object, reply };
        let waits = endpoint.side == Side::Receivers && queued(system, endpoint.queue) == [receiver];
        let holds = waits && endpoint.life == Life::Alive && thread.state == receiving && thread.replies.is_none();
        assert!(holds, "{receiver:?} does not wait alone at {object:?}");
    }
    for core in &system.cores {
        let context = core.current.and_then(|thread| system.store.get(thread).running_on);
        let slice = context.filter(|context| system.store.get(*context).is_slice());
        assert!(
            core.current.is_none() || core.slice == slice,
            "the slice of {:?} is not {:?}",
            core.current,
            core.slice
        );
    }
    for &thread in &reached.threads {
        let Thread { state, ref context, fault, .. } = *system.store.get(thread);
        let in_call = match state {
            State::Receiving { .. } | State::Waiting { .. } => true,
            State::Calling { kind, .. } | State::AwaitingReply { kind, .. } => kind == CallKind::Message,
            State::Ready | State::Suspended(_) => false,
        };
        assert!(!in_call || context.shape == Shape::SystemCall, "{thread:?} waits in a system call with all registers");
        if let State::Calling { kind, .. } | State::AwaitingReply { kind, .. } = state {
            assert!((kind == CallKind::Message) == fault.is_none(), "{thread:?} waits with {kind:?} and {fault:?}");
        }
    }
}
