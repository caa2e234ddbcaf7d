//! Runs the cases one after another. Calls `bench`, `sheet` and `system`.

use super::bench::Bench;
use super::failure::Outcome;
use super::sheet::Sheet;
use super::system::System;

/// A case: sets up, lets it run, and waits for its end.
pub type Case = fn(&mut Bench<'_>) -> Outcome;

/// Runs all, each so many times in a row, and tells what each has measured.
pub fn run(system: &System, cases: &[Case], times: u32, mut tell: impl FnMut(&Sheet) -> Outcome) -> Outcome {
    for case in cases {
        let mut sheet = Sheet::default();
        for _ in 0..times {
            let outcome = Bench::new(system, &mut sheet).and_then(|mut bench| case(&mut bench));
            outcome.and(system.clean())?;
        }
        tell(&sheet)?;
    }
    Ok(())
}
