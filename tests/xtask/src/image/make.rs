//! Builds an example, and writes what its board boots from. May call the other files of this directory, `firmware`, `card`, `equipment` and
//! `set_up`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use l4k_qemu::Board;

use super::card::Card;
use super::configuration::Console;
use crate::card;
use crate::equipment::Equipment;
use crate::firmware::{self, Extras, Profile};
use crate::project::Project;
use crate::set_up;

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Request {
    /// The example's name.
    pub example: String,
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
pub fn run(project: &Project, request: &Request) -> Result<()> {
    let directory = project.example(&request.example)?;
    let output = match &request.output {
        Some(output) => output.clone(),
        None => project.target().join("image").join(format!("{}-{}", request.example, request.board)),
    };
    let card = Card {
        name: &request.example,
        board: request.board,
        console: request.console,
        output: &output,
        vendor: request.vendor.as_deref(),
        json: request.json.as_deref(),
    };
    let given = card.check()?;
    let toolchain = set_up::ensure(project, &[])?;
    let features: &[&str] = match request.console {
        Console::Pl011 => &[],
        Console::MiniUart => &["mini-uart-console"],
    };
    let firmware = firmware::build_with(
        &toolchain,
        &directory,
        request.profile,
        request.board,
        Extras { features, ..Extras::default() },
    )?;
    let kernel = fs::read(firmware.raw_image()?).context("reading the raw image")?;
    let more = match Equipment::of(&directory)?.card {
        Some(directory) => card::files_in(&directory)?,
        None => Vec::new(),
    };
    card.write(given, kernel, more)
}
