//! `cargo xtask run`, `image` and `gdb`: what `cargo l4k` does in a firmware project, for an example that is named. What is missing is
//! installed. May call `command_line` for its types.

use anyhow::Result;
use cargo_l4k::run::Console;
use cargo_l4k::set_up::Missing;
use cargo_l4k::{firmware, gdb, image, run};

use crate::command_line::{Boot, ImageRequest};
use crate::project::Project;

/// Boots it. The emulator's exit status becomes that of this process.
pub fn run(project: &Project, boot: &Boot) -> Result<()> {
    let example = project.example_project(&boot.example)?;
    let machine = boot.machine.machine(&firmware::boards(example.directory())?)?;
    let (profile, missing) = (boot.machine.profile(), Missing::Install);
    match run::run(&example, &run::Request { profile, machine, console: Console::Plain, missing })? {
        0 => Ok(()),
        status => std::process::exit(status.into()),
    }
}

/// Writes what its board boots from.
pub fn image(project: &Project, request: ImageRequest) -> Result<()> {
    let example = project.example_project(&request.example)?;
    print!("{}", image::run(&example, &request.request(), Missing::Install)?.text());
    Ok(())
}

/// Debugs it.
pub fn gdb(project: &Project, boot: &Boot, more: Vec<String>) -> Result<()> {
    let example = project.example_project(&boot.example)?;
    let machine = boot.machine.machine(&firmware::boards(example.directory())?)?;
    let (profile, missing) = (boot.machine.profile(), Missing::Install);
    let session = gdb::Session::Person;
    gdb::gdb(&example, &gdb::Request { profile, machine, stop: None, session, more, missing })
}
