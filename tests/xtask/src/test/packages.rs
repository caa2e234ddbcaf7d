//! Part `packages`: a firmware that is made of the packed crates alone builds and boots, and each crate re-exports what appears in its interface. What
//! the manifests have to say, the part `host` tests.

use super::job::{Job, Subject};
use super::outcome::Outcome;
use super::part::{Context, Part};
use crate::process;
use crate::toolchain::choice::host_cargo;

/// The tool that packs and judges.
const TOOL: &str = "l4k-packages";

/// A job for each. They build to directories of their own.
pub fn jobs() -> Vec<Job> {
    let job = |name: &'static str, what: &'static str| {
        let job = Job::run(Part::Packages, name, move |context: &Context| {
            let mut command = host_cargo(context.project.root(), "run");
            Outcome::of(what, process::run(command.args(["--quiet", "--package", TOOL, "--", name])))
        });
        job.about(Subject::Workspace)
    };
    vec![
        job("boot", "a firmware of the packed crates alone builds and boots"),
        job("public", "each crate re-exports the dependencies that appear in its interface"),
    ]
}
