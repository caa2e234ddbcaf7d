//! Time (invariant 9): budgets, refills, and what a core says of both. Calls nobody.

use super::reach::Reached;
use l4k::base::arch::{Arch, CoreNumber};
use l4k::base::store::Ref;
use l4k::base::time::{Instant, Ticks};
use l4k::machine::simulated::Simulated;
use l4k::object::refills::Refill;
use l4k::object::sched_context::{Owner, SchedContext};
use l4k::operation::system::System;
use l4k::operation::time::{BUDGET_MAX, BUDGET_MIN};

/// Contexts and the core's account of time.
///
/// # Panics
/// If one does not add up.
pub fn check(system: &System<Simulated>, reached: &Reached) {
    for &context in &reached.contexts {
        check_context(system, context);
    }
    for number in 0..system.core_count {
        check_core(system, number);
    }
    check_use(system, reached);
}

fn check_context(system: &System<Simulated>, context: Ref<SchedContext>) {
    let rate = system.store.machine.ticks_per_second();
    let SchedContext { core, budget, period, refills, thread, owner, .. } = *system.store.get(context);
    if budget == Ticks(0) {
        let unused =
            period == Ticks(0) && refills.first().amount == Ticks(0) && thread.is_none() && owner == Owner::Nobody;
        assert!(unused, "{context:?} was never filled but is in use");
        return;
    }
    assert!((BUDGET_MIN..=BUDGET_MAX).contains(&rate.nanoseconds(budget)), "budget of {context:?}: {budget:?}");
    assert!(budget <= period && rate.nanoseconds(period) <= BUDGET_MAX, "period of {context:?}: {period:?}");
    if budget == period {
        let rest = refills.first().amount;
        assert!(Ticks(0) < rest && rest <= budget, "rest of the slice of {context:?}: {rest:?}");
    } else {
        check_refills(refills.all(), budget, period);
    }
    assert!(core.0 < system.core_count, "core of {context:?}");
    if let Some(thread) = thread {
        assert_eq!(system.store.get(thread).core, core, "core of {thread:?}, which runs on {context:?}");
    }
}

fn check_refills(all: &[Refill], budget: Ticks, period: Ticks) {
    let end = |refill: &Refill| refill.release.after(refill.amount);
    assert_eq!(all.iter().map(|refill| refill.amount.0).sum::<u64>(), budget.0, "sum of {all:?}");
    assert!(all.iter().all(|refill| refill.amount > Ticks(0)), "an empty refill: {all:?}");
    assert!(all.windows(2).all(|pair| end(&pair[0]) <= pair[1].release), "order of {all:?}");
    let (Some(first), Some(last)) = (all.first(), all.last()) else { panic!("no refill") };
    assert!(end(last) <= first.release.after(period), "{all:?} in more than a period");
}

/// The account is not ahead of the clock, and whoever runs is stopped in the end.
fn check_core(system: &System<Simulated>, number: u8) {
    let core = system.core(CoreNumber(number));
    let processor = &system.store.machine.processors[usize::from(number)];
    let clock = system.store.machine.clock.get();
    assert!(core.charged_until.0 <= clock, "time is accounted for up to {:?}, it is {clock}", core.charged_until);
    assert!(core.current.is_none() || processor.deadline.is_some(), "a thread runs without a deadline");
}

/// A core on which something else must happen has been told or will wake by itself: nothing is slept over. Not for worlds in which threads run that
/// the kernel did not choose.
///
/// # Panics
/// If not.
pub fn check_told(system: &System<Simulated>) {
    for number in 0..system.core_count {
        check_core_told(system, number);
    }
}

fn check_core_told(system: &System<Simulated>, number: u8) {
    let core = system.core(CoreNumber(number));
    let processor = &system.store.machine.processors[usize::from(number)];
    if processor.interrupted {
        return;
    }
    let own = core.current.map(|thread| system.store.get(thread).priority);
    assert!(core.ready.highest() <= own, "core {number} has something more urgent to do and is not told");
    let release = system.next_release(CoreNumber(number));
    let wakes = release == Instant::NEVER || processor.deadline.is_some_and(|deadline| deadline <= release);
    assert!(wakes, "core {number} sleeps over {release:?}");
}

/// No more time was used than has passed.
fn check_use(system: &System<Simulated>, reached: &Reached) {
    let used = reached.contexts.iter().map(|context| u128::from(system.store.get(*context).consumed.0)).sum::<u128>();
    let passed = system.cores.iter().map(|core| u128::from(core.charged_until.0)).sum::<u128>();
    assert!(used <= passed, "{used} ticks were used, {passed} passed");
}
