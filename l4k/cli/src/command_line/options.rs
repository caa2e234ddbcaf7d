//! The command line of `cargo l4k`, as types. May call other modules for the types of their requests only.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, Parser, Subcommand, ValueEnum};
use l4k_qemu::Board;

use super::machine::MachineChoice;
use crate::firmware::Profile;
use crate::project::Wanted;
use crate::runner::options::{MOST_SECONDS, TOOLCHAIN};
use crate::toolchain::Choice;

/// What cargo calls: `cargo l4k …` is `cargo-l4k l4k …`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo")]
pub struct CommandLine {
    /// Its one command.
    #[command(subcommand)]
    pub cargo: Cargo,
}

/// The command of cargo that this program is.
#[derive(Debug, Subcommand)]
pub enum Cargo {
    /// Builds, boots and inspects l4k firmware
    L4k(L4k),
}

/// `cargo l4k`.
#[derive(Args, Debug)]
#[command(version)]
pub struct L4k {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
    /// For which project, with which compiler.
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Args, Debug)]
pub struct Common {
    /// The project's manifest [default: that of the current directory, or of the next one above it]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Project and compiler")]
    pub manifest_path: Option<PathBuf>,
    /// The firmware, if the project has several
    #[arg(long, value_name = "NAME", global = true, help_heading = "Project and compiler")]
    pub package: Option<String>,
    /// The compiler: the one that cargo uses here, or Debian's [default: own where it has the target or can get it]
    #[arg(long, value_enum, env = TOOLCHAIN, global = true, help_heading = "Project and compiler")]
    pub toolchain: Option<Compiler>,
}

impl Common {
    /// Where to look for the project.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        Wanted { manifest: self.manifest_path.clone(), package: self.package.clone() }
    }

    /// Which compiler to take.
    #[must_use]
    pub fn choice(&self) -> Choice {
        match self.toolchain {
            None => Choice::Free,
            Some(Compiler::Own) => Choice::Own,
            Some(Compiler::Debian) => Choice::Debian,
        }
    }
}

/// Whether the variable names a compiler. Without this check, a wrong value would be reported as one of `--toolchain`, which nobody typed.
///
/// # Errors
/// It names none.
pub fn check_environment(value: Option<&OsStr>) -> Result<(), anyhow::Error> {
    let Some(value) = value else { return Ok(()) };
    let value = value.to_string_lossy();
    let names = Compiler::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let names: Vec<String> = names.map(|name| name.get_name().to_owned()).collect();
    ensure!(
        names.iter().any(|name| *name == value),
        "the environment variable {TOOLCHAIN} is `{value}`; it can be {}",
        names.join(" or ")
    );
    Ok(())
}

/// A compiler that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compiler {
    /// The one that cargo uses here, with the target that rustup adds
    Own,
    /// Debian's packages, with a library that is built from their source
    Debian,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Make a firmware project, with a test of its own
    New(New),
    /// Build the firmware: the programs, and the kernel with them in it
    Build(Build),
    /// Build the firmware and boot it in QEMU, with the console on stdin and stdout
    Run(Run),
    /// Build the tests and run them on the target, each on a freshly booted machine
    Test(Test),
    /// Boot what cargo has built: cargo calls this for `cargo run` and `cargo test`
    #[command(disable_help_flag = true)]
    Runner(Runner),
    /// Build the firmware and write what its board boots from
    Image(Image),
    /// Build the firmware, boot it stopped, and attach gdb with the symbols of the kernel and of all programs
    Gdb(Gdb),
    /// Build the firmware for release, and print how large the kernel and each program are, and how deep the kernel's stacks get
    Size(Json),
    /// Tell program, function, file and line of addresses, or of a fault report on stdin
    Symbolize(Symbolize),
    /// Say what of the tools is there, what is missing, and what to type
    Doctor(Doctor),
}

/// How to answer.
#[derive(Args, Clone, Copy, Debug)]
pub struct Json {
    /// Answer in JSON, on stdout
    #[arg(long)]
    pub json: bool,
}

/// What to make.
#[derive(Args, Debug)]
pub struct New {
    /// The project's name, and that of its directory
    pub name: String,
    /// The board that is built if nothing is said: qemu-virt or rpi4
    #[arg(long, default_value = "qemu-virt")]
    pub board: Board,
    /// The template; there is one
    #[arg(long, default_value = "firmware")]
    pub template: String,
    /// Where the l4k crates are, if they are not to come from crates.io: a clone of l4k, or a directory with its packages
    #[arg(long, value_name = "DIRECTORY")]
    pub crates: Option<PathBuf>,
}

