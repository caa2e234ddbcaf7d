//! `cargo l4k`: reads the command line and calls the library. Cargo calls this program as `cargo-l4k l4k …`.

use std::env;
use std::process::ExitCode;

use cargo_l4k::command_line::CommandLine;
use cargo_l4k::command_line::options::{self, Cargo};
use cargo_l4k::command_line::perform::perform;
use cargo_l4k::runner::options::TOOLCHAIN;
use cargo_l4k::toolchain::symbols::stand_in_for_compiler;
use clap::Parser;

fn main() -> ExitCode {
    if let Some(ended) = stand_in_for_compiler() {
        return ended;
    }
    if let Err(error) = options::check_environment(env::var_os(TOOLCHAIN).as_deref()) {
        eprintln!("error: {error:#}");
        // As for a wrong option.
        return ExitCode::from(2);
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
