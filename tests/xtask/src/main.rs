//! The project's commands: `cargo xtask set-up`, `run`, `image`, `test`, `model`, `suite`, `size`, `paths`, `bench`, `coverage`, `mutants`, `fuzz`, `gdb`, `book`.
//!
//! Each has a file or a directory of its own; this file only sends each task to its own.

mod bench;
mod book;
mod card;
mod command_line;
mod conformance;
mod coverage;
mod equipment;
mod firmware;
mod fuzz;
mod gdb;
mod image;
mod model;
mod mutants;
mod paths;
mod process;
mod project;
mod run;
mod set_up;
mod size;
mod test;
mod toolchain;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use command_line::{CommandLine, Task};
use project::Project;
use set_up::Need;

fn main() -> ExitCode {
    if let Some(ended) = toolchain::symbols::stand_in_for_compiler() {
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
    match task {
        Task::SetUp => {
            let toolchain = set_up::ensure(&project, &[Need::Emulator, Need::Linter, Need::BookTool])?;
            println!("nothing is missing; {}", toolchain.describe());
            Ok(())
        }
        Task::Run(boot) => {
            let machine = boot.machine.machine(&firmware::boards(&project.example(&boot.example)?)?)?;
            run::run(&project, &boot.example, boot.machine.profile(), machine)
        }
        Task::Image(request) => image::run(&project, &request.request()),
        Task::Test { only, steps, json } => test::run(&project, only, steps, json.as_deref()),
        Task::Model { steps, seed } => model::run(&project, model::Request { steps, seed }),
        Task::Suite { name, shard, hostile_calls, stress_seconds, boot, json } => {
            let machine = boot.machine(&firmware::boards(&project.path("tests/suite"))?)?;
            let choice = conformance::Choice { name, shard, hostile_calls, stress_seconds };
            conformance::run(&project, machine, boot.profile(), &choice, json.as_deref())
        }
        Task::Size { json } => size::print(&project, json.as_deref()),
        Task::Paths(request) => paths::run(&project, &request.request()),
        Task::Bench(request) => bench::run(&project, &request.request()),
        Task::Coverage { json } => coverage::run(&project, json.as_deref()),
        Task::Mutants(request) => mutants::run(&project, &request.request()),
        Task::Fuzz { target, seconds, json } => fuzz::run(&project, &fuzz::Request { target, seconds, json }),
        Task::Gdb { boot, more } => {
            let machine = boot.machine.machine(&firmware::boards(&project.example(&boot.example)?)?)?;
            gdb::gdb(&project, &boot.example, boot.machine.profile(), machine, &more)
        }
        Task::Book => {
            set_up::ensure(&project, &[Need::BookTool])?;
            book::build(&project)
        }
    }
}
