//! Part `paths`: the kernel gives way to interrupts within a bounded number of instructions. May call `paths`.

use l4k_qemu::Board;

use super::image::Image;
use super::job::{Job, Resource, Subject};
use super::outcome::Outcome;
use super::part::{Context, Part};
use super::suite;
use crate::paths::{Request, Software, run};

/// What counts, and what tells it.
const PLUGIN: Subject = Subject::Package("tests/paths/plugin");
const TOOL: Subject = Subject::Package("tests/paths/tool");

/// Counts the suite's ways through the kernel. It reads the kernel that cargo has built, so nobody builds another meanwhile.
pub fn jobs() -> Vec<Job> {
    let release = Image::of(suite::PROJECT, Board::QemuVirt).release();
    vec![Job::run(Part::Paths, "the suite", check).with(&release).about(TOOL).about(PLUGIN).holding(Resource::Firmware)]
}

fn check(context: &Context) -> Outcome {
    let request = Request { software: Software::Suite, json: None };
    Outcome::of("no stretch is longer than the bound", run(&context.project.place(), &request))
}
