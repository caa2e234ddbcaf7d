//! Part `bench`: no system call costs more instructions than what was accepted, and the form for boards tells every row. May call `bench`.

use l4k_qemu::Board;

use super::outcome::Outcome;
use super::part::Context;
use crate::bench;
use crate::bench::serial::check as form;

/// The boards that the form for boards is run on.
const BOARDS: [Board; 2] = [Board::QemuVirt, Board::RaspberryPi4];

/// Runs the benchmark and compares; runs the form for boards and looks at its lines.
pub fn check(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.add("no figure is beyond 2% above what was accepted", bench::check(&context.project.place()));
    for board in BOARDS {
        outcome
            .add(&format!("every row is told on the serial port, {board}"), form::run(&context.project.place(), board));
    }
    let card = form::written(&context.project.place(), Board::RaspberryPi4);
    outcome.add("the card for rpi4 has the kernel that QEMU runs", card);
    outcome
}
