//! What the kernel takes over as it lies in zero memory is what a new object has to be.

use l4k::base::arch::CoreNumber;
use l4k::base::debugging::Debugging;
use l4k::base::registers::Context;
use l4k::base::time::Ticks;
use l4k::object::Life;
use l4k::object::capability::Capability;
use l4k::object::endpoint::Side;
use l4k::object::reply::ReplyState;
use l4k::object::sched_context::Owner;
use l4k::object::slot::Slot;
use l4k::object::thread::{QueueLinks, State, Suspension, Use, Window};
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, SystemCall};

#[test]
fn a_new_thread_has_nothing() {
    let mut world = World::new();
    for size in [0, 11] {
        let made = world.make(ObjectKind::Thread, size);
        let Capability::Thread { object } = world.capability(made) else { panic!() };
        let thread = world.kernel.system.store.get(object);
        assert_eq!(*thread.context, Context::START);
        assert_eq!(thread.slots, [Slot::EMPTY; 5]);
        assert_eq!(thread.state, State::Suspended(Suspension::Stopped));
        assert_eq!(thread.links, QueueLinks::default());
        assert_eq!(thread.references, 1);
        assert_eq!((thread.running_on, thread.own_context), (None, None));
        assert_eq!((thread.notification, thread.replies), (None, None));
        assert_eq!(thread.window, Window::NONE);
        assert_eq!(thread.floating_point.is_some(), size == 11);
        assert_eq!((thread.priority, thread.maximum_priority), (0, 0));
        assert_eq!(thread.fault.get(), None);
        assert_eq!((thread.debugging, thread.debugged), (Debugging::OFF, Use::No));
        assert_eq!(thread.name, [0; 16]);
    }
}

#[test]
fn a_new_address_space_is_empty_and_has_its_tables() {
    let mut world = World::new();
    for bits in [15, 18, 22] {
        let made = world.make(ObjectKind::AddressSpace, bits);
        let tables = (1 << (bits - 12)) - 2;
        let status = world.call(SystemCall::AddressSpaceQuery, &[made]).unwrap().values;
        assert_eq!(status[..3], [tables, tables, 0]);
        let Capability::AddressSpace { object } = world.capability(made) else { panic!() };
        let space = world.kernel.system.store.get(object);
        assert_eq!((space.references, space.identity.get()), (1, None));
    }
}

#[test]
fn new_objects_of_ipc_and_time_are_idle() {
    let mut world = World::new();
    let made = [ObjectKind::Endpoint, ObjectKind::Notification, ObjectKind::Reply, ObjectKind::SchedContext]
        .map(|kind| world.make(kind, 0));
    let store = &world.kernel.system.store;
    let Capability::Endpoint { object, .. } = world.capability(made[0]) else { panic!() };
    let endpoint = store.get(object);
    assert_eq!((endpoint.references, endpoint.life, endpoint.side), (1, Life::Alive, Side::Callers));
    assert_eq!(endpoint.queue.first, None);
    let Capability::Notification { object, .. } = world.capability(made[1]) else { panic!() };
    let notification = store.get(object);
    assert_eq!((notification.references, notification.life, notification.word), (1, Life::Alive, 0));
    assert_eq!((notification.queue.first, notification.bound), (None, None));
    let Capability::Reply { object } = world.capability(made[2]) else { panic!() };
    assert_eq!((store.get(object).references, store.get(object).state), (1, ReplyState::Idle));
    let Capability::SchedContext { object } = world.capability(made[3]) else { panic!() };
    let context = store.get(object);
    assert_eq!((context.references, context.core), (1, CoreNumber(0)));
    assert_eq!([context.budget, context.period, context.refills.first().amount, context.consumed], [Ticks(0); 4]);
    assert_eq!((context.thread, context.owner), (None, Owner::Nobody));
}

#[test]
fn a_dying_pool_gives_out_nothing_and_takes_back_everything() {
    let mut world = World::new();
    let pool = world.make(ObjectKind::AsidPool, 0);
    let spaces: Vec<u64> = (0..70).map(|_| world.make(ObjectKind::AddressSpace, 15)).collect();
    for space in &spaces[..69] {
        world.call(SystemCall::AsidPoolAssign, &[pool, *space]).unwrap();
    }
    world.kernel.system.store.machine.preempt_after.set(Some(40));
    let delete = [0, pool, 0, 0, 0, 0, 0, 0];
    assert_eq!(world.system_call(SystemCall::CNodeDelete as u64, delete, 0), Outcome::Restarted);
    let assigned = world.call(SystemCall::AsidPoolAssign, &[pool, spaces[69]]);
    assert_eq!(assigned, Err(Error::Dying));
    world.call(SystemCall::CNodeDelete, &[0, pool]).unwrap();
    for space in spaces {
        assert_eq!(world.call(SystemCall::AddressSpaceQuery, &[space]).unwrap().values[2], 0);
    }
}

#[test]
fn generations_of_identifiers_go_on_in_the_next_pool_at_the_same_place() {
    let mut world = World::new();
    let mut generation = 0;
    for _ in 0..3 {
        let pool = world.make(ObjectKind::AsidPool, 0);
        let space = world.make(ObjectKind::AddressSpace, 15);
        world.call(SystemCall::AsidPoolAssign, &[pool, space]).unwrap();
        let Capability::AddressSpace { object } = world.capability(space) else { panic!() };
        let identity = world.kernel.system.store.get(object).identity.get().unwrap();
        assert!(identity.generation > generation, "an identity is never given out twice");
        generation = identity.generation;
        world.call(SystemCall::CNodeDelete, &[0, pool]).unwrap();
        world.call(SystemCall::CNodeDelete, &[0, space]).unwrap();
    }
    assert!(world.call(SystemCall::AddressSpaceQuery, &[slot::ADDRESS_SPACE]).is_ok());
}
