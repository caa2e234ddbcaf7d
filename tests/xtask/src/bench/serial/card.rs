//! Writes what a board boots the form without a plugin from. May call `build` and `image`.

use std::num::NonZeroU32;
use std::path::Path;

use anyhow::Result;
use l4k_qemu::Board;

use super::build;
use crate::image::card::Card;
use crate::image::configuration::Console;
use crate::project::Project;
use crate::set_up;

/// Builds and writes it.
pub fn run(
    project: &Project,
    board: Board,
    core_megahertz: Option<NonZeroU32>,
    output: &Path,
    vendor: Option<&Path>,
) -> Result<()> {
    let card = Card { name: "benchmark", board, console: Console::Pl011, output, vendor, json: None };
    let given = card.check()?;
    build::check_board(project, board)?;
    let toolchain = set_up::ensure(project, &[])?;
    let kernel = build::build(project, &toolchain, board, core_megahertz)?;
    card.write(given, build::raw_image(&kernel)?, Vec::new())
}
