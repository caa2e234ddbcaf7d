//! What the test holds against the form without a plugin. May call everything in this directory.

use std::fs;
use std::num::NonZeroU32;

use anyhow::{Context as _, Result, ensure};
use l4k_qemu::Board;

use super::report::Report;
use super::{build, card, emulate};
use cargo_l4k::Workplace;
use cargo_l4k::set_up::{self, Missing};
use l4k_card as card_file;

/// A clock that is told, so that there are cycles. It is the same for all that is tested, which builds a board's form once.
const CORE_MEGAHERTZ: Option<NonZeroU32> = NonZeroU32::new(1500);

/// Runs it on a board in QEMU. It closes, and has told what it should.
pub fn run(project: &Workplace, board: Board) -> Result<()> {
    let mut session = emulate::start(project, board, CORE_MEGAHERTZ)?;
    emulate::follow(&mut session, |_| ())?;
    let output = session.output();
    let judged = Report::read(&output).and_then(|report| report.check());
    judged.with_context(|| format!("the output:\n{output}"))
}

/// Writes what a board boots from. Directory and card have the kernel that QEMU runs.
pub fn written(project: &Workplace, board: Board) -> Result<()> {
    let scratch = std::env::temp_dir().join(format!("l4k-benchmark-card-{}", std::process::id()));
    card::run(project, board, CORE_MEGAHERTZ, &scratch, None)?;
    let toolchain = set_up::ensure(project, &[], Missing::Install)?;
    let kernel = build::raw_image(&build::build(project, &toolchain, board, CORE_MEGAHERTZ)?)?;
    let directory = fs::read(scratch.join("boot/kernel8.img")).context("reading the kernel in the directory")?;
    ensure!(directory == kernel, "the directory has another kernel");
    ensure!(card_file::read(&scratch.join("sdcard.img"), "kernel8.img")? == kernel, "the card has another kernel");
    fs::remove_dir_all(&scratch).with_context(|| format!("removing {}", scratch.display()))
}
