//! Part `bench`: no system call costs more instructions than what was accepted. May call `bench`.

use super::outcome::Outcome;
use super::part::Context;
use crate::bench;

/// Runs the benchmark and compares.
pub fn check(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.add("no figure is beyond 2% above what was accepted", bench::check(&context.project));
    outcome
}
