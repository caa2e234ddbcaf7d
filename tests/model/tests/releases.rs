//! Threads that wait for their time: whom a release interrupts, and whom it does not.

use l4k::base::arch::{Arch, CoreNumber, Event};
use l4k::base::store::Ref;
use l4k::object::capability::Capability;
use l4k::object::sched_context::SchedContext;
use l4k::object::slot::Slot;
use l4k::object::thread::Thread;
use l4k_model::invariants;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{CORE, World, slot};
use l4k_sys::abi::{ObjectKind, SystemCall};
use proptest::prelude::*;

const MILLISECOND: u64 = 1_000_000;

/// A thread that always wants to run, with a budget in a period, both in nanoseconds.
fn spinner(world: &mut World, control: u64, priority: u64, [budget, period]: [u64; 2]) -> Spawned {
    let spawned = world.spawn(priority, Time::Lent);
    let context = world.make(ObjectKind::SchedContext, 0);
    world.call(SystemCall::SchedControlConfigure, &[control, context, budget, period]).unwrap();
    world.call(SystemCall::SchedContextBind, &[context, spawned.slot]).unwrap();
    Spawned { context, ..spawned }
}

fn now(world: &World) -> u64 {
    world.kernel.system.store.machine.clock.get()
}

fn deadline(world: &World) -> u64 {
    world.kernel.system.store.machine.processors[0].deadline.map_or(u64::MAX, |deadline| deadline.0)
}

/// The clock goes on to an instant, and the timer interrupts.
fn interrupt_at(world: &mut World, instant: u64) {
    world.kernel.system.store.machine.clock.set(instant);
    let _ = world.kernel.handle(CORE, Event::Interrupt);
    invariants::check(world);
}

fn ticks(world: &World, nanoseconds: u64) -> u64 {
    world.kernel.system.store.machine.ticks_per_second().ticks(nanoseconds).unwrap().0
}

/// Threads of these priorities that have used up a budget of 1 ms in 20 ms, one after another; the most urgent runs first. The root
/// is stopped.
fn exhausted(world: &mut World, priorities: &[u64]) -> Vec<Spawned> {
    let budget = [MILLISECOND, 20 * MILLISECOND];
    let threads: Vec<_> =
        priorities.iter().map(|priority| spinner(world, slot::SCHED_CONTROL, *priority, budget)).collect();
    world.suspend_current();
    for _ in priorities {
        let end = deadline(world);
        interrupt_at(world, end);
    }
    threads
}

#[test]
fn a_release_of_a_less_urgent_thread_interrupts_nobody() {
    let mut world = World::new();
    let victim = spinner(&mut world, slot::SCHED_CONTROL, 50, [100 * MILLISECOND; 2]);
    world.call(SystemCall::ThreadSuspend, &[victim.slot]).unwrap();
    let threads = exhausted(&mut world, &[40, 30, 50, 20]);
    assert_eq!(world.current(), None);
    world.kernel.system.resume(victim.thread).unwrap();
    let _ = world.kernel.start(CORE);
    let begin = now(&world);
    assert_eq!(world.current(), Some(victim.thread));
    assert_eq!(deadline(&world), begin + ticks(&world, 100 * MILLISECOND), "its slice, and no release");
    // The slice is over: all have been released long ago. The one of the same priority runs, the victim is behind it.
    let end = deadline(&world);
    interrupt_at(&mut world, end);
    assert_eq!(world.current(), Some(threads[2].thread));
    let end = deadline(&world);
    interrupt_at(&mut world, end);
    assert_eq!(world.current(), Some(victim.thread), "the others are less urgent");
    world.suspend_current();
    assert_eq!(world.current(), Some(threads[0].thread), "then they run, the most urgent first");
}

#[test]
fn a_release_of_a_more_urgent_thread_comes_on_time() {
    let mut world = World::new();
    let victim = spinner(&mut world, slot::SCHED_CONTROL, 50, [100 * MILLISECOND; 2]);
    world.call(SystemCall::ThreadSuspend, &[victim.slot]).unwrap();
    let threads = exhausted(&mut world, &[90, 30, 60]);
    world.kernel.system.resume(victim.thread).unwrap();
    let _ = world.kernel.start(CORE);
    let [first, second] =
        [threads[0], threads[2]].map(|urgent| (urgent, world.kernel.system.release_of(urgent.thread).0));
    assert_eq!((world.current(), deadline(&world)), (Some(victim.thread), first.1));
    interrupt_at(&mut world, first.1);
    assert_eq!(world.current(), Some(first.0.thread));
    // The second comes while the first runs, and is less urgent: it does not interrupt it.
    let end = deadline(&world);
    assert!(second.1 <= end);
    interrupt_at(&mut world, end);
    assert_eq!(world.current(), Some(second.0.thread));
    let end = deadline(&world);
    interrupt_at(&mut world, end);
    assert_eq!(world.current(), Some(victim.thread));
}

