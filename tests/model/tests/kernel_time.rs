//! Time that passes in the kernel belongs to the thread that entered it, up to where the next thread begins: also after
//! the thread has left its core, and after it is gone, as long as its scheduling context lives.

use l4k::base::time::Instant;
use l4k::object::capability::Capability;
use l4k::object::thread::{State, Suspension};
use l4k_model::invariants;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{CORE, Checks, World, slot};
use l4k_sys::abi::{ObjectKind, SystemCall};

/// What passes at each look at the clock, and at each preemption point.
const LOOK: u64 = 1_000;

/// A CNode of 2^n slots, in which many preemption points are passed until it is empty.
const LARGE: u64 = 10;

/// A caller, and another thread, which runs when the caller cannot.
struct Scene {
    world: World,
    caller: Spawned,
    other: Spawned,
}

/// Time that was used: by the caller's context, by the other's, and what passed until the next thread began.
#[derive(Debug, PartialEq, Eq)]
struct Used {
    caller: u64,
    other: u64,
    passed: u64,
}

fn scene() -> Scene {
    let mut world = World::new();
    let (caller, other) = (world.spawn(90, Time::Own), world.spawn(80, Time::Own));
    Scene { world, caller, other }
}

impl Scene {
    fn consumed(&self, thread: Spawned) -> u64 {
        let context = self.world.sched_context(thread.context).expect("a context");
        self.world.kernel.system.store.get(context).consumed.0
    }

    /// The caller's context has this budget in an hour.
    fn limit(&mut self, budget: u64) {
        let hour = 3_600_000_000_000;
        let limit = [slot::SCHED_CONTROL, self.caller.context, budget, hour];
        self.world.as_root(SystemCall::SchedControlConfigure, &limit);
    }

    /// The caller makes a call in which time passes.
    fn calls(&mut self, call: SystemCall, arguments: &[u64], x9: u64) -> Used {
        let (caller, other) = (self.consumed(self.caller), self.consumed(self.other));
        self.world.run(self.caller.thread);
        self.world.checks = Checks::OnDemand;
        let start = self.world.kernel.system.store.machine.clock.get();
        self.world.kernel.system.core_mut(CORE).charged_until = Instant(start - LOOK);
        self.world.kernel.system.store.machine.ticks_per_look = LOOK;
        let mut x = [0; 8];
        x[..arguments.len()].copy_from_slice(arguments);
        let _ = self.world.system_call(call as u64, x, x9);
        self.world.kernel.system.store.machine.ticks_per_look = 0;
        invariants::check(&self.world);
        Used {
            caller: self.consumed(self.caller) - caller,
            other: self.consumed(self.other) - other,
            passed: self.world.kernel.system.core(CORE).charged_until.0 - start + LOOK,
        }
    }

    /// The caller has paid for all that passed.
    #[track_caller]
    fn caller_paid(&self, used: &Used) {
        assert_eq!(used, &Used { caller: used.passed, other: 0, passed: used.passed });
        assert!(used.passed >= LOOK, "time has passed: {used:?}");
    }
}

#[test]
fn a_caller_that_waits_has_paid_for_its_way_out() {
    for kind in [ObjectKind::Endpoint, ObjectKind::Notification] {
        let mut scene = scene();
        let (object, reply) = (scene.world.make(kind, 0), scene.world.make(ObjectKind::Reply, 0));
        let calls: &[SystemCall] = match kind {
            ObjectKind::Endpoint => &[SystemCall::Call, SystemCall::Receive],
            _ => &[SystemCall::Wait],
        };
        for call in calls {
            let used = scene.calls(*call, &[object], reply);
            scene.caller_paid(&used);
            assert_ne!(scene.world.current(), Some(scene.caller.thread), "another thread runs");
            scene.world.as_root(SystemCall::ThreadCancel, &[scene.caller.slot]);
        }
    }
}

#[test]
fn a_caller_that_stops_itself_has_paid() {
    let mut scene = scene();
    let thread = scene.caller.slot;
    let used = scene.calls(SystemCall::ThreadSuspend, &[thread], 0);
    scene.caller_paid(&used);
    assert_eq!(scene.world.state(scene.caller.thread), State::Suspended(Suspension::Stopped));
}

#[test]
fn a_caller_that_destroys_itself_has_paid() {
    let mut scene = scene();
    let thread = scene.caller.slot;
    let used = scene.calls(SystemCall::CNodeDelete, &[0, thread], 0);
    scene.caller_paid(&used);
}

