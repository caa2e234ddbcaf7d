//! Writes what a board boots the form without a plugin from. May call `build` and `image`.

use std::num::NonZeroU32;
use std::path::Path;

use anyhow::Result;
use l4k_qemu::Board;

use super::build;
use cargo_l4k::Workplace;
use cargo_l4k::image::card::Card;
use cargo_l4k::image::configuration::Console;
use cargo_l4k::set_up::{self, Missing};

/// Builds and writes it.
pub fn run(
    project: &Workplace,
    board: Board,
    core_megahertz: Option<NonZeroU32>,
    output: &Path,
    vendor: Option<&Path>,
) -> Result<()> {
    let card = Card { name: "benchmark", board, console: Console::Pl011, output, vendor };
    let given = card.check()?;
    build::check_board(project, board)?;
    let toolchain = set_up::ensure(project, &[], Missing::Install)?;
    let kernel = build::build(project, &toolchain, board, core_megahertz)?;
    print!("{}", card.write(given, build::raw_image(&kernel)?, Vec::new())?.text());
    Ok(())
}
