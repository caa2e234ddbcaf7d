//! Jobs of the part `suite` in which the suite hangs on purpose: the kernel prints what each thread waits for. May call `conformance`
//! and `suite`.

use std::time::Duration;

use anyhow::{Result, ensure};
use l4k_parameters::keys::{HANG_FOR_EVER, HANG_FOR_INTERRUPTS};
use l4k_qemu::{Board, Boot, Clock, Machine, Session};

use super::image::Image;
use super::job::Job;
use super::outcome::Outcome;
use super::part::{Context, Part};
use super::suite::PROJECT;
use crate::conformance::Choice;

/// How long a line may take, on a busy computer. The 30 s that the kernel waits pass at once: no core has an instruction to count.
const LIMIT: Duration = Duration::from_secs(60);

/// What is told of the two threads that wait for each other.
const CYCLE: [&str; 3] = ["l4k: a cycle of calls", "thread 'suite' (", ") received here last"];

/// The line that begins the table, and the threads in it, in the order in which they were made.
const FOR_EVER: [&str; 3] = ["l4k: nothing can ever run", "l4k:   thread 'suite' (", "l4k:   thread 'client' ("];
const FOR_INTERRUPTS: [&str; 3] = [
    "l4k: all cores have been idle for 30 s, and only interrupts can wake a thread",
    "l4k:   thread 'suite' (",
    "l4k:   thread 'client' (",
];

/// Each hang on one core and on four.
pub fn jobs() -> impl Iterator<Item = Job> {
    let kinds = [(HANG_FOR_EVER, FOR_EVER), (HANG_FOR_INTERRUPTS, FOR_INTERRUPTS)];
    [1, 4].into_iter().flat_map(move |cores| kinds.map(|(kind, lines)| job(cores, kind, lines)))
}

fn job(cores: u8, kind: &'static str, lines: [&'static str; 3]) -> Job {
    let image = Image::of(PROJECT, Board::QemuVirt);
    let name = format!("silent hang {kind}, {cores} cores");
    let work = {
        let (image, name) = (image.clone(), name.clone());
        move |context: &Context| Outcome::of(&name, hang(context, &image, cores, kind, lines))
    };
    Job::run(Part::Suite, name, work).with(&image)
}

fn hang(context: &Context, image: &Image, cores: u8, kind: &str, lines: [&str; 3]) -> Result<()> {
    let machine = Machine { cores, clock: Clock::InstructionsOnly, ..Machine::of(image.board()) };
    let choice = Choice { hang: Some(kind.to_owned()), ..Choice::default() };
    let firmware = choice.of(&image.firmware(context)?, &format!("hang-{kind}-{cores}"))?;
    let mut session = Session::start(&Boot::new(machine.clone(), &firmware.image(&machine)?))?;
    for line in CYCLE.iter().chain(&lines) {
        session.expect(line, LIMIT)?;
    }
    let of_client = format!("core {}, priority 200: waits for an answer to its call, which 'suite' (", cores - 1);
    session.expect(&of_client, LIMIT)?;
    session.expect(") owes", LIMIT)?;
    let output = session.output();
    ensure!(output.matches("l4k: a cycle of calls").count() == 1, "the cycle is told more than once:\n{output}");
    Ok(())
}
