//! Builds a firmware project, and writes what its board boots from. May call the other files of this directory, `firmware`, `equipment`, `set_up`, and
//! the crate `l4k-card`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use l4k_card as card;
use l4k_qemu::Board;

use super::card::Card;
use super::configuration::Console;
use crate::equipment::Equipment;
use crate::firmware::{self, Extras, Profile};
use crate::project::Project;
use crate::set_up::{self, Missing};

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Request {
    /// For which board.
    pub board: Board,
    /// cargo's profile.
    pub profile: Profile,
    /// Which UART is the console.
    pub console: Console,
    /// Where to; a directory in `target` if nothing is named.
    pub output: Option<PathBuf>,
    /// Where the vendor's files are.
    pub vendor: Option<PathBuf>,
    /// A file for the result.
    pub json: Option<PathBuf>,
}

/// Makes it.
///
/// # Errors
/// The board boots from no card, the project does not build, or a file cannot be written.
pub fn run(project: &Project, request: &Request, missing: Missing) -> Result<()> {
    let name = project.name();
    let output = match &request.output {
        Some(output) => output.clone(),
        None => project.place().target().join("image").join(format!("{name}-{}", request.board)),
    };
    let card = Card {
        name,
        board: request.board,
        console: request.console,
        output: &output,
        vendor: request.vendor.as_deref(),
        json: request.json.as_deref(),
    };
    let given = card.check()?;
    let toolchain = set_up::ensure(project.place(), &[], missing)?;
    let features: &[&str] = match request.console {
        Console::Pl011 => &[],
        Console::MiniUart => &["mini-uart-console"],
    };
    let firmware = firmware::build_with(
        &toolchain,
        project.directory(),
        request.profile,
        request.board,
        Extras { features, ..Extras::default() },
    )?;
    let kernel = fs::read(firmware.raw_image()?).context("reading the raw image")?;
    let more = match Equipment::of(project.directory())?.card {
        Some(directory) => card::files_in(&directory)?,
        None => Vec::new(),
    };
    card.write(given, kernel, more)
}