#[test]
fn a_priority_that_is_lowered_lets_releases_come() {
    let mut world = World::new();
    let runs = spinner(&mut world, slot::SCHED_CONTROL, 50, [100 * MILLISECOND; 2]);
    world.call(SystemCall::ThreadSuspend, &[runs.slot]).unwrap();
    let threads = exhausted(&mut world, &[40]);
    world.kernel.system.resume(runs.thread).unwrap();
    let _ = world.kernel.start(CORE);
    let release = world.kernel.system.release_of(threads[0].thread).0;
    assert!(deadline(&world) > release);
    world.kernel.system.change_priority(runs.thread, 39);
    let _ = world.kernel.start(CORE);
    assert_eq!(deadline(&world), release);
    // And one that waits can become more urgent than the one that runs.
    world.kernel.system.change_priority(runs.thread, 50);
    let _ = world.kernel.start(CORE);
    assert!(deadline(&world) > release);
    world.kernel.system.change_priority(threads[0].thread, 51);
    let _ = world.kernel.start(CORE);
    assert_eq!(deadline(&world), release);
}

#[test]
fn who_comes_back_again_and_again_without_time_interrupts_another_core_once() {
    let mut world = World::new();
    world.kernel.system.core_count = 2;
    let control = world.new_slot();
    let capability = Capability::SchedControl { core: 1 };
    *world.kernel.system.store.get_mut(world.table.slot(control as u32)) = Slot { capability, ..Slot::EMPTY };
    let interrupted = |world: &World| world.kernel.system.store.machine.processors[1].interrupted;
    let take = |world: &mut World| {
        world.kernel.system.store.machine.here = 1;
        world.kernel.system.store.machine.processors[1].interrupted = false;
        let _ = world.kernel.handle(CoreNumber(1), Event::Interrupt);
        world.kernel.system.store.machine.here = 0;
        world.kernel.system.here = CORE;
    };
    let victim = spinner(&mut world, control, 50, [100 * MILLISECOND; 2]);
    take(&mut world);
    assert_eq!(world.kernel.system.core(CoreNumber(1)).current, Some(victim.thread));
    for (priority, interrupts) in [(40, 0), (50, 0), (60, 1)] {
        let thread = spinner(&mut world, slot::SCHED_CONTROL, priority, [MILLISECOND, 20 * MILLISECOND]);
        world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
        world
            .call(SystemCall::SchedControlConfigure, &[control, thread.context, MILLISECOND, 20 * MILLISECOND])
            .unwrap();
        let Capability::SchedContext { object } = world.capability(thread.context) else { panic!() };
        let budget = l4k::base::time::Ticks(ticks(&world, MILLISECOND));
        let context: &mut SchedContext = world.kernel.system.store.get_mut(object);
        context.give_up(budget);
        let mut count = 0;
        for _ in 0..100 {
            world.call(SystemCall::ThreadResume, &[thread.slot]).unwrap();
            if interrupted(&world) {
                count += 1;
                take(&mut world);
            }
            world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
        }
        assert_eq!(count, interrupts, "a thread of priority {priority}, whose time is used up");
        assert_eq!(world.kernel.system.core(CoreNumber(1)).current, Some(victim.thread));
    }
}

proptest! {
    /// What the tree finds is what a look at all threads finds.
    #[test]
    fn the_tree_finds_the_first_release(
        threads in prop::collection::vec((0..=255_u8, 1..50_u64), 1..40),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        least in 0..=255_u8,
    ) {
        let mut world = World::new();
        world.checks = l4k_model::world::Checks::OnDemand;
        let all: Vec<(Ref<Thread>, u8)> = threads.iter().map(|(priority, release)| {
            let spawned = spinner(&mut world, slot::SCHED_CONTROL, 1, [MILLISECOND, 20 * MILLISECOND]);
            let system = &mut world.kernel.system;
            system.ready_remove(CORE, spawned.thread);
            system.store.get_mut(spawned.thread).priority = *priority;
            let context = system.store.get(spawned.thread).running_on.unwrap();
            system.store.get_mut(context).fill(
                l4k::base::time::Ticks(10), l4k::base::time::Ticks(100), l4k::base::time::Instant(1_000_000_000 + release),
            );
            system.release_insert(CORE, spawned.thread);
            (spawned.thread, *priority)
        }).collect();
        let mut left = all;
        let find = |world: &World, left: &[(Ref<Thread>, u8)], least: u8| {
            let system = &world.kernel.system;
            let found = invariants::waiting(system, system.core(CORE).waiting);
            prop_assert_eq!(found.len(), left.len());
            let first = |least: u8| left.iter().filter(|(_, priority)| *priority >= least)
                .map(|(thread, _)| system.release_of(*thread)).min();
            for least in [0, least, 255].into_iter().chain(left.iter().map(|(_, priority)| *priority)) {
                let found = system.first_released(CORE, least);
                prop_assert_eq!(found.map(|thread| system.release_of(thread)), first(least), "from {}", least);
                prop_assert!(found.is_none_or(|thread| system.store.get(thread).priority >= least));
            }
            Ok(())
        };
        find(&world, &left, least)?;
        for index in removed {
            if left.is_empty() {
                break;
            }
            let (thread, _) = left.swap_remove(index.index(left.len()));
            world.kernel.system.release_remove(CORE, thread);
            find(&world, &left, least)?;
        }
    }
}
