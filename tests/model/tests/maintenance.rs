//! Random sequences of calls on memory, on one core and on three: no program, device or fetch meets what is stale. Each fault that is planted in
//! the kernel's sequences is found by them.

use l4k::machine::simulated::choices::Choices;
use l4k_model::maintenance::mutants::{MUTANTS, Mutant};
use l4k_model::maintenance::play::play;
use l4k_model::maintenance::stage::Stage;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Steps of a sequence.
const STEPS: usize = 300;

/// Sequences that a fault may get away with.
const SEEDS: u64 = 40;

#[test]
fn nobody_meets_what_is_stale_in_random_sequences() {
    for cores in [1, 3] {
        for seed in 1..=6 {
            let mut stage = Stage::new(cores, seed);
            let played = play(&mut stage, &mut Choices::of_seed(seed), STEPS);
            assert_eq!(played, Ok(()), "{cores} cores, seed {seed}");
        }
    }
}

/// What the first sequence says that finds a fault, and its seed.
fn found(mutant: &Mutant) -> Option<(u64, String)> {
    (1..=SEEDS).find_map(|seed| {
        let mut stage = Stage::new(3, seed);
        stage.plant(mutant.mutation);
        let played = catch_unwind(AssertUnwindSafe(|| play(&mut stage, &mut Choices::of_seed(seed), STEPS)));
        let what = played.unwrap_or_else(|panic| Err(format!("PANIC {:?}", panic.downcast_ref::<String>()))).err()?;
        Some((seed, what))
    })
}

#[test]
fn every_planted_fault_is_found_by_random_sequences() {
    let mut survivors = Vec::new();
    for mutant in &MUTANTS {
        match found(mutant) {
            Some((seed, what)) => eprintln!("{}: {}: seed {seed}: {}", mutant.operation, mutant.name, what.lines().last().unwrap_or("")),
            None => survivors.push(format!("{}: {}", mutant.operation, mutant.name)),
        }
    }
    assert!(survivors.is_empty(), "{survivors:#?}");
}
