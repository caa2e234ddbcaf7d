//! The commands: `l4k-packages boot`, `public`, `deny TOOL`, `semver TOOL`, `keep`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use l4k_packages::{Workspace, firmware, judges, pack, public};

/// Judges the crates of l4k that can be published.
#[derive(Parser)]
enum Command {
    /// Packs the crates, and builds and boots a firmware that is made of the packed crates alone.
    Boot,
    /// Checks that each crate re-exports the dependencies that appear in its interface.
    Public,
    /// Checks licences, bans and sources of all dependencies.
    Deny {
        /// The program cargo-deny.
        tool: PathBuf,
    },
    /// Compares the interfaces with the last packed state.
    Semver {
        /// The program cargo-semver-checks.
        tool: PathBuf,
    },
    /// Makes the crates as they are now the last packed state.
    Keep,
}

fn main() -> Result<()> {
    let workspace = Workspace::read()?;
    match Command::parse() {
        Command::Boot => firmware::build_and_boot(&workspace, &pack::pack(&workspace)?),
        Command::Public => public::check(&workspace),
        Command::Deny { tool } => judges::deny(&workspace, &tool),
        Command::Semver { tool } => judges::semver(&workspace, &tool),
        Command::Keep => judges::keep(&workspace, &pack::pack(&workspace)?),
    }
}
