//! `cargo l4k`: reads the command line and calls the library. Cargo calls this program as `cargo-l4k l4k …`.

use std::process::ExitCode;

use cargo_l4k::command_line::perform::perform;
use cargo_l4k::command_line::{CommandLine, options::Cargo};
use cargo_l4k::toolchain::symbols::stand_in_for_compiler;
use clap::Parser;

fn main() -> ExitCode {
    if let Some(ended) = stand_in_for_compiler() {
        return ended;
    }
    let Cargo::L4k(command) = CommandLine::parse().cargo;
    match perform(command) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
