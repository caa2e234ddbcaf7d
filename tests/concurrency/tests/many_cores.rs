//! The gates under shuttle: four cores that stop each other's programs, in random order.

use std::sync::Arc;

use l4k_concurrency::flaw::{Flaw, assert_found};
use l4k_concurrency::scheduled::stopping::{Begin, Call, Machine, Mistake};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

const CORES: usize = 4;

/// How many orders are tried.
const SCHEDULES: usize = 2000;

/// After how many orders a mistake is not found any more. The one that shows itself least, `GateBeforeTicket`, does so in one order of 135.
const SCHEDULES_MAX: usize = 20_000;

/// Which orders: always the same, so that nothing fails by chance.
const SEED: u64 = 1;

/// How often each core stops another one.
const ROUNDS: usize = 4;

/// Whom a core stops, each time another one, and what it does while that is stopped.
fn calls(own: usize) -> Vec<Call> {
    let mut calls = Vec::new();
    for _ in 0..ROUNDS {
        let other = (own + thread_rng().gen_range(1..CORES)) % CORES;
        calls.extend([Call::Nothing, Call::Stop(other), Call::Nothing, Call::Resume(other)]);
    }
    calls
}

fn run(mistake: Mistake, schedules: usize) {
    let test = move || {
        let machine = Arc::new(Machine::<CORES>::new(mistake));
        let cores = [0, 1, 2, 3].map(|core| {
            let machine = machine.clone();
            thread::spawn(move || machine.run(core, Begin::AtOnce, &calls(core)))
        });
        cores.into_iter().for_each(|core| core.join().expect("a core"));
    };
    shuttle::check_random_with_seed(test, SEED, schedules);
}

#[test]
fn cores_stop_each_other() {
    run(Mistake::None, SCHEDULES);
}

#[test]
fn mistakes_are_found() {
    use Mistake::{CallInSpiteOfStop, GateBeforeTicket, LeavingLate, NotWaiting};
    for mistake in [GateBeforeTicket, LeavingLate, NotWaiting, CallInSpiteOfStop] {
        assert_found(Flaw::None, mistake.ways(), || run(mistake, SCHEDULES_MAX));
    }
}
