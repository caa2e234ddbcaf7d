//! Jobs of the part `suite` in which the suite hangs on purpose: the kernel prints what each thread waits for. May call
//! `conformance` and `suite`.

use std::time::Duration;

use anyhow::{Result, ensure};
use l4k_parameters::keys::{FAULTS, HANG_AFTER_FAULTS, HANG_FOR_EVER, HANG_FOR_INTERRUPTS};
use l4k_qemu::{Board, Boot, Clock, Machine, Session};

use super::image::Image;
use super::job::Job;
use super::outcome::Outcome;
use super::part::{Context, Part};
use super::suite::PROJECT;
use crate::conformance::Choice;

/// How long a line may take, on a busy computer. The 30 s that the kernel waits pass at once: no core has an
/// instruction to count.
const LIMIT: Duration = Duration::from_secs(60);

/// A way to hang, and what the kernel prints then, in this order.
struct Hang {
    kind: &'static str,
    lines: &'static [&'static str],
}

/// The suite calls where only it receives. Threads are in the order in which they were made.
const HANGS: [Hang; 3] = [
    Hang {
        kind: HANG_FOR_EVER,
        lines: &[
            "l4k: a cycle of calls",
            "l4k:   thread 'suite' (",
            ") received here last",
            "l4k: nothing can ever run",
            "l4k:   thread 'suite' (",
            "l4k:   thread 'client' (",
        ],
    },
    Hang {
        kind: HANG_FOR_INTERRUPTS,
        lines: &[
            "l4k: a cycle of calls",
            "l4k: all cores have been idle for 30 s, and only interrupts can wake a thread",
            "l4k:   thread 'suite' (",
            "l4k:   thread 'client' (",
        ],
    },
    Hang {
        kind: HANG_AFTER_FAULTS,
        lines: &[
            "l4k: thread 'crasher' (",
            "l4k: faults without a handler that were left out here: 96, the last one of thread 'crasher'",
            "l4k: nothing can ever run",
            "l4k:   thread 'client' (",
        ],
    },
];

const _: () = assert!(FAULTS == REPORTS + 96);

/// Reports on faults that are printed in a second.
const REPORTS: u32 = 4;

/// Each hang on one core and on four.
pub fn jobs() -> impl Iterator<Item = Job> {
    [1, 4].into_iter().flat_map(|cores| HANGS.iter().map(move |hang| job(cores, hang)))
}

fn job(cores: u8, hang: &'static Hang) -> Job {
    let image = Image::of(PROJECT, Board::QemuVirt);
    let name = format!("silent hang {}, {cores} cores", hang.kind);
    let work = {
        let (image, name) = (image.clone(), name.clone());
        move |context: &Context| Outcome::of(&name, boot(context, &image, cores, hang))
    };
    Job::run(Part::Suite, name, work).with(&image)
}

fn boot(context: &Context, image: &Image, cores: u8, &Hang { kind, lines }: &Hang) -> Result<()> {
    let machine = Machine { cores, clock: Clock::InstructionsOnly, ..Machine::of(image.board()) };
    let choice = Choice { hang: Some(kind.to_owned()), ..Choice::default() };
    let firmware = choice.of(&image.firmware(context)?, &format!("hang-{kind}-{cores}"))?;
    let mut session = Session::start(&Boot::new(machine.clone(), &firmware.image(&machine)?))?;
    for line in lines {
        session.expect(line, LIMIT)?;
    }
    let of_client = format!("core {}, priority 200: waits for an answer to its call, which 'suite' (", cores - 1);
    session.expect(&of_client, LIMIT)?;
    session.expect(") owes", LIMIT)?;
    let output = session.output();
    let times = |line: &str| output.matches(line).count();
    ensure!(times("l4k: a cycle of calls") == 1, "the cycle is not told once:\n{output}");
    let reports = if kind == HANG_AFTER_FAULTS { REPORTS as usize } else { 0 };
    let told = [times("no fault handler"), times("l4k:   sp  ")];
    ensure!(told == [reports; 2], "{told:?} beginnings and ends of reports, not {reports}:\n{output}");
    Ok(())
}
