//! Part `model`: the kernel's core does what the reference model says. May call `model`.

use super::outcome::Outcome;
use super::part::Context;
use crate::model::{Request, run};

/// Takes the steps that the command line asks for.
pub fn check(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    let request = Request { steps: context.steps, seed: 1 };
    outcome.add(&format!("{} steps", context.steps), run(&context.project, request));
    outcome
}
