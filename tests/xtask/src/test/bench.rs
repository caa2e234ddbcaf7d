//! Part `bench`: no system call costs more instructions than what was accepted, and the form for boards tells every row. May call `bench`.

use l4k_qemu::Board;

use super::job::{Job, Resource, Subject};
use super::outcome::Outcome;
use super::part::{Context, Part};
use crate::bench;
use crate::bench::serial::check as form;

/// The benchmark, from the project's directory.
const FIRMWARE: &str = "tests/bench";

/// The boards that the form for boards is run on.
const BOARDS: [Board; 2] = [Board::QemuVirt, Board::RaspberryPi4];

/// Two jobs. Both read the kernels that cargo has built, so nobody builds others meanwhile.
pub fn jobs() -> Vec<Job> {
    let about = |job: Job| {
        let job = job.about(Subject::Firmware(FIRMWARE.to_owned())).about(Subject::Package("tests/bench/tool"));
        job.holding(Resource::Firmware)
    };
    // It compares with chapters of the book.
    let counted = about(Job::run(Part::Bench, "counted", |context| {
        let result = bench::check(&context.project.place());
        Outcome::of("no figure is beyond 2% above what was accepted", result)
    }));
    vec![counted.about(Subject::Texts), about(Job::run(Part::Bench, "form for boards", form_for_boards))]
}

/// Runs the form for boards and looks at its lines.
fn form_for_boards(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    for board in BOARDS {
        outcome
            .add(&format!("every row is told on the serial port, {board}"), form::run(&context.project.place(), board));
    }
    let card = form::written(&context.project.place(), Board::RaspberryPi4);
    outcome.add("the card for rpi4 has the kernel that QEMU runs", card);
    outcome
}
