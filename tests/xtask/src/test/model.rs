//! Part `model`: the kernel's core does what the reference model says. May call `host` and `model`.

use super::host;
use super::job::{Job, Resource, Subject};
use super::libtest;
use super::outcome::Outcome;
use super::part::{Context, Options, Part, Scope};
use crate::model::{Request, run};
use crate::process;

/// Steps of the usual test. They are taken by the test program that the part `host` builds as well, with the kernel's debug assertions and with checks
/// of overflow.
const STEPS: u64 = 200_000;

/// Steps of the long test, by a release build.
const LONG_STEPS: u64 = 5_000_000;

/// The test program.
const PROGRAM: [&str; 2] = ["--test", "reference"];

/// The reference model.
const MODEL: Subject = Subject::Package("tests/model");

/// Takes the usual steps, or those that the command line asks for; in the long test as many more.
pub fn jobs(options: &Options) -> Vec<Job> {
    let steps = options.steps.unwrap_or(STEPS);
    let usual = Job::run(Part::Model, "usual steps", move |context| {
        let mut command = host::workspace(context, "test");
        command.args(PROGRAM).env("L4K_STEPS", steps.to_string());
        Outcome::of_all(&format!("{steps} steps"), libtest::run(&mut command))
    })
    .about(MODEL);
    let long = Job::run(Part::Model, "long", long_steps).about(MODEL).holding(Resource::Workspace);
    // The part `host` builds the same program, with all others.
    let build = Job::build(Part::Model, "build", Resource::Workspace, |context| {
        let mut command = host::workspace(context, "test");
        Outcome::of_build("build", process::run(command.args(["--quiet", "--no-run"]).args(PROGRAM)))
    });
    let jobs = [usual.after(&build), build];
    jobs.into_iter().chain((options.scope == Scope::Long).then_some(long)).collect()
}

fn long_steps(context: &Context) -> Outcome {
    let request = Request { steps: LONG_STEPS, seed: 1 };
    Outcome::of(&format!("{LONG_STEPS} steps, release build"), run(&context.project, request))
}
