//! Budgets below their period: who runs when, as the clock and the timer alone drive the kernel.

use l4k::base::arch::Event;
use l4k::base::store::Ref;
use l4k::base::time::Instant;
use l4k::object::thread::Thread;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{CORE, World, slot};
use l4k_sys::abi::{ObjectKind, SystemCall};
use proptest::prelude::*;

/// A thread that always wants to run, with a budget in a period.
fn spinner(world: &mut World, priority: u64, budget: u64, period: u64) -> Spawned {
    let spawned = world.spawn(priority, Time::Lent);
    let context = world.make(ObjectKind::SchedContext, 0);
    world.call(SystemCall::SchedControlConfigure, &[slot::SCHED_CONTROL, context, budget, period]).unwrap();
    world.call(SystemCall::SchedContextBind, &[context, spawned.slot]).unwrap();
    Spawned { context, ..spawned }
}

/// Lets time pass up to an instant: the clock goes on to what the timer is set to, each time. Stretches of time with whoever ran in them.
fn pass(world: &mut World, until: u64) -> Vec<(u64, u64, Option<Ref<Thread>>)> {
    let mut history = Vec::new();
    let now = |world: &World| world.kernel.system.store.machine.clock.get();
    while now(world) < until {
        let start = now(world);
        let deadline = world.kernel.system.store.machine.processors[0]
            .deadline
            .map_or(until, |Instant(deadline)| deadline.min(until));
        world.kernel.system.store.machine.clock.set(deadline.max(start));
        history.push((start, deadline.max(start), world.current()));
        let _ = world.kernel.handle(CORE, Event::Interrupt);
        if history.len().is_multiple_of(16) {
            l4k_model::invariants::check(world);
        }
    }
    history
}

/// Stops the root, so that the others run.
fn leave_the_stage(world: &mut World) -> u64 {
    world.suspend_current();
    world.kernel.system.store.machine.clock.get()
}

fn time_of(history: &[(u64, u64, Option<Ref<Thread>>)], thread: Ref<Thread>, from: u64, to: u64) -> u64 {
    let own = history.iter().filter(|(_, _, ran)| *ran == Some(thread));
    own.map(|(start, end, _)| end.min(&to).saturating_sub(*start.max(&from))).sum()
}

#[test]
fn a_budget_is_a_share_to_the_tick() {
    for percent in 1..=90 {
        let (period, mut world) = (10_000_000, World::new());
        let budget = period * percent / 100;
        let urgent = spinner(&mut world, 90, budget, period);
        let other = spinner(&mut world, 80, period, period);
        let start = leave_the_stage(&mut world);
        let history = pass(&mut world, start + 100 * period);
        assert_eq!(time_of(&history, urgent.thread, start, start + 100 * period), 100 * budget, "{percent}%");
        let rest = time_of(&history, other.thread, start, start + 100 * period);
        assert_eq!(rest, 100 * (period - budget), "the rest at {percent}%");
    }
}

#[test]
fn who_waits_for_time_leaves_the_core_to_nobody() {
    let mut world = World::new();
    let only = spinner(&mut world, 90, 1_000_000, 4_000_000);
    let start = leave_the_stage(&mut world);
    let history = pass(&mut world, start + 12_000_000);
    let ran: Vec<_> = history.iter().map(|(from, to, ran)| (from - start, to - start, ran.is_some())).collect();
    let period = |k: u64| {
        [(k * 4_000_000, k * 4_000_000 + 1_000_000, true), (k * 4_000_000 + 1_000_000, (k + 1) * 4_000_000, false)]
    };
    assert_eq!(ran, (0..3).flat_map(period).collect::<Vec<_>>());
    assert_eq!(time_of(&history, only.thread, start, start + 12_000_000), 3_000_000);
}

#[test]
fn a_guaranteed_period_holds_beside_who_burns_all_he_gets() {
    let mut world = World::new();
    let attacker = spinner(&mut world, 90, 7_000_000, 10_000_000);
    let control = spinner(&mut world, 50, 2_000_000, 10_000_000);
    let start = leave_the_stage(&mut world);
    let history = pass(&mut world, start + 1_000_000_000);
    for period in 0..100 {
        let from = start + period * 10_000_000;
        let time = |thread| time_of(&history, thread, from, from + 10_000_000);
        assert_eq!((time(attacker.thread), time(control.thread)), (7_000_000, 2_000_000), "period {period}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn at_full_load_nobody_gets_more_than_the_budget_in_a_period(
        threads in proptest::collection::vec((1u64..99, 2u64..100, 2u64..40), 1..6),
    ) {
        let mut world = World::new();
        let all: Vec<(Spawned, u64, u64)> = threads
            .iter()
            .map(|(priority, percent, length)| {
                let period = length * 500_000;
                let budget = (period * percent / 100).max(10_000);
                (spinner(&mut world, *priority, budget, period), budget, period)
            })
            .collect();
        let start = leave_the_stage(&mut world);
        let history = pass(&mut world, start + 200_000_000);
        for (thread, budget, period) in all {
            // Each window that begins where the thread begins to run.
            for (from, _, ran) in &history {
                if *ran == Some(thread.thread) && budget < period {
                    let got = time_of(&history, thread.thread, *from, from + period);
                    prop_assert!(got <= budget, "{got} of {budget} in {period} from {from}");
                }
            }
            let all_of_it = time_of(&history, thread.thread, start, start + 200_000_000);
            let periods = 200_000_000u64.div_ceil(period);
            prop_assert!(budget == period || all_of_it <= periods * budget, "{all_of_it}: more than {periods} budgets");
        }
    }
}
