//! The parts of the test, in the order in which they run: what is quick and fails often comes first. May call everything in this
//! directory.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};

use super::outcome::Outcome;
use super::summary::{Row, Summary};
use super::{
    bench, book, commands, copied, documentation, examples, format, host, kept, lint, model, no_panic, paths, shell,
    sizes, suite,
};
use crate::project::Project;
use crate::set_up::{self, Need};
use crate::toolchain::Toolchain;

/// A part of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All sources are as rustfmt writes them.
    Format,
    /// Clippy has nothing to say about code of the host.
    LintHost,
    /// Clippy has nothing to say about code of the target.
    LintTarget,
    /// The sources keep the rules of the house.
    House,
    /// Unit, integration and documentation tests on the host.
    Host,
    /// The kernel's core and the reference model agree.
    Model,
    /// The documentation has no broken link.
    Documentation,
    /// The project's commands refuse what is wrong.
    Commands,
    /// The conformance suite in QEMU, on every machine.
    Suite,
    /// Machines and images that cannot work say so; a session with the shell over the serial port.
    Shell,
    /// Programs and a package of many mebibytes boot.
    Sizes,
    /// The other examples, each on its boards.
    Examples,
    /// The programs of earlier releases run on this kernel.
    Kept,
    /// The release kernel cannot panic.
    NoPanic,
    /// Long operations give way to interrupts.
    Paths,
    /// No system call costs more than it did.
    Bench,
    /// An example that was copied out of the project still builds.
    Copied,
    /// The book is built, its code compiled, its console sessions run.
    Book,
}

impl Part {
    /// Every part.
    pub const ALL: [Part; 18] = [
        Part::Format,
        Part::House,
        Part::LintHost,
        Part::Host,
        Part::Model,
        Part::LintTarget,
        Part::Documentation,
        Part::Commands,
        Part::Suite,
        Part::Shell,
        Part::Sizes,
        Part::Examples,
        Part::Kept,
        Part::NoPanic,
        Part::Paths,
        Part::Bench,
        Part::Copied,
        Part::Book,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Part::Format => "format",
            Part::LintHost => "lint-host",
            Part::LintTarget => "lint-target",
            Part::House => "house",
            Part::Host => "host",
            Part::Model => "model",
            Part::Documentation => "documentation",
            Part::Commands => "commands",
            Part::Suite => "suite",
            Part::Shell => "shell",
            Part::Sizes => "sizes",
            Part::Examples => "examples",
            Part::Kept => "kept",
            Part::NoPanic => "no-panic",
            Part::Paths => "paths",
            Part::Bench => "bench",
            Part::Copied => "copied",
            Part::Book => "book",
        }
    }

    /// What it needs besides the compilers.
    fn needs(self) -> &'static [Need] {
        match self {
            Part::Format | Part::LintHost | Part::House | Part::Host | Part::Model | Part::Documentation => &[],
            Part::Copied | Part::NoPanic => &[],
            Part::LintTarget => &[Need::Linter],
            Part::Commands | Part::Suite | Part::Shell | Part::Sizes | Part::Examples => &[Need::Emulator],
            Part::Kept | Part::Paths | Part::Bench => &[Need::Emulator],
            Part::Book => &[Need::BookTool, Need::Emulator],
        }
    }

    fn perform(self, context: &Context) -> Outcome {
        match self {
            Part::Format => format::run(context),
            Part::LintHost => lint::host(context),
            Part::LintTarget => lint::target(context),
            Part::House => host::house(context),
            Part::Host => host::all(context),
            Part::Model => model::check(context),
            Part::Documentation => documentation::run(context),
            Part::Commands => commands::run(context),
            Part::Suite => suite::run(context),
            Part::Shell => shell::run(context),
            Part::Sizes => sizes::run(context),
            Part::Examples => examples::run(context),
            Part::Kept => kept::run(context),
            Part::NoPanic => no_panic::run(context),
            Part::Paths => paths::check(context),
            Part::Bench => bench::check(context),
            Part::Copied => copied::run(context),
            Part::Book => book::run(context),
        }
    }
}

/// What every part may use.
pub struct Context {
    /// The project.
    pub project: Project,
    /// The compiler for the target.
    pub toolchain: Toolchain,
    /// Steps of the part `model`.
    pub steps: u64,
}

/// Runs all parts, or one of them, goes on after one that failed, and prints the summary. An error if anything failed.
pub fn run(project: &Project, only: Option<Part>, steps: u64, json: Option<&Path>) -> Result<()> {
    let parts: Vec<Part> = Part::ALL.into_iter().filter(|part| only.is_none_or(|only| *part == only)).collect();
    let needs: Vec<Need> = parts.iter().flat_map(|part| part.needs()).copied().collect();
    let toolchain = set_up::ensure(project, &needs)?;
    let context = Context { project: project.clone(), toolchain, steps };
    let mut summary = Summary::default();
    for (index, part) in parts.iter().enumerate() {
        eprintln!("\n[{}/{}] {}", index + 1, parts.len(), part.name());
        let begin = Instant::now();
        let outcome = part.perform(&context);
        let row = Row { part: *part, outcome, time: begin.elapsed() };
        eprintln!("{}", row.line());
        summary.add(row);
    }
    if let Some(file) = json {
        summary.write(file)?;
    }
    print!("{summary}");
    match summary.is_success() {
        true => Ok(()),
        false => bail!("not everything passed"),
    }
}
