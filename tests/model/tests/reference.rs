//! Random sequences of system calls on the kernel and on the reference model: results and states agree after each. Each sequence is played with the
//! kernel's fast paths and without, on the same model: they make no difference.
//!
//! `L4K_STEPS` sets the number of steps, `L4K_SEED` the first seed. Sequences are shared among all processors.

use l4k_model::reference::driver::{Played, describe, play, shrink};
use l4k_model::reference::fast_paths::Taken;
use l4k_model::reference::sequence;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread::available_parallelism;

/// Steps of which nothing is expected.
const FEW: u64 = 10_000;

/// How often the progress is told in a long run.
const TOLD: u64 = 20;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A seed whose sequence diverges or breaks an invariant, if one does.
fn first_failing(steps: u64, first: u64) -> Option<u64> {
    let (taken, next, stop) = (AtomicU64::new(0), AtomicU64::new(first), AtomicBool::new(false));
    let fast_paths = Mutex::new(Taken::default());
    let failing = Mutex::new(None);
    let work = || {
        while taken.load(SeqCst) < steps && !stop.load(SeqCst) {
            let seed = next.fetch_add(1, SeqCst);
            match std::panic::catch_unwind(|| play(&sequence::of_seed(seed))) {
                Ok(Ok(Played { steps: count, fast })) => {
                    fast_paths.lock().expect("no thread panics with it").add(&fast);
                    let before = taken.fetch_add(count as u64, SeqCst);
                    let part = |steps_taken| steps_taken * TOLD / steps.max(1);
                    if part(before) != part(before + count as u64) {
                        eprintln!("  {} of {steps} steps", before + count as u64);
                    }
                }
                _ => {
                    stop.store(true, SeqCst);
                    *failing.lock().expect("no thread panics with it") = Some(seed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, |count| count.get()) {
            scope.spawn(work);
        }
    });
    let taken = taken.load(SeqCst);
    eprintln!("{taken} steps in {} sequences from seed {first}", next.load(SeqCst) - first);
    for (path, times) in fast_paths.into_inner().expect("no thread panics with it").all() {
        eprintln!("  {times} times the fast path {path:?}");
        assert!(stop.load(SeqCst) || taken < FEW || times > 0, "the fast path {path:?} is never taken");
    }
    failing.into_inner().expect("no thread panics with it")
}

#[test]
fn the_kernel_does_what_the_model_says() {
    let Some(seed) = first_failing(number("L4K_STEPS", 20_000), number("L4K_SEED", 1)) else { return };
    eprintln!("seed {seed} fails: its sequence is being shortened");
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let short = shrink(sequence::of_seed(seed));
    std::panic::set_hook(told);
    match std::panic::catch_unwind(|| play(&short)) {
        Ok(Err(divergence)) => panic!("seed {seed}:\n{}{}", divergence.program, divergence.difference),
        Ok(Ok(_)) => panic!("seed {seed} fails, its shortened sequence does not: {short:?}"),
        Err(_) => panic!("seed {seed}:\n{}an invariant does not hold: see above", describe(&short)),
    }
}
