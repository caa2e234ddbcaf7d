//! The commands: `l4k-packages boot`, `order`, `public`, `deny TOOL`, `semver TOOL`, `keep`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use l4k_packages::{Workspace, firmware, judges, order, pack, public};

/// Judges the crates of l4k that can be published.
#[derive(Parser)]
enum Command {
    /// Packs the crates, and builds and boots a firmware that is made of the packed crates alone.
    Boot,
    /// Prints the commands that publish the crates, in the order of their dependencies.
    Order,
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
        Command::Order => {
            order::of_publication(workspace.published())?
                .iter()
                .for_each(|name| println!("cargo publish --package {name}"));
            Ok(())
        }
        Command::Public => public::check(&workspace),
        Command::Deny { tool } => judges::deny(&workspace, &tool),
        Command::Semver { tool } => judges::semver(&workspace, &tool),
        Command::Keep => judges::keep(&workspace, &pack::pack(&workspace)?),
    }
}
