//! Random sequences of system calls on the kernel and on the reference model: results and states agree after each.
//!
//! `L4K_STEPS` sets the number of steps, `L4K_SEED` the first seed.

use l4k_model::reference::driver::{play, sequence, shrink};

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn the_kernel_does_what_the_model_says() {
    let (steps, first) = (number("L4K_STEPS", 20_000), number("L4K_SEED", 1));
    let mut taken = 0;
    let mut seed = first;
    while taken < steps {
        match std::panic::catch_unwind(|| play(&sequence(seed))) {
            Ok(Ok(count)) => taken += count as u64,
            _ => {
                let short = shrink(sequence(seed));
                match play(&short) {
                    Err(divergence) => panic!("seed {seed}:\n{}{}", divergence.program, divergence.difference),
                    Ok(_) => panic!("seed {seed} fails, its shortened sequence does not: {short:?}"),
                }
            }
        }
        seed += 1;
    }
    println!("{taken} steps in {} sequences from seed {first}", seed - first);
}
