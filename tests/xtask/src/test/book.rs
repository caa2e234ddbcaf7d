//! Part `book`: the book is built; its Rust is compiled, as documentation tests of a crate that includes every chapter; its sessions are
//! held, with the shell of this computer and with `examples/hello`. May call `book`, `firmware`,
//! `libtest` and `transcript`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use l4k_qemu::{Board, Boot, Machine, Session};

use super::image::Image;
use super::job::{Job, Resource, Subject};
use super::libtest;
use super::outcome::Outcome;
use super::part::{Context, Part};
use super::shell;
use super::transcript::{Exchange, PROMPT, Partner, exchanges, missing};
use crate::book;
use crate::firmware::Firmware;
use crate::project::entries;
use crate::set_up::{self, Need};
use crate::toolchain::choice::host_cargo;

/// The crate that includes every chapter.
pub const PACKAGE: &str = "l4k-book";

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Installs the tool, builds, compiles and runs.
pub fn jobs() -> Vec<Job> {
    let tool = Job::build(Part::Book, "install mdbook", Resource::Tools, |context| {
        Outcome::of_build("install mdbook", set_up::ensure(&context.project, &[Need::BookTool]).map(drop))
    });
    let hello = Image::of(shell::HELLO, Board::QemuVirt);
    let build = Job::run(Part::Book, "build", |context| Outcome::of("build", book::build(&context.project)))
        .about(Subject::Texts)
        // Chapters show files of examples.
        .about(Subject::AllFirmware);
    let code = Job::run(Part::Book, "code", |context| {
        let mut code = host_cargo(context.project.root(), "test");
        Outcome::of_all("code", libtest::run(code.args(["--no-fail-fast", "--package", PACKAGE])))
    });
    let sessions = {
        let hello = hello.clone();
        move |context: &Context| {
            let mut outcome = Outcome::default();
            if let Err(error) = sessions(context, &hello, &mut outcome) {
                outcome.add("sessions", Err(error));
            }
            outcome
        }
    };
    // A session may say `cargo`, and reads what others build.
    let sessions = Job::run(Part::Book, "sessions", sessions).with(&hello).holding(Resource::Firmware);
    let code =
        code.holding(Resource::Workspace).about(Subject::Texts).about(Subject::Workspace).about(Subject::AllFirmware);
    vec![build.after(&tool), tool, code, sessions.about(Subject::Texts)]
}

/// Holds the sessions of every chapter.
fn sessions(context: &Context, hello: &Image, outcome: &mut Outcome) -> Result<()> {
    let project = &context.project;
    let mut found = false;
    for file in entries(&project.path("book/src"))? {
        if file.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let chapter = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        let (host, guest): (Vec<_>, Vec<_>) =
            exchanges(&chapter).into_iter().partition(|exchange| exchange.partner == Partner::Host);
        for exchange in &host {
            outcome.add(&format!("{name}: {}", exchange.typed), with_host(project.root(), exchange));
        }
        if !guest.is_empty() {
            let firmware = hello.firmware(context)?;
            outcome.add(&format!("{name}: session with hello"), with_guest(&firmware, &guest));
            found = true;
        }
    }
    ensure!(found, "no chapter shows a session with hello");
    Ok(())
}

fn with_host(root: &Path, exchange: &Exchange) -> Result<()> {
    let mut command = Command::new("sh");
    command.args(["-c", &exchange.typed]).current_dir(root).stdin(Stdio::null());
    let output = command.output().context("cannot start a shell")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}:\n{text}", output.status);
    compare(exchange, &text)
}

/// One machine for a whole chapter; an `exit` ends it, and what follows boots another.
fn with_guest(firmware: &Firmware, exchanges: &[Exchange]) -> Result<()> {
    let mut running = None;
    for exchange in exchanges {
        let (mut session, banner) = match running.take() {
            Some(session) => (session, String::new()),
            None => {
                let mut session = Session::start(&Boot::new(Machine::default(), &firmware.kernel))?;
                let banner = session.expect(PROMPT, LIMIT)?;
                (session, banner)
            }
        };
        if exchange.typed.is_empty() {
            compare(exchange, &banner)?;
            running = Some(session);
        } else if let Some(status) = exchange.typed.strip_prefix("exit") {
            session.send(&format!("{}\r", exchange.typed))?;
            let ended = session.wait_for_end(LIMIT)?;
            let status = status.trim().parse().unwrap_or(0);
            ensure!(ended.status.code() == Some(status), "`{}` ended with {}", exchange.typed, ended.status);
            compare(exchange, &ended.output)?;
        } else {
            compare(exchange, &session.ask(&exchange.typed, PROMPT, LIMIT)?)?;
            running = Some(session);
        }
    }
    Ok(())
}

fn compare(exchange: &Exchange, output: &str) -> Result<()> {
    match missing(&exchange.expected, output) {
        None => Ok(()),
        Some(line) => bail!("after `{}` there is no line `{line}` in:\n{output}", exchange.typed),
    }
}
