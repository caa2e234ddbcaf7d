//! The gates under shuttle: four cores that stop each other's programs, in random order.

use std::sync::Arc;

use l4k_concurrency::flaw::{Flaw, found_with};
use l4k_concurrency::scheduled::stopping::{Begin, Call, Machine, Mistake};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

const CORES: usize = 4;

/// How many orders are tried.
const SCHEDULES: usize = 500;

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

fn run(mistake: Mistake) {
    let test = move || {
        let machine = Arc::new(Machine::<CORES>::new(mistake));
        let cores = [0, 1, 2, 3].map(|core| {
            let machine = machine.clone();
            thread::spawn(move || machine.run(core, Begin::AtOnce, &calls(core)))
        });
        cores.into_iter().for_each(|core| core.join().expect("a core"));
    };
    shuttle::check_random_with_seed(test, SEED, SCHEDULES);
}

#[test]
fn cores_stop_each_other() {
    run(Mistake::None);
}

#[test]
fn mistakes_are_found() {
    for (mistake, text) in [
        (Mistake::GateBeforeTicket, "who stopped a core came before it"),
        (Mistake::LeavingLate, "two at once"),
        (Mistake::NotWaiting, "the gate told another reason"),
        (Mistake::CallInSpiteOfStop, "a call of a stopped program was made"),
    ] {
        let found = found_with(Flaw::None, || run(mistake));
        assert!(found.contains(text), "{mistake:?}: {found}");
    }
}
