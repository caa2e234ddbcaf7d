//! Objects whose destruction gave way to an interrupt: who uses one meanwhile finds it gone, and nobody is left behind.

use l4k::base::arch::SpaceRoot;
use l4k_model::objects::Time;
use l4k_model::world::{Outcome, Results, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, SystemCall};

const WAITERS: u64 = 5;

fn arguments(first: u64, second: u64) -> [u64; 8] {
    [first, second, 0, 0, 0, 0, 0, 0]
}

fn refused(outcome: Outcome) -> Option<Error> {
    match outcome {
        Outcome::Returned(Results { status, .. }) => Error::from_code(status),
        _ => None,
    }
}

/// Deletes the capability in a slot, which gives way to an interrupt at each of its steps; calls `between` each time.
fn delete_step_by_step(world: &mut World, capability: u64, mut between: impl FnMut(&mut World)) -> u32 {
    let mut cuts = 0;
    loop {
        world.kernel.system.store.machine.preempt_after.set(Some(1));
        match world.system_call(SystemCall::CNodeDelete as u64, arguments(0, capability), 0) {
            Outcome::Restarted => {
                world.kernel.system.store.machine.preempt_after.set(None);
                cuts += 1;
                between(world);
            }
            outcome => {
                assert_eq!(refused(outcome), None, "the delete ends");
                return cuts;
            }
        }
    }
}

#[test]
fn nobody_receives_at_an_endpoint_that_is_being_destroyed() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    for index in 0..WAITERS {
        let caller = world.spawn(index + 1, Time::Own);
        world.run(caller.thread);
        world.system_call(SystemCall::Call as u64, arguments(endpoint, 0), 0);
        world.run(world.root);
    }
    let cuts = delete_step_by_step(&mut world, endpoint, |world| {
        for call in [SystemCall::Receive, SystemCall::TryReceive] {
            let outcome = world.system_call(call as u64, arguments(endpoint, 0), reply);
            assert_eq!(refused(outcome), Some(Error::PeerGone), "{call:?}");
        }
    });
    assert!(cuts > 1, "{cuts} cuts");
}

#[test]
fn nobody_uses_a_notification_that_is_being_destroyed() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let waiters: Vec<_> = (0..WAITERS).map(|index| world.spawn(index + 1, Time::Own)).collect();
    for waiter in &waiters {
        world.run(waiter.thread);
        assert_eq!(world.system_call(SystemCall::Wait as u64, arguments(notification, 0), 0), Outcome::Blocked);
        world.run(world.root);
    }
    let bound = world.spawn(20, Time::Own);
    let cuts = delete_step_by_step(&mut world, notification, |world| {
        for call in [SystemCall::Wait, SystemCall::Poll] {
            let outcome = world.system_call(call as u64, arguments(notification, 0), 0);
            assert_eq!(refused(outcome), Some(Error::PeerGone), "{call:?}");
        }
        assert_eq!(world.call(SystemCall::ThreadBindNotification, &[bound.slot, notification]), Err(Error::Dying));
        // A signal has no answer; nobody wakes with a success.
        world.call(SystemCall::Signal, &[notification]).unwrap();
    });
    assert!(cuts > 1, "{cuts} cuts");
    for waiter in waiters {
        assert_eq!(Error::from_code(world.results(waiter.thread).status), Some(Error::PeerGone));
    }
}

#[test]
fn a_program_that_destroys_the_pool_of_its_own_space_runs_on_nothing() {
    let mut world = World::new();
    let pool = world.make(ObjectKind::AsidPool, 0);
    let space = world.make(ObjectKind::AddressSpace, 15);
    world.call(SystemCall::AsidPoolAssign, &[pool, space]).unwrap();
    let other = world.spawn(30, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[other.slot]).unwrap();
    world.call(SystemCall::ThreadConfigure, &[other.slot, slot::CNODE, space, 0]).unwrap();
    world.call(SystemCall::ThreadResume, &[other.slot]).unwrap();
    let notification = world.make(ObjectKind::Notification, 0);
    let roots = world.kernel.system.store.machine.processors[0].root;
    assert_eq!(world.system_call(SystemCall::Wait as u64, arguments(notification, 0), 0), Outcome::Blocked);
    assert_eq!(world.current(), Some(other.thread));
    assert_ne!(world.kernel.system.store.machine.processors[0].root, roots, "it runs in the space");
    world.call(SystemCall::CNodeDelete, &[0, pool]).unwrap();
    assert_eq!(world.call(SystemCall::AddressSpaceQuery, &[space]).unwrap().values[2], 0, "it has no identifier");
    assert_eq!(world.kernel.system.store.machine.processors[0].root, SpaceRoot::NOTHING, "no table of it stays loaded");
}