/// What to test.
#[derive(Args, Debug)]
pub struct Test {
    /// Only tests whose names contain this
    #[arg(value_name = "NAME")]
    pub filter: Option<String>,
    /// Only this file of tests; may be given several times
    #[arg(long = "test", value_name = "FILE")]
    pub files: Vec<String>,
    /// The board [default: that of the default features, else the first that the firmware is for]
    #[arg(long, env = "L4K_BOARD")]
    pub board: Option<Board>,
    /// Build the tests with cargo's release profile
    #[arg(long)]
    pub release: bool,
    /// How long a test may take [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MOST_SECONDS))]
    pub seconds: Option<u64>,
    /// Go on with the next file of tests when one has failed
    #[arg(long)]
    pub no_fail_fast: bool,
    /// Further arguments for the tests, for example --list or --nocapture
    #[arg(last = true, value_name = "ARGUMENTS OF THE TESTS")]
    pub more: Vec<String>,
}

impl Test {
    /// The arguments that cargo has to see.
    #[must_use]
    pub fn for_cargo(&self) -> Vec<String> {
        // Without a name it is every file. The kernel itself is left out: it is no program of the standard library's harness.
        let every = self.files.is_empty().then(|| "*".to_owned());
        let files = self.files.iter().cloned().chain(every).flat_map(|file| ["--test".to_owned(), file]);
        let no_fail_fast = self.no_fail_fast.then(|| "--no-fail-fast".to_owned());
        files.chain(no_fail_fast).chain(self.filter.clone()).collect()
    }
}

/// What to boot for cargo.
#[derive(Args, Debug)]
pub struct Runner {
    /// The file that cargo has built: a firmware, or a test program
    pub binary: PathBuf,
    /// What the standard library's test harness understands
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    pub arguments: Vec<OsString>,
}

/// For which board, with which profile.
#[derive(Args, Clone, Copy, Debug)]
pub struct Variant {
    /// The board [default: that of the default features, else the first that the firmware is for]
    #[arg(long)]
    pub board: Option<Board>,
    /// Build with cargo's release profile
    #[arg(long)]
    pub release: bool,
}

impl Variant {
    /// cargo's profile.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile::of_release(self.release)
    }
}

/// What to build.
#[derive(Args, Debug)]
pub struct Build {
    /// For which board.
    #[command(flatten)]
    pub variant: Variant,
    /// How to answer.
    #[command(flatten)]
    pub json: Json,
}

/// What to boot.
#[derive(Args, Debug)]
pub struct Run {
    /// On what.
    #[command(flatten)]
    pub machine: MachineChoice,
    /// Put a line with functions, files and lines below each line of the console that has addresses of a fault
    #[arg(long, value_enum, value_name = "WHEN", num_args = 0..=1, default_value_t = When::Terminal, default_missing_value = "always")]
    pub symbolize: When,
}

/// When the console gets lines that the guest did not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Only on a terminal
    Terminal,
    /// Also in a file or a pipe
    Always,
    /// Not at all
    Never,
}

/// What to write.
#[derive(Args, Debug)]
pub struct Image {
    /// For which board.
    #[command(flatten)]
    pub variant: Variant,
    /// A card with its files, or the raw image alone [default: card where the board boots from one, else raw]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// The console is the mini-UART; the firmware needs the feature `mini-uart-console`
    #[arg(long)]
    pub mini_uart: bool,
    /// Where to write [default: image/NAME-BOARD in the target directory]
    #[arg(long, value_name = "DIRECTORY")]
    pub output: Option<PathBuf>,
    /// Where the files of the board's vendor are: start4.elf and the others
    #[arg(long, value_name = "DIRECTORY")]
    pub firmware: Option<PathBuf>,
    /// How to answer.
    #[command(flatten)]
    pub json: Json,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The directory `boot` with all files, and an SD card with the same
    Card,
    /// One file, as a loader puts it into memory
    Raw,
}

/// What to debug.
#[derive(Args, Debug)]
pub struct Gdb {
    /// On what.
    #[command(flatten)]
    pub machine: MachineChoice,
    /// Stop where this program's main begins
    #[arg(long = "break", value_name = "PROGRAM")]
    pub stop: Option<String>,
    /// Run gdb without a person: it does what it is told after --, and ends. The console goes to a file
    #[arg(long)]
    pub batch: bool,
    /// Further arguments for gdb
    #[arg(last = true, value_name = "ARGUMENTS OF GDB")]
    pub more: Vec<String>,
}

/// What to look up.
#[derive(Args, Debug)]
pub struct Symbolize {
    /// Addresses in hexadecimal; none: a fault report, or any text, is read from stdin
    #[arg(value_name = "ADDRESS", value_parser = address)]
    pub addresses: Vec<u64>,
    /// The program that the addresses belong to [default: every one that has something there]
    #[arg(long, value_name = "NAME")]
    pub program: Option<String>,
    /// Of which firmware.
    #[command(flatten)]
    pub variant: Variant,
    /// How to answer.
    #[command(flatten)]
    pub json: Json,
}

