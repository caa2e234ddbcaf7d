//! Builds the form without a plugin: the kernel that a product has, without debug console, and the programs that tell on the serial port. May call
//! `firmware`.

use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use l4k_parameters::keys;
use l4k_qemu::{Board, raw};

use super::super::measure::FIRMWARE;
use cargo_l4k::Workplace;
use cargo_l4k::firmware;
use cargo_l4k::process;
use cargo_l4k::toolchain::Toolchain;

/// The feature of the programs.
const FEATURE: &str = "serial";

const HERTZ_PER_MEGAHERTZ: u64 = 1_000_000;

/// Builds it for a board; the kernel's ELF file.
pub fn build(
    project: &Workplace,
    toolchain: &Toolchain,
    board: Board,
    core_megahertz: Option<NonZeroU32>,
) -> Result<PathBuf> {
    check_board(project, board)?;
    let directory = project.path(FIRMWARE);
    let mut command = toolchain.cargo(&directory, "build");
    command.args(["--quiet", "--release", "--no-default-features", "--features", FEATURE]);
    command.args(firmware::board_feature(board)).args(["--message-format", "json-render-diagnostics"]);
    firmware::build_together(&mut command, project.root())?;
    let built = firmware::read_messages(&process::answer(command.stderr(Stdio::inherit()))?, &directory)?;
    let hertz = core_megahertz.map(|rate| (u64::from(rate.get()) * HERTZ_PER_MEGAHERTZ).to_string());
    let parameters: Vec<(&str, String)> = hertz.into_iter().map(|hertz| (keys::CORE_HERTZ, hertz)).collect();
    l4k_parameters::file::copy_with(&built.kernel, "clock", &parameters)
}

/// Only boards that the benchmark's features name.
pub fn check_board(project: &Workplace, board: Board) -> Result<()> {
    let boards = firmware::boards(&project.path(FIRMWARE))?;
    let names: Vec<&str> = boards.iter().map(|board| board.name()).collect();
    ensure!(boards.contains(&board), "the benchmark is not for the board {board}; it is for: {}", names.join(", "));
    Ok(())
}

/// The raw image in an ELF file.
pub fn raw_image(kernel: &Path) -> Result<Vec<u8>> {
    raw::image(&fs::read(kernel).with_context(|| format!("reading {}", kernel.display()))?)
}
