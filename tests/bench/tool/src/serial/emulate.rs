//! Runs the form without a plugin in QEMU, and tells its lines. May call `build` and `report`.

use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use l4k_marks::line::CLOSING;
use l4k_qemu::{Board, Boot, Machine, Session};

use super::build;
use super::report::Report;
use cargo_l4k::Workplace;
use cargo_l4k::set_up::{self, Missing, Need};

/// How long a line may take; a busy computer needs seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs it and prints its lines as they come.
pub fn run(project: &Workplace, board: Board, core_megahertz: Option<NonZeroU32>) -> Result<()> {
    build::check_board(project, board)?;
    let mut session = start(project, board, core_megahertz)?;
    follow(&mut session, |line| println!("{line}"))?;
    let output = session.output();
    let report = Report::read(&output)?;
    println!(
        "{} rows; QEMU has no timing of its own: these figures say that it runs, and nothing about a board",
        report.rows.len()
    );
    Ok(())
}

/// Builds and boots it.
pub fn start(project: &Workplace, board: Board, core_megahertz: Option<NonZeroU32>) -> Result<Session> {
    let toolchain = set_up::ensure(project, &[Need::Emulator], Missing::Install)?;
    let kernel = build::build(project, &toolchain, board, core_megahertz)?;
    Session::start(&Boot::new(Machine::of(board), &bootable(&kernel, board)?))
}

/// What QEMU loads: an ELF file on `virt`, and what a board's loader takes on a board.
fn bootable(kernel: &Path, board: Board) -> Result<PathBuf> {
    if board == Board::QemuVirt {
        return Ok(kernel.to_owned());
    }
    let file = kernel.with_extension("serial.img");
    fs::write(&file, build::raw_image(kernel)?).with_context(|| format!("writing {}", file.display()))?;
    Ok(file)
}

/// Tells each line when it is whole, up to the one that closes.
pub fn follow(session: &mut Session, tell: impl Fn(&str)) -> Result<()> {
    loop {
        let line = session.expect("\n", LIMIT)?;
        let line = line.trim_end();
        tell(line);
        if line.starts_with(CLOSING) {
            return Ok(());
        }
    }
}