/// The deletion of a CNode goes on when the thread that has begun it is gone with what was in it.
#[test]
fn a_deletion_that_outlives_its_caller_is_paid_by_its_context() {
    for index in [1, (1 << LARGE) - 1] {
        let mut scene = scene();
        scene.world.run(scene.world.root);
        let table = scene.world.make(ObjectKind::CNode, LARGE);
        scene.world.as_root(SystemCall::CNodeMove, &[table, index, 0, scene.caller.slot]);
        let used = scene.calls(SystemCall::CNodeDelete, &[0, table], 0);
        scene.caller_paid(&used);
        assert!(used.passed > 100 * LOOK, "many preemption points were passed: {used:?}");
        assert_eq!(scene.world.capability(table), Capability::Empty);
    }
}

#[test]
fn a_caller_that_gives_its_time_away_has_paid() {
    let mut scene = scene();
    let context = scene.caller.context;
    let used = scene.calls(SystemCall::SchedContextUnbind, &[context], 0);
    scene.caller_paid(&used);
}

/// It pays for the way there with its old budget. The new one is whole, so it goes on at once.
#[test]
fn a_caller_that_fills_its_own_time_anew_goes_on() {
    let mut scene = scene();
    scene.limit(20_000);
    let limit = [slot::SCHED_CONTROL, scene.caller.context, 10_000, 3_600_000_000_000];
    let used = scene.calls(SystemCall::SchedControlConfigure, &limit, 0);
    assert!(used.caller >= LOOK, "{used:?}");
    assert_eq!(scene.world.kernel.system.core(CORE).waiting, None, "its new budget is not used up");
    let context = scene.world.sched_context(scene.caller.context).expect("a context");
    let first = scene.world.kernel.system.store.get(context).refills.first();
    assert_eq!(first.amount.0, 10_000, "the new budget is whole");
}

#[test]
fn nobody_pays_with_a_context_that_is_gone() {
    let mut scene = scene();
    let context = scene.caller.context;
    let (other, start) = (scene.consumed(scene.other), scene.world.kernel.system.store.machine.clock.get());
    scene.world.run(scene.caller.thread);
    scene.world.kernel.system.store.machine.ticks_per_look = LOOK;
    scene.world.checks = Checks::OnDemand;
    let _ = scene.world.system_call(SystemCall::CNodeDelete as u64, [0, context, 0, 0, 0, 0, 0, 0], 0);
    scene.world.kernel.system.store.machine.ticks_per_look = 0;
    invariants::check(&scene.world);
    assert!(scene.world.kernel.system.core(CORE).charged_until.0 >= start);
    assert_eq!(scene.consumed(scene.other), other);
}

/// The call hands the time over to a server, and what is left of it is used up on the way: the server does not run on it.
#[test]
fn time_that_ends_on_the_way_to_a_server_does_not_run() {
    let mut scene = scene();
    let (endpoint, reply) = (scene.world.make(ObjectKind::Endpoint, 0), scene.world.make(ObjectKind::Reply, 0));
    let server = scene.world.spawn(95, Time::Own);
    scene.world.run(server.thread);
    let _ = scene.world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
    scene.world.as_root(SystemCall::SchedContextUnbind, &[server.context]);
    scene.limit(10_000);
    // What is left is used up before the server can begin.
    scene.world.run(scene.caller.thread);
    let start = scene.world.kernel.system.store.machine.clock.get();
    scene.world.kernel.system.store.machine.clock.set(start + 10_000);
    scene.world.kernel.system.core_mut(CORE).charged_until = Instant(start);
    scene.world.checks = Checks::OnDemand;
    scene.world.kernel.system.store.machine.ticks_per_look = LOOK;
    let _ = scene.world.system_call(SystemCall::Call as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], 0);
    scene.world.kernel.system.store.machine.ticks_per_look = 0;
    invariants::check(&scene.world);
    assert_eq!(scene.world.state(server.thread), State::Ready, "it has the call");
    assert_eq!(scene.world.runs_on(server.thread), scene.world.sched_context(scene.caller.context));
    assert_ne!(scene.world.current(), Some(server.thread), "the time is used up");
    assert_eq!(scene.world.kernel.system.core(CORE).waiting, Some(server.thread));
}
