//! What the tests share: a world corrupted by hand, on which one check and no other has to fail. Calls nobody.

use l4k::base::store::Ref;
use l4k::object::capability::Capability;
use l4k::object::cnode::CNode;
use l4k::object::endpoint::Endpoint;
use l4k::object::frame::Frame;
use l4k::object::irq::Irq;
use l4k::object::notification::Notification;
use l4k::object::reply::Reply;
use l4k::object::sched_context::SchedContext;
use l4k::object::slot::Slot;
use l4k::object::thread::Thread;
use l4k_model::invariants;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{World, slot};
use l4k_sys::abi::{ObjectKind, SystemCall};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the checks on a world that `corrupt` has changed; they must fail with a message that contains `expected`.
pub fn fires(expected: &str, corrupt: impl FnOnce(&mut World)) {
    fires_in(invariants::check, expected, corrupt);
}

/// As [`fires`], for what is not looked at in every check: one of so many must fail.
pub fn fires_within(checks: u64, expected: &str, corrupt: impl FnOnce(&mut World)) {
    fires_in(|world| (0..checks).for_each(|_| invariants::check(world)), expected, corrupt);
}

/// As [`fires`], for a check that is made by itself.
pub fn fires_in(check: impl FnOnce(&World), expected: &str, corrupt: impl FnOnce(&mut World)) {
    let mut world = World::new();
    corrupt(&mut world);
    let failed = catch_unwind(AssertUnwindSafe(|| check(&world)));
    let failure = failed.expect_err("no check fails on the corrupted state");
    let message = failure
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| failure.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default();
    assert!(message.contains(expected), "{message:?} does not say {expected:?}");
}

/// A slot of the shared CNode.
pub fn place(world: &World, number: u64) -> Ref<Slot> {
    world.table.slot(number as u32)
}

/// Takes a capability out of its slot as if it had never been, and leaves its object as it is.
pub fn forget(world: &mut World, number: u64) {
    let slot = place(world, number);
    world.kernel.system.remove_leaf(slot);
}

/// Changes a frame capability in its slot.
pub fn change_frame(world: &mut World, number: u64, change: impl FnOnce(Frame) -> Frame) {
    let slot = place(world, number);
    let frame = world.kernel.system.frame_in(slot).expect("a frame");
    world.kernel.system.store.get_mut(slot).capability = change(frame).pack();
}

macro_rules! objects {
    ($($name:ident: $kind:ident),*) => {
        $(
            /// The object that a capability in a slot names.
            pub fn $name(world: &World, number: u64) -> Ref<$kind> {
                match world.capability(number) {
                    Capability::$kind { object, .. } => object,
                    other => panic!("{other:?}"),
                }
            }
        )*
    };
}

objects!(
    cnode: CNode,
    endpoint: Endpoint,
    notification: Notification,
    reply: Reply,
    context: SchedContext,
    interrupt: Irq
);

/// A thread with time of its own that waits for a notification.
pub fn waiter(world: &mut World, priority: u64, on: u64) -> Spawned {
    let thread = world.spawn(priority, Time::Own);
    world.run(thread.thread);
    world.system_call(SystemCall::Wait as u64, [on, 0, 0, 0, 0, 0, 0, 0], 0);
    thread
}

/// A server without time of its own that receives, in the slots of its endpoint and its reply object.
pub struct Passive {
    /// The server.
    pub thread: Ref<Thread>,
    /// Where it receives.
    pub endpoint: u64,
    /// With what.
    pub reply: u64,
}

/// Makes a passive server.
pub fn passive_server(world: &mut World) -> Passive {
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let reply = world.make(ObjectKind::Reply, 0);
    let server = world.spawn(50, Time::Own);
    world.run(server.thread);
    world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
    world.call(SystemCall::SchedContextUnbind, &[server.context]).expect("a bound context");
    Passive { thread: server.thread, endpoint, reply }
}

/// A client that has called an endpoint, with time of its own.
pub fn caller(world: &mut World, endpoint: u64) -> Spawned {
    let client = world.spawn(5, Time::Own);
    world.run(client.thread);
    world.system_call(SystemCall::Call as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], 0);
    client
}

/// A frame mapped in the root's space with these rights.
pub fn mapped_frame(world: &mut World, address: u64, rights: u64) -> u64 {
    let frame = world.make(ObjectKind::Frame, 12);
    map(world, frame, address, rights);
    frame
}

/// Maps a frame in the root's space.
pub fn map(world: &mut World, frame: u64, address: u64, rights: u64) {
    let arguments = [frame, slot::ADDRESS_SPACE, address, rights, 0];
    world.call(SystemCall::FrameMap, &arguments).expect("a free address");
}
