//! Builds a firmware project, and writes what its board boots from. May call the other files of this directory, `firmware`, `equipment`,
//! `lock`, `set_up`, and the crate `l4k-card`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use l4k_card as card;
use l4k_qemu::Board;

use super::card::{Card, boots_from_card};
use super::configuration::Console;
use super::written::Written;
use crate::equipment::Equipment;
use crate::files;
use crate::firmware::{self, Audience, Extras, Firmware, Profile};
use crate::lock::Lock;
use crate::project::Project;
use crate::set_up::{self, Missing};

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Request {
    /// For which board.
    pub board: Board,
    /// A card or a raw image.
    pub format: Format,
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

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The directory `boot` with all files, and an SD card with the same.
    Card,
    /// One file, as a loader puts it into memory.
    Raw,
}

impl Format {
    /// What a board takes.
    #[must_use]
    pub fn of(board: Board) -> Format {
        match boots_from_card(board) {
            true => Format::Card,
            false => Format::Raw,
        }
    }
}

/// Makes it.
///
/// # Errors
/// The board boots from no card, the project does not build, or a file cannot be written.
pub fn run(project: &Project, request: &Request, missing: Missing) -> Result<Written> {
    firmware::check_board(project.directory(), request.board)?;
    let usual = || project.place().target().join("image").join(format!("{}-{}", project.name(), request.board));
    let output = request.output.clone().unwrap_or_else(usual);
    let written = match request.format {
        Format::Card => write_card(project, request, &output, missing)?,
        Format::Raw => write_raw(project, request, &output, missing)?,
    };
    if let Some(file) = &request.json {
        fs::write(file, format!("{:#}\n", written.json())).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(written)
}

fn write_card(project: &Project, request: &Request, output: &Path, missing: Missing) -> Result<Written> {
    let vendor = request.vendor.as_deref();
    let card = Card { name: project.name(), board: request.board, console: request.console, output, vendor };
    let given = card.check()?;
    let kernel = kernel(project, request, missing)?;
    let more = match Equipment::of(project.directory())?.card {
        Some(directory) => card::files_in(&directory)?,
        None => Vec::new(),
    };
    card.write(given, kernel, more)
}

fn write_raw(project: &Project, request: &Request, output: &Path, missing: Missing) -> Result<Written> {
    ensure!(request.vendor.is_none(), "--firmware is for a card, and a raw image is written");
    files::check_directory(output)?;
    let kernel = kernel(project, request, missing)?;
    let name = format!("{}-{}.img", project.name(), request.board);
    fs::create_dir_all(output).with_context(|| format!("making {}", output.display()))?;
    let file = output.join(&name);
    fs::write(&file, &kernel).with_context(|| format!("writing {}", file.display()))?;
    Ok(Written {
        name: project.name().to_owned(),
        board: request.board,
        directory: output.to_owned(),
        files: vec![(name, kernel.len())],
        card_bytes: None,
        missing: &[],
    })
}

/// Builds the kernel, as the bytes that a loader puts into memory.
fn kernel(project: &Project, request: &Request, missing: Missing) -> Result<Vec<u8>> {
    let toolchain = set_up::ensure(project.place(), &[], missing)?;
    let _lock = Lock::of_build(project.place())?;
    let features: &[&str] = match request.console {
        Console::Pl011 => &[],
        Console::MiniUart => &["mini-uart-console"],
    };
    let extras = Extras { features, audience: Audience::Person, ..Extras::default() };
    let firmware: Firmware =
        firmware::build_with(&toolchain, project.directory(), request.profile, request.board, extras)?;
    fs::read(firmware.raw_image()?).context("reading the raw image")
}
