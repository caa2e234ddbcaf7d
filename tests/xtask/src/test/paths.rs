//! Part `paths`: the kernel gives way to interrupts within a bounded number of instructions. May call `paths`.

use super::outcome::Outcome;
use super::part::Context;
use crate::paths::{Request, Software, run};

/// Counts the suite's ways through the kernel.
pub fn check(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    let request = Request { software: Software::Suite, json: None };
    outcome.add("no stretch is longer than the bound", run(&context.project.place(), &request));
    outcome
}
