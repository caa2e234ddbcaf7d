//! Part `packages`: a firmware that is made of the packed crates alone builds and boots, and each crate re-exports what appears in its interface. What
//! the manifests have to say, the part `host` tests. With `--long`, cargo-deny judges the dependencies, and cargo-semver-checks the interfaces. May call
//! `set_up`.

use std::path::PathBuf;

use anyhow::Result;

use super::job::{Job, Resource, Subject};
use super::outcome::Outcome;
use super::part::{Context, Part, Scope};
use crate::process;
use crate::project::Project;
use crate::set_up::{self, Need, interface_tool, licence_tool};
use crate::toolchain::choice::host_cargo;

/// The tool that packs and judges.
const TOOL: &str = "l4k-packages";

/// A job for each. They build to directories of their own.
pub fn jobs(scope: Scope) -> Vec<Job> {
    let job = |name: &'static str, what: &'static str| {
        let job = Job::run(Part::Packages, name, move |context: &Context| {
            let mut command = host_cargo(context.project.root(), "run");
            Outcome::of(what, process::run(command.args(["--quiet", "--package", TOOL, "--", name])))
        });
        job.about(Subject::Workspace)
    };
    let usual = [
        job("boot", "a firmware of the packed crates alone builds and boots"),
        job("public", "each crate re-exports the dependencies that appear in its interface"),
    ];
    let long = [
        judged("deny", Need::LicenceTool, licence_tool, "licences, bans and sources of all dependencies"),
        judged("semver", Need::InterfaceTool, interface_tool, "the interfaces beside those that were packed last"),
    ];
    match scope {
        Scope::Usual => usual.into(),
        Scope::Long => usual.into_iter().chain(long).collect(),
    }
}

/// A job for a tool that is installed first, which takes minutes.
fn judged(command: &'static str, need: Need, tool: fn(&Project) -> PathBuf, what: &'static str) -> Job {
    let judge = move |context: &Context| -> Result<()> {
        set_up::ensure(&context.project, &[need])?;
        let mut line = host_cargo(context.project.root(), "run");
        line.args(["--quiet", "--package", TOOL, "--", command]).arg(tool(&context.project));
        process::run(&mut line)
    };
    let job = Job::run(Part::Packages, command, move |context: &Context| Outcome::of(what, judge(context)));
    job.holding(Resource::Tools)
}
