//! Part `format`: all sources are as rustfmt writes them. May call `toolchain`.

use super::outcome::Outcome;
use super::part::Context;
use crate::process;
use crate::toolchain::choice::host_cargo;

/// Checks the workspace and every firmware beside it.
pub fn run(context: &Context) -> Outcome {
    let project = &context.project;
    let mut outcome = Outcome::default();
    outcome.add("workspace", process::run(host_cargo(project.root(), "fmt").args(["--all", "--check"])));
    outcome.add("tests/fuzz", process::run(host_cargo(&project.path("tests/fuzz"), "fmt").arg("--check")));
    match project.firmware() {
        Ok(all) => {
            for directory in all {
                let name = directory.strip_prefix(project.root()).unwrap_or(&directory).display().to_string();
                outcome.add(&name, process::run(host_cargo(&directory, "fmt").arg("--check")));
            }
        }
        Err(error) => outcome.add("examples", Err(error)),
    }
    outcome
}
