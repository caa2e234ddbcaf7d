//! Part `template`: a project that `cargo l4k new` makes, outside of the repository, builds, shows its prompt, and its tests run on the target; and the
//! commands of `cargo l4k` work on a firmware. May call `generated`, `host`, `libtest` and `plain_cargo`.

use std::process::Command;

use super::job::{Job, Resource, Subject};
use super::libtest;
use super::outcome::Outcome;
use super::part::{Context, Part, Scope};
use super::{generated, host, plain_cargo};
use crate::process;

/// The tests, and the feature that they need.
const TESTS: [&str; 6] = ["--features", "cargo-l4k/firmware", "--test", "new_project", "--test", "firmware"];

/// Builds the test, then runs it: it builds to a directory of its own. The long test has what other tools make of the template, too.
pub fn jobs(scope: Scope) -> Vec<Job> {
    let build = Job::build(Part::Template, "build tests", Resource::Workspace, |context| {
        Outcome::of_build("build", process::run(command(context).args(["--quiet", "--no-run"])))
    });
    let run = Job::run(Part::Template, "a new project", |context| {
        Outcome::of_all("a new project", libtest::run(&mut command(context)))
    });
    let run = run.about(Subject::Workspace).about(Subject::AllFirmware);
    let usual = [run.after(&build), build];
    match scope {
        Scope::Usual => usual.into(),
        Scope::Long => usual.into_iter().chain([generated::job(), plain_cargo::job()]).collect(),
    }
}

fn command(context: &Context) -> Command {
    let mut command = host::workspace(context, "test");
    command.args(TESTS);
    command
}
