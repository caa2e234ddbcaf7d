//! What is asked for, and who does it. May call `build`, `card` and `emulate`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use anyhow::Result;
use l4k_qemu::Board;

use super::{card, emulate};
use cargo_l4k::Workplace;

/// What the form without a plugin is wanted for.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// To be run in QEMU.
    Emulator,
    /// To be written for a board.
    Card {
        /// The directory to write to.
        output: PathBuf,
        /// Where the vendor's files are.
        vendor: Option<PathBuf>,
    },
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// What for.
    pub purpose: Purpose,
    /// For which board; the purpose's usual one if none is named.
    pub board: Option<Board>,
    /// The clock of the cores, so that cycles can be told.
    pub core_megahertz: Option<NonZeroU32>,
}

/// Does it.
pub fn run(project: &Workplace, request: &Request) -> Result<()> {
    match &request.purpose {
        Purpose::Emulator => emulate::run(project, request.board.unwrap_or(Board::QemuVirt), request.core_megahertz),
        Purpose::Card { output, vendor } => {
            let board = request.board.unwrap_or(Board::RaspberryPi4);
            card::run(project, board, request.core_megahertz, output, vendor.as_deref())
        }
    }
}
