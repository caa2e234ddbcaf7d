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

/// What is counted: the kernel with these programs, which its build script packs. The form for boards has others.
const COUNTED: [&str; 3] = [FIRMWARE, "tests/bench/programs/lead", "tests/bench/programs/worker"];

/// Two jobs. Both read the kernels that cargo has built, so nobody builds others meanwhile.
pub fn jobs() -> Vec<Job> {
    let about = |job: Job| job.about(Subject::Package("tests/bench/tool")).holding(Resource::Firmware);
    let counted = about(Job::run(Part::Bench, "counted", |context| {
        let result = bench::check(&context.project.place());
        Outcome::of("no figure is beyond 2% above what was accepted", result)
    }));
    let part = |package| Subject::Part { firmware: FIRMWARE, package };
    let counted = COUNTED.into_iter().fold(counted, |job, package| job.about(part(package)));
    let form = about(Job::run(Part::Bench, "form for boards", form_for_boards));
    // What is counted is compared with chapters of the book.
    vec![counted.about(Subject::Texts), form.about(Subject::Firmware(FIRMWARE.to_owned()))]
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
