//! Runs the cases one after another. Calls `bench` and `system`.

use l4k_sys::abi::boot::BootInformation;

use super::bench::Bench;
use super::failure::Outcome;
use super::system::System;

/// A case: sets up, lets it run, and waits for its end.
pub type Case = fn(&mut Bench<'_>) -> Outcome;

/// Runs all.
pub fn run(information: &BootInformation<'_>, cases: &[Case]) -> Outcome {
    let system = System::new(information)?;
    for case in cases {
        let outcome = Bench::new(&system).and_then(|mut bench| case(&mut bench));
        outcome.and(system.clean())?;
    }
    Ok(())
}
