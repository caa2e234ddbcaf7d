//! Time (invariant 9), as far as there are slices only: a budget is the whole of its period, and there are no refills and no release
//! queue yet. Calls nobody.

use super::reach::Reached;
use crate::world::CORE;
use l4k::base::arch::Arch;
use l4k::base::store::Ref;
use l4k::base::time::Ticks;
use l4k::machine::simulated::Simulated;
use l4k::object::sched_context::SchedContext;
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
    check_core(system, reached);
}

fn check_context(system: &System<Simulated>, context: Ref<SchedContext>) {
    let rate = system.store.machine.ticks_per_second();
    let SchedContext { core, budget, period, remaining, thread, owner, .. } = *system.store.get(context);
    if budget == Ticks(0) {
        let unused = period == Ticks(0) && remaining == Ticks(0) && thread.is_none() && owner.is_none();
        assert!(unused, "{context:?} was never filled but is in use");
        return;
    }
    assert!((BUDGET_MIN..=BUDGET_MAX).contains(&rate.nanoseconds(budget)), "budget of {context:?}: {budget:?}");
    assert_eq!(period, budget, "period of {context:?}");
    assert!(Ticks(0) < remaining && remaining <= budget, "rest of the slice of {context:?}: {remaining:?}");
    assert_eq!(core, CORE, "core of {context:?}");
}

/// No more time was used than has passed, the account is not ahead of the clock, and whoever runs is stopped in the end.
fn check_core(system: &System<Simulated>, reached: &Reached) {
    let core = system.core(CORE);
    let clock = system.store.machine.clock.get();
    assert!(core.charged_until.0 <= clock, "time is accounted for up to {:?}, it is {clock}", core.charged_until);
    let used = reached.contexts.iter().map(|context| u128::from(system.store.get(*context).consumed.0)).sum::<u128>();
    assert!(used <= u128::from(core.charged_until.0), "{used} ticks were used, {:?} passed", core.charged_until);
    assert!(core.current.is_none() || system.store.machine.deadline.is_some(), "a thread runs without a deadline");
}