/// What to see to.
#[derive(Args, Debug)]
pub struct Doctor {
    /// Type the commands, where this user may
    #[arg(long)]
    pub fix: bool,
    /// How to answer.
    #[command(flatten)]
    pub json: Json,
}

fn address(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").or(text.strip_prefix("0X")).unwrap_or(text).replace('_', "");
    // A sign is no digit, though the standard library takes it.
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = is_hexadecimal.then(|| u64::from_str_radix(&digits, 16).ok()).flatten();
    number.ok_or_else(|| "an address is a number of at most 16 digits in hexadecimal, for example 0x200124".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Cargo, CommandLine, Task, check_environment};

    fn refusal(line: &str) -> String {
        let error = CommandLine::try_parse_from(line.split(' ')).expect_err(line);
        error.to_string().lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    /// What is typed, and what is said.
    const WRONG: [(&str, &str); 10] = [
        (
            "cargo l4k run --board amiga",
            "error: invalid value 'amiga' for '--board <BOARD>': unknown board `amiga`; known: qemu-virt, rpi4, versal",
        ),
        ("cargo l4k run --cores 9", "error: invalid value '9' for '--cores <CORES>': 9 is not in 1..=8"),
        (
            "cargo l4k run --memory much",
            "error: invalid value 'much' for '--memory <MEMORY>': `much` is not a size of memory; write for example 512M or 2G",
        ),
        (
            "cargo l4k run --cpu z80",
            "error: invalid value 'z80' for '--cpu <CPU>': unknown core model `z80`; known: cortex-a53, cortex-a57, \
             cortex-a72, cortex-a76, max",
        ),
        (
            "cargo l4k run --gic 4",
            "error: invalid value '4' for '--gic <GIC>': unknown interrupt controller `4`; known: 2, 3",
        ),
        ("cargo l4k run --el2 --el3", "error: the argument '--el2' cannot be used with '--el3'"),
        (
            "cargo l4k test --seconds 18446744073709551615",
            "error: invalid value '18446744073709551615' for '--seconds <SECONDS>': 18446744073709551615 is not in 1..=604800",
        ),
        ("cargo l4k build --toolchain gcc", "error: invalid value 'gcc' for '--toolchain <TOOLCHAIN>'"),
        ("cargo l4k image --format iso", "error: invalid value 'iso' for '--format <FORMAT>'"),
        ("cargo l4k size --jsn", "error: unexpected argument '--jsn' found"),
    ];

    #[test]
    fn wrong_values_are_refused_by_name() {
        for (line, answer) in WRONG {
            assert_eq!(refusal(line), answer, "{line}");
        }
    }

    #[test]
    fn a_wrong_variable_is_reported_as_the_variable() {
        let check = |value: &str| check_environment(Some(value.as_ref()));
        let said = check("gcc").expect_err("no compiler of that name").to_string();
        assert_eq!(said, "the environment variable L4K_TOOLCHAIN is `gcc`; it can be own or debian");
        assert!(check("own").is_ok() && check("debian").is_ok() && check_environment(None).is_ok());
    }

    #[test]
    fn an_address_is_hexadecimal() {
        for wrong in ["main", "+5", "-5", "0x", "0x0x5", "0x11112222333344445"] {
            let said = refusal(&format!("cargo l4k symbolize -- {wrong}"));
            let begin = format!("error: invalid value '{wrong}' for '[ADDRESS]...': ");
            let end = "an address is a number of at most 16 digits in hexadecimal, for example 0x200124";
            assert_eq!(said, begin + end);
        }
        for right in ["200124", "0x200124", "0X20_0124"] {
            assert_eq!(super::address(right), Ok(0x20_0124), "{right}");
        }
    }

    #[test]
    fn the_project_may_be_named_before_and_after_the_command() {
        for line in ["cargo l4k --manifest-path a build", "cargo l4k build --manifest-path a"] {
            CommandLine::try_parse_from(line.split(' ')).expect(line);
        }
        CommandLine::try_parse_from("cargo l4k gdb --break shell -- -ex bt".split(' ')).expect("arguments for gdb");
    }

    #[test]
    fn what_is_meant_for_a_test_program_reaches_it() {
        let task = |line: &str| {
            let Cargo::L4k(command) = CommandLine::try_parse_from(line.split(' ')).expect(line).cargo;
            command.task
        };
        let Task::Runner(runner) = task("cargo l4k runner greeter --list --format terse --package x -q name") else {
            panic!("another command")
        };
        assert_eq!(runner.arguments.len(), 7, "{runner:?}");
        let Task::Test(test) = task("cargo l4k test greets --test a --board rpi4 --test b -- --exact") else {
            panic!("another command")
        };
        assert_eq!(test.for_cargo(), ["--test", "a", "--test", "b", "greets"]);
        assert_eq!(test.more, ["--exact"]);
        let Task::Test(test) = task("cargo l4k test") else { panic!("another command") };
        assert_eq!(test.for_cargo(), ["--test", "*"]);
    }
}
