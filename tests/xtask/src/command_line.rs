//! The command line, as types. May call nothing of this crate but `test`'s list of parts, and the requests of other commands.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use cargo_l4k::command_line::MachineChoice;
use clap::{Args, Parser, Subcommand};
use l4k_qemu::Board;

use crate::bench;
use crate::bench::serial::Purpose;
use crate::firmware::Profile;
use crate::fuzz;
use crate::image;
use crate::image::configuration::Console;
use crate::model;
use crate::mutants;
use crate::paths;
use crate::project::Project;
use crate::test::{self, Part};

/// The project's commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Find or install what all other commands need, telling what is done
    SetUp,
    /// Build an example and boot it in QEMU, with the console on stdin and stdout
    Run(Boot),
    /// Build an example and write what its board boots from, as a directory and as an SD card
    Image(ImageRequest),
    /// Run every test there is, on the host and in QEMU
    Test {
        /// What of it.
        #[command(flatten)]
        request: TestRequest,
    },
    /// Make random system calls on the kernel's core and on the reference model, and compare
    Model {
        /// System calls, faults and interrupts in all
        #[arg(long, default_value_t = model::STEPS, value_parser = clap::value_parser!(u64).range(1..))]
        steps: u64,
        /// Seed of the first sequence
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Run the conformance suite on one machine, or the tests of it whose names begin with NAME
    Suite {
        /// An area, or an area and a test: ipc, or ipc::a_call_is_answered
        name: Option<String>,
        /// Only a share of the tests: of n, number i, from 0
        #[arg(long, value_name = "i/n", value_parser = shard)]
        shard: Option<String>,
        /// System calls that the hostile programs make in all [default: 200000]
        #[arg(long, value_name = "COUNT")]
        hostile_calls: Option<u64>,
        /// How long the stress of several cores goes on, in seconds [default: 2]
        #[arg(long, value_name = "SECONDS")]
        stress_seconds: Option<u64>,
        /// How often each attack on a passive server is made [default: 200]
        #[arg(long, value_name = "COUNT")]
        attack_rounds: Option<u64>,
        /// On what.
        #[command(flatten)]
        boot: MachineChoice,
        /// Write the results to a file as well
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Print the size of the kernel: lines of code, lines with unsafe, bytes, and how deep its stacks get
    Size {
        /// Write the figures to a file as well
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Count the kernel's instructions from each entry to its exit, by cause, and the longest stretch without a preemption point
    Paths(PathsRequest),
    /// Count what system calls cost in instructions, beside the marks that are to be beaten
    Bench(BenchRequest),
    /// Print which lines of the kernel's core the host tests pass, and fail if they are too few
    Coverage {
        /// Write the figures to a file as well
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Change the kernel's core in many small ways, and print which changes no host test notices
    Mutants(MutantsRequest),
    /// Plant faults in a copy of the project, and see that the usual test finds each
    Planted {
        /// Only faults whose names have this in them
        only: Option<String>,
        /// Write the results to a file as well
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Try inputs that a fuzzer thinks of, guided by the code that they reach
    Fuzz {
        /// What is fuzzed
        #[arg(long, value_enum, default_value_t = fuzz::Target::Model)]
        target: fuzz::Target,
        /// For how long
        #[arg(long, value_name = "N", default_value_t = 60)]
        seconds: u32,
        /// Write the figures to a file as well
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Build an example, boot it stopped, and attach gdb with the symbols of the kernel and of all programs
    Gdb {
        /// What to boot.
        #[command(flatten)]
        boot: Boot,
        /// Further arguments for gdb
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Build the book to target/book
    Book,
}

/// Which tests to run, and how.
#[derive(Args, Debug)]
pub struct TestRequest {
    /// Only one part
    #[arg(long, value_name = "PART", value_parser = part)]
    only: Option<Part>,
    /// Only jobs whose names have this in them, and what they wait for
    #[arg(long, value_name = "TEXT")]
    matching: Option<String>,
    /// Only what can have broken since the last commit, or since --base: by what git says has changed, and what depends on it
    #[arg(long)]
    changed: bool,
    /// With --changed: the revision to compare with
    #[arg(long, value_name = "REVISION", default_value = "HEAD", requires = "changed")]
    base: String,
    /// All the rest as well: every machine, long stress, millions of steps, mutants, planted faults; takes hours
    #[arg(long)]
    long: bool,
    /// Steps of the part `model`
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    steps: Option<u64>,
    /// How many jobs run at once [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: Option<u8>,
    /// Write the results to a file as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How long a run of the suite may take, in seconds
    #[arg(long, hide = true)]
    limit: Option<u64>,
    /// The copy of the project that is tested
    #[arg(long, hide = true)]
    root: Option<PathBuf>,
    /// With --job: a package of the workspace whose tests run, by its directory; if none is named, all do
    #[arg(long = "package", hide = true, value_name = "DIRECTORY", requires = "job")]
    packages: Vec<String>,
    /// Do this job in this process; the test calls itself so
    #[arg(long, hide = true, requires = "result")]
    job: Option<String>,
    /// With --job: the file for what it came to
    #[arg(long, hide = true, value_name = "FILE")]
    result: Option<PathBuf>,
}

impl TestRequest {
    /// As the command takes it.
    pub fn request(self) -> test::Request {
        let TestRequest { only, matching, changed, base, long, steps, jobs, json, limit, root, packages, job, result } =
            self;
        test::Request {
            only,
            matching,
            changed: changed.then_some(base),
            scope: if long { test::Scope::Long } else { test::Scope::Usual },
            steps,
            lanes: jobs.map(usize::from),
            json,
            limit,
            root,
            packages: (!packages.is_empty()).then(|| packages.into_iter().collect()),
            job: job.zip(result),
        }
    }
}

/// What to boot, and on what.
#[derive(Args, Debug)]
pub struct Boot {
    /// The example's name
    pub example: String,
    /// On what.
    #[command(flatten)]
    pub machine: MachineChoice,
}

/// Which changes to try.
#[derive(Args, Debug)]
pub struct MutantsRequest {
    /// How many to try at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Only in files that match: `l4k/src/operation/*`, for example
    #[arg(long, value_name = "PATTERN")]
    file: Option<String>,
    /// Only the i-th (from 0) of every n changes
    #[arg(long, value_name = "i/n")]
    shard: Option<String>,
    /// Only those whose name, as the table at the end has it, matches a regular expression
    #[arg(long, value_name = "EXPRESSION")]
    matching: Option<String>,
    /// Steps of each random sequence on kernel and model
    #[arg(long, value_name = "N", default_value_t = mutants::STEPS)]
    steps: u64,
    /// Write the results to a file as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl MutantsRequest {
    /// As the command takes it.
    pub fn request(self) -> mutants::Request {
        let MutantsRequest { jobs, file, shard, matching, steps, json } = self;
        mutants::Request { jobs, file, shard, matching, steps, json }
    }
}

/// What a board is to boot from.
#[derive(Args, Debug)]
pub struct ImageRequest {
    /// The example's name
    pub example: String,
    /// The board: rpi4
    #[arg(long, default_value = "rpi4")]
    board: Board,
    /// Build with cargo's release profile
    #[arg(long)]
    release: bool,
    /// The console is the mini-UART
    #[arg(long)]
    mini_uart: bool,
    /// Where to write [default: target/image/EXAMPLE-BOARD]
    #[arg(long, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
    /// Where the files of the board's vendor are: start4.elf and the others
    #[arg(long, value_name = "DIRECTORY")]
    firmware: Option<PathBuf>,
    /// Write the result to a file as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What to count the kernel's instructions in.
#[derive(Args, Debug)]
pub struct PathsRequest {
    /// The conformance suite (`suite`), or an example's name
    #[arg(long, default_value = paths::SUITE)]
    example: String,
    /// How long an example runs, in seconds of this computer; the suite runs to its end
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Write the figures to a file as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What to do with the benchmark's figures.
#[derive(Args, Debug)]
pub struct BenchRequest {
    /// Only these rows
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Show the executed instructions of these rows, and what they are for, and nothing else
    #[arg(long, value_name = "ROW", group = "told", num_args = 1.., conflicts_with_all = ["only", "json", "accept", "plots", "markdown", "sequences"])]
    sequence: Vec<String>,
    /// Write the figures to a file as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the figures to the file that the test compares with
    #[arg(long, conflicts_with = "only")]
    accept: bool,
    /// Write the plots in the book
    #[arg(long, conflicts_with = "only")]
    plots: bool,
    /// Write the tables in the book
    #[arg(long, conflicts_with = "only")]
    markdown: bool,
    /// Write the chapter of the book with the executed instructions of each row that is above its mark
    #[arg(long, group = "told", conflicts_with = "only")]
    sequences: bool,
    /// Write the chapter of the book with the files that the kernel's text is of
    #[arg(long, conflicts_with_all = ["only", "sequence"])]
    text: bool,
    /// Estimate the cycles of the sequences, by llvm-mca
    #[arg(long, requires = "told")]
    estimate: bool,
    /// Run the form for boards in QEMU: it measures time, and prints a line for each row on the serial port
    #[arg(long, group = "form", conflicts_with_all = COUNTED)]
    serial: bool,
    /// Write what a board boots the form for boards from, as a directory and as an SD card
    #[arg(long, value_name = "DIRECTORY", group = "form", conflicts_with_all = COUNTED)]
    image: Option<PathBuf>,
    /// The board of --serial or --image [default: qemu-virt of --serial, rpi4 of --image]
    #[arg(long, requires = "form")]
    board: Option<Board>,
    /// The clock of the cores in megahertz, so that --serial or --image tells cycles as well
    #[arg(long, value_name = "MEGAHERTZ", requires = "form")]
    core_clock: Option<NonZeroU32>,
    /// Where the files of the board's vendor are for --image: start4.elf and the others
    #[arg(long, value_name = "DIRECTORY", requires = "image", conflicts_with = "serial")]
    firmware: Option<PathBuf>,
}

/// What goes with counted instructions only.
const COUNTED: [&str; 9] = ["only", "sequence", "json", "accept", "plots", "markdown", "sequences", "text", "estimate"];

impl BenchRequest {
    /// As the command takes it.
    pub fn request(self) -> bench::Request {
        let serial = self.form();
        let BenchRequest { only, sequence, json, accept, plots, markdown, sequences, text, estimate, .. } = self;
        let estimate = if estimate { bench::Estimate::Wanted } else { bench::Estimate::Left };
        let update = bench::Update { accepted: accept, plots, tables: markdown, sequences, text };
        bench::Request { only, sequences: sequence, estimate, json, update, serial }
    }

    /// The form for boards, if it is wanted.
    fn form(&self) -> Option<bench::serial::Request> {
        let purpose = match &self.image {
            Some(output) => Purpose::Card { output: output.clone(), vendor: self.firmware.clone() },
            None if self.serial => Purpose::Emulator,
            None => return None,
        };
        Some(bench::serial::Request { purpose, board: self.board, core_megahertz: self.core_clock })
    }
}

impl PathsRequest {
    /// As the command takes it.
    pub fn request(self, project: &Project) -> Result<paths::Request> {
        let time = Duration::from_secs(self.seconds);
        let software = match self.example.as_str() {
            paths::SUITE => paths::Software::Suite,
            name => paths::Software::Example { directory: project.example(name)?, time },
        };
        Ok(paths::Request { software, json: self.json })
    }
}

impl ImageRequest {
    /// As the command takes it.
    pub fn request(self) -> image::Request {
        image::Request {
            board: self.board,
            format: image::Format::Card,
            profile: if self.release { Profile::Release } else { Profile::Development },
            console: if self.mini_uart { Console::MiniUart } else { Console::Pl011 },
            output: self.output,
            vendor: self.firmware,
            json: self.json,
        }
    }
}

/// As the suite takes it, which trusts whoever writes its parameters.
fn shard(text: &str) -> std::result::Result<String, String> {
    let numbers = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    match numbers {
        Some((index, count)) if u64::lt(&index, &count) => Ok(text.to_owned()),
        _ => Err("write i/n, two numbers with i below n: 0/2 and 1/2 are the two halves".to_owned()),
    }
}

fn part(text: &str) -> std::result::Result<Part, String> {
    Part::ALL.iter().copied().find(|part| part.name() == text).ok_or_else(|| {
        let names: Vec<&str> = Part::ALL.iter().map(|part| part.name()).collect();
        format!("the parts are: {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::CommandLine;

    #[test]
    fn command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn unknown_names_are_refused() {
        for wrong in [
            "xtask run",
            "xtask test --only everything",
            "xtask bench --only",
            "xtask bench --only call --accept",
            "xtask bench --json",
            "xtask bench --serial --image card",
            "xtask bench --serial --only call",
            "xtask bench --image card --accept",
            "xtask bench --image",
            "xtask bench --board rpi4",
            "xtask bench --core-clock 1500",
            "xtask bench --serial --core-clock 0",
            "xtask bench --serial --board amiga",
            "xtask bench --serial --firmware boot",
        ] {
            assert!(CommandLine::try_parse_from(wrong.split(' ')).is_err(), "{wrong}");
        }
    }
}
