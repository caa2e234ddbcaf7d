//! Random sequences of calls on memory, on one core and on three: no program, device or fetch meets what is stale. Each fault that is planted in
//! the kernel's sequences is found by such a sequence, which knows nothing of it.
//!
//! `L4K_SEQUENCES` sets the number of random sequences without a fault.

use l4k::machine::simulated::choices::Choices;
use l4k_model::maintenance::mutants::{MUTANTS, Mutant};
use l4k_model::maintenance::play::play;
use l4k_model::maintenance::stage::Stage;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::available_parallelism;

/// Steps of a sequence.
const STEPS: usize = 300;

/// Sequences that a fault may get away with.
const SEEDS: u64 = 400;

/// Plays the sequence of a seed, with a fault or without.
fn play_seed(cores: u8, seed: u64, mutant: Option<&Mutant>) -> Result<(), String> {
    let mut stage = Stage::new(cores, seed);
    if let Some(mutant) = mutant {
        stage.plant(mutant.mutation);
    }
    play(&mut stage, &mut Choices::of_seed(seed), STEPS)
}

/// Does work for each of so many numbers, on all processors.
fn for_each(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, |count| count.get()) {
            scope.spawn(|| {
                while let Some(number) = Some(next.fetch_add(1, SeqCst)).filter(|number| *number < count) {
                    work(number);
                }
            });
        }
    });
}

#[test]
fn nobody_meets_what_is_stale_in_random_sequences() {
    let count = std::env::var("L4K_SEQUENCES").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    for_each(count, |number| {
        let cores = [1, 3][number % 2];
        let played = play_seed(cores, number as u64, None);
        assert_eq!(played, Ok(()), "{cores} cores, seed {number}");
    });
}

#[test]
fn every_planted_fault_is_found_by_random_sequences() {
    let survivors = Mutex::new(Vec::new());
    for_each(MUTANTS.len(), |number| {
        let Mutant { operation, name, .. } = MUTANTS[number];
        let found = (1..=SEEDS).find_map(|seed| Some((seed, play_seed(3, seed, Some(&MUTANTS[number])).err()?)));
        match found {
            Some((seed, what)) => {
                eprintln!("{operation}: {name}: seed {seed}: {}", what.lines().last().unwrap_or_default());
                assert_eq!(play_seed(3, seed, None), Ok(()), "seed {seed} is wrong without a fault, too");
            }
            None => survivors.lock().expect("nobody panics with it").push(format!("{operation}: {name}")),
        }
    });
    let survivors = survivors.into_inner().expect("nobody panics with it");
    assert!(survivors.is_empty(), "not found: {survivors:#?}");
}
