//! Does what was typed: finds the project, and calls the command. Answers go to standard output, everything else to standard error. May call
//! every command.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Result};
use l4k_qemu::Board;
use serde_json::{Value, json};

use super::options::{self, Common, L4k, Task, When};
use crate::doctor::command::Report;
use crate::firmware::{self, Audience, Extras, Firmware, Profile};
use crate::image::configuration::Console as Uart;
use crate::image::{self, Format};
use crate::lock::Lock;
use crate::project::Project;
use crate::run::Console;
use crate::set_up::{self, Missing, Need};
use crate::size::Size;
use crate::symbolize::annotate::Annotator;
use crate::symbolize::command as symbolize;
use crate::symbolize::symbols::Symbols;
use crate::workplace::Workplace;
use crate::{cache, gdb, new, run, runner, test};

/// What is missing is named: a person installs it, or `cargo l4k doctor --fix`.
const MISSING: Missing = Missing::Name;

/// Does it, and returns the exit status.
///
/// # Errors
/// There is no project, something is missing, or the command fails.
pub fn perform(command: L4k) -> Result<u8> {
    let common = &command.common;
    match command.task {
        Task::New(request) => make(request)?,
        Task::Test(request) => return test_on_target(&find(common)?, request),
        Task::Runner(request) => return runner::run(&request.binary, &request.arguments, common.choice()),
        Task::Build(request) => build(&find(common)?, &request)?,
        Task::Run(request) => return boot(&find(common)?, &request),
        Task::Image(request) => write_image(&find(common)?, request)?,
        Task::Gdb(request) => debug(&find(common)?, request)?,
        Task::Size(json) => {
            let size = Size::of(&find(common)?, MISSING)?;
            answer(json.json, &size.text(), &size.json())?;
        }
        Task::Symbolize(request) => look_up(&find(common)?, &request)?,
        Task::Doctor(request) => examine(common, &request)?,
    }
    Ok(0)
}

fn make(request: options::New) -> Result<()> {
    let options::New { name, board, template, crates } = request;
    let here = std::env::current_dir().context("the current directory")?;
    new::run(&new::Request { name, board, template, crates }, &here)
}

fn test_on_target(project: &Project, request: options::Test) -> Result<u8> {
    let cargo = request.for_cargo();
    let profile = Profile::of_release(request.release);
    let options::Test { board, seconds, more, .. } = request;
    let status = test::run(project, &test::Request { board, profile, seconds, cargo, program: more }, MISSING)?;
    // By a signal, it has no code of its own.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// The project, with the compiler that was chosen; says which that is.
fn find(common: &Common) -> Result<Project> {
    let project = Project::find(&common.wanted())?;
    let place = project.place().clone().with_choice(common.choice());
    let toolchain = set_up::ensure(&place, &[], MISSING)?;
    eprintln!("compiler: {}", toolchain.describe());
    Ok(project.with_place(place))
}

/// Writes the answer. A reader that has seen enough, as `head` has, is no mistake.
fn answer(as_json: bool, text: &str, json: &Value) -> Result<()> {
    let text = if as_json { format!("{json:#}\n") } else { text.to_owned() };
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("writing the answer"),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The board that was named, or the project's usual one.
fn board(project: &Project, named: Option<Board>) -> Result<Board> {
    let usual = || firmware::boards(project.directory()).map(|boards| boards.first().copied());
    let board = named.map_or_else(usual, |board| Ok(Some(board)))?;
    board.context("this firmware is for no board that is known here: it has no feature `board-NAME`")
}

/// Builds for a board, and shows it.
fn build_firmware(project: &Project, variant: options::Variant) -> Result<Firmware> {
    let board = board(project, variant.board)?;
    firmware::check_board(project.directory(), board)?;
    let toolchain = set_up::ensure(project.place(), &[], MISSING)?;
    let _lock = Lock::of_build(project.place())?;
    let extras = Extras { audience: Audience::Person, ..Extras::default() };
    firmware::build_with(&toolchain, project.directory(), variant.profile(), board, extras)
}

fn build(project: &Project, request: &options::Build) -> Result<()> {
    let profile = request.variant.profile();
    let made = build_firmware(project, request.variant)?;
    let programs = firmware::programs(&made)?;
    let mut text = format!("{}\n", made.kernel.display());
    text.extend(programs.iter().map(|program| format!("  {}\n", program.display())));
    let board = board(project, request.variant.board)?.name();
    let json = json!({ "board": board, "profile": profile.name(), "kernel": made.kernel, "programs": programs });
    answer(request.json.json, &text, &json)
}

fn boot(project: &Project, request: &options::Run) -> Result<u8> {
    let machine = request.machine.machine(&firmware::boards(project.directory())?)?;
    let console = match request.symbolize {
        When::Always => Console::Symbolized,
        When::Terminal if io::stdout().is_terminal() => Console::Symbolized,
        When::Terminal | When::Never => Console::Plain,
    };
    run::run(project, &run::Request { profile: request.machine.profile(), machine, console, missing: MISSING })
}

fn write_image(project: &Project, request: options::Image) -> Result<()> {
    let board = board(project, request.variant.board)?;
    let format = match request.format {
        None => Format::of(board),
        Some(options::Format::Card) => Format::Card,
        Some(options::Format::Raw) => Format::Raw,
    };
    let image = image::Request {
        board,
        format,
        profile: request.variant.profile(),
        console: if request.mini_uart { Uart::MiniUart } else { Uart::Pl011 },
        output: request.output,
        vendor: request.firmware,
        json: None,
    };
    let written = image::run(project, &image, MISSING)?;
    answer(request.json.json, &written.text(), &written.json())
}

fn debug(project: &Project, request: options::Gdb) -> Result<()> {
    let machine = request.machine.machine(&firmware::boards(project.directory())?)?;
    let session = if request.batch { gdb::Session::Batch } else { gdb::Session::Person };
    let profile = request.machine.profile();
    let (stop, more) = (request.stop, request.more);
    gdb::gdb(project, &gdb::Request { profile, machine, stop, session, more, missing: MISSING })
}

fn look_up(project: &Project, request: &options::Symbolize) -> Result<()> {
    let made = build_firmware(project, request.variant)?;
    let symbols = Symbols::of(&made)?;
    let root = project.directory();
    let (text, json) = match request.addresses.is_empty() {
        true => symbolize::report(&mut Annotator::new(symbols, root), io::stdin().lock())?,
        false => symbolize::addresses(&symbols, &request.addresses, request.program.as_deref(), root)?,
    };
    answer(request.json.json, &text, &json)
}

/// Works without a project, too: one may want to know before there is one.
fn examine(common: &Common, request: &options::Doctor) -> Result<()> {
    let place = match Project::find(&common.wanted()) {
        Ok(project) => project.place().clone(),
        Err(_) => {
            let here = std::env::current_dir().context("the current directory")?;
            let cache = cache::directory()?;
            Workplace::new(&here, &cache).with_cache(&cache)
        }
    };
    let place = place.with_choice(common.choice());
    let mut report = Report::of(&place);
    if request.fix {
        report.fix()?;
        set_up::ensure(&place, &[Need::Emulator], MISSING)?;
        report = Report::of(&place);
    }
    answer(request.json.json, &report.text(), &report.json())?;
    report.verdict()
}
