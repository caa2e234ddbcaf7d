//! Part `mutants`, of the long test: a share of all small changes to the kernel's core is tried, and the host tests notice nearly all of them. May call
//! `mutants`.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::job::{Job, Resource};
use super::outcome::Outcome;
use super::part::{Context, Part, Scope};
use crate::mutants::{self, Request};

/// Which share of all changes: some dozens.
const SHARD: &str = "0/40";

/// How many of them have to be noticed, in percent. Those that are not may change nothing that can be seen; the output lists them.
const NOTICED: f64 = 90.0;

/// One job, in the long test.
pub fn jobs(scope: Scope) -> Vec<Job> {
    let hunt = Job::run(Part::Mutants, "a share of all changes", |context| {
        Outcome::of(&format!("{NOTICED}% of the changes {SHARD} are noticed"), hunt(context))
    });
    match scope {
        Scope::Usual => Vec::new(),
        Scope::Long => vec![hunt.holding(Resource::Workspace)],
    }
}

fn hunt(context: &Context) -> Result<()> {
    let file = context.project.target().join("test/mutants.json");
    let request = Request {
        jobs: 1,
        file: None,
        matching: None,
        shard: Some(SHARD.to_owned()),
        steps: mutants::STEPS,
        json: Some(file.clone()),
    };
    mutants::run(&context.project, &request)?;
    let figures: Value = serde_json::from_slice(&fs::read(&file).context("the figures of the changes")?)?;
    let noticed = figures["percent"].as_f64().context("the figures tell no share")?;
    ensure!(noticed >= NOTICED, "{noticed:.1}% were noticed; those that were not are listed above");
    Ok(())
}
