//! Part `sizes`: a package of more than 16 MiB, a first program with 20 MiB of zeros and a child with 300 MiB boot, built either way. May call `firmware`.

use std::time::Duration;

use anyhow::{Result, ensure};
use l4k_qemu::{Board, Boot, Machine, Session};

use super::outcome::Outcome;
use super::part::Context;
use crate::firmware::{self, Profile};

/// How long a line may take: hundreds of mebibytes are cleared and copied.
const LIMIT: Duration = Duration::from_secs(120);

/// What the programs count: pages of 20, 18 and 300 MiB, without those in which something else stands.
const LINES: [&str; 2] =
    ["init: 5120 pages of zeros", "child: ends (1, 2), 4607 pages of constants, 76800 pages of zeros"];

/// Boots it, built for development and for release.
pub fn run(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.add("large programs, development", boots(context, Profile::Development));
    outcome.add("large programs, release", boots(context, Profile::Release));
    outcome
}

fn boots(context: &Context, profile: Profile) -> Result<()> {
    let project = context.project.path("tests/sizes");
    let firmware = firmware::build(&context.toolchain, &project, profile, Board::QemuVirt)?;
    let machine = Machine { memory: "1G".parse()?, ..Machine::default() };
    let image = firmware.image(&machine)?;
    let mut session = Session::start(&Boot::new(machine, &image))?;
    for line in LINES {
        session.expect(line, LIMIT)?;
    }
    let ended = session.wait_for_end(LIMIT)?;
    ensure!(ended.status.code() == Some(5), "the machine ends with {}, not with the child's status 5", ended.status);
    Ok(())
}
