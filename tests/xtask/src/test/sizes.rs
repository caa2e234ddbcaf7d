//! Part `sizes`: a package of more than 16 MiB, a first program with 20 MiB of zeros and a child with 300 MiB boot, built either way. May call `image`.

use std::time::Duration;

use anyhow::{Result, ensure};
use l4k_qemu::{Board, Boot, Machine, Session};

use super::image::Image;
use super::job::Job;
use super::outcome::Outcome;
use super::part::{Context, Part};

/// The firmware, from the project's directory.
const PROJECT: &str = "tests/sizes";

/// How long a line may take: hundreds of mebibytes are cleared and copied.
const LIMIT: Duration = Duration::from_secs(120);

/// What the programs count: pages of 20, 18 and 300 MiB, without those in which something else stands.
const LINES: [&str; 2] =
    ["init: 5120 pages of zeros", "child: ends (1, 2), 4607 pages of constants, 76800 pages of zeros"];

/// A job for each build.
pub fn jobs() -> Vec<Job> {
    let development = Image::of(PROJECT, Board::QemuVirt);
    let release = development.clone().release();
    vec![job("large programs, release", release), job("large programs, development", development)]
}

fn job(name: &'static str, image: Image) -> Job {
    let booted = image.clone();
    Job::run(Part::Sizes, name, move |context| Outcome::of(name, boots(context, &booted))).with(&image)
}

fn boots(context: &Context, image: &Image) -> Result<()> {
    let machine = Machine { memory: "1G".parse()?, ..Machine::default() };
    let kernel = image.firmware(context)?.image(&machine)?;
    let mut session = Session::start(&Boot::new(machine, &kernel))?;
    for line in LINES {
        session.expect(line, LIMIT)?;
    }
    let ended = session.wait_for_end(LIMIT)?;
    ensure!(ended.status.code() == Some(5), "the machine ends with {}, not with the child's status 5", ended.status);
    Ok(())
}
