//! The project's commands: `cargo xtask set-up`, `run`, `image`, `test`, `model`, `suite`, `size`, `paths`, `bench`, `coverage`, `mutants`, `fuzz`, `gdb`, `book`.
//!
//! Each has a file or a directory of its own; this file only sends each task to its own.

mod book;
mod command_line;
mod conformance;
mod coverage;
mod examples;
mod fuzz;
mod llvm;
mod model;
mod mutants;
mod planted;
mod project;
mod set_up;
mod size;
mod test;
mod turn;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use cargo_l4k::{equipment, firmware, image, process, toolchain};
use command_line::{CommandLine, Task};
use l4k_bench as bench;
use l4k_card as card;
use l4k_paths_tool as paths;
use project::Project;
use set_up::Need;

fn main() -> ExitCode {
    if let Some(ended) = toolchain::symbols::stand_in_for_compiler() {
        return ended;
    }
    if let Some(ended) = test::stand_in_for_runner() {
        return ended;
    }
    match perform(CommandLine::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let project = Project::find()?;
    let _lock = turn::wait(&project, &task)?;
    match task {
        Task::SetUp => {
            let toolchain = set_up::ensure(&project, &[Need::Emulator, Need::Linter, Need::BookTool])?;
            println!("nothing is missing; {}", toolchain.describe());
            Ok(())
        }
        Task::Run(boot) => examples::run(&project, &boot),
        Task::Image(request) => examples::image(&project, request),
        Task::Test { request } => test::run(&project, request.request()),
        Task::Model { steps, seed } => model::run(&project, model::Request { steps, seed }),
        Task::Suite { name, shard, hostile_calls, stress_seconds, attack_rounds, boot, json } => {
            let machine = boot.machine(&firmware::boards(&project.path("tests/suite"))?)?;
            let choice = conformance::Choice { name, shard, hostile_calls, stress_seconds, attack_rounds, hang: None };
            conformance::run(&project, machine, boot.profile(), &choice, json.as_deref())
        }
        Task::Size { json } => size::print(&project, json.as_deref()),
        Task::Paths(request) => paths::run(&project.place(), &request.request(&project)?),
        Task::Bench(request) => bench::run(&project.place(), &request.request()),
        Task::Coverage { json } => coverage::run(&project, json.as_deref()),
        Task::Planted { only, json } => planted::run(&project, &planted::Request { only, json }),
        Task::Mutants(request) => mutants::run(&project, &request.request()),
        Task::Fuzz { target, seconds, json } => fuzz::run(&project, &fuzz::Request { target, seconds, json }),
        Task::Gdb { boot, more } => examples::gdb(&project, &boot, more),
        Task::Book => {
            set_up::ensure(&project, &[Need::BookTool])?;
            book::build(&project)
        }
    }
}
