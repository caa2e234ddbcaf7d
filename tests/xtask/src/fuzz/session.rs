//! Building a target with counters in its code, and letting libFuzzer work on it. May call `process`, `set_up` and `toolchain`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use super::report::Report;
use crate::llvm::HostCompiler;
use crate::process;
use crate::project::Project;
use crate::set_up::{self, Need};
use crate::toolchain::choice::host_cargo;

/// What is fuzzed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// Sequences of system calls, on the kernel's core and on the reference model
    Model,
    /// The reader of device trees
    DeviceTree,
    /// The reader of packages
    Package,
    /// The reader of programs' ELF files
    Elf,
}

impl Target {
    /// Its program, and the directory of its corpus.
    fn name(self) -> &'static str {
        match self {
            Target::Model => "model",
            Target::DeviceTree => "device_tree",
            Target::Package => "package",
            Target::Elf => "elf",
        }
    }

    /// Bytes of the longest input: 200 system calls, or more than any file that makes sense in a test.
    fn longest(self) -> usize {
        match self {
            Target::Model => 12800,
            Target::DeviceTree | Target::Package | Target::Elf => 65536,
        }
    }
}

/// How long, on what, and where to write the figures.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is fuzzed.
    pub target: Target,
    /// For how long.
    pub seconds: u32,
    /// A file for the figures.
    pub json: Option<PathBuf>,
}

/// What libFuzzer needs in the code: a counter at each edge, and the operands of comparisons. These are the options of LLVM that cargo-fuzz sets;
/// they need no nightly compiler.
const INSTRUMENTATION: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1";

/// Random sequences that a first run begins with.
const SEEDS: u64 = 40;

/// Fuzzes, and fails if an input did.
pub fn run(project: &Project, request: &Request) -> Result<()> {
    set_up::ensure(project, &[Need::CppCompiler])?;
    let name = request.target.name();
    let program = build(project, name)?;
    let fuzz = project.target().join("fuzz");
    let (corpus, failing) = (fuzz.join("corpus").join(name), fuzz.join("failing"));
    let mut seeds = None;
    for directory in [&corpus, &failing] {
        fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    }
    match request.target {
        Target::Model => plant(&corpus, request.target.longest())?,
        Target::DeviceTree | Target::Package | Target::Elf => {
            // Read by libFuzzer along with the corpus, and never written to.
            seeds = Some(project.path("tests/fuzz/seeds").join(name)).filter(|directory| directory.is_dir());
        }
    }
    let mut fuzzer = Command::new(program);
    process::clean(&mut fuzzer);
    fuzzer.arg(&corpus).args(seeds).arg(format!("-max_total_time={}", request.seconds));
    fuzzer.arg(format!("-max_len={}", request.target.longest()));
    // From the beginning, inputs may be as long as that: the first calls of a sequence only build what later ones can break.
    fuzzer.arg("-len_control=0");
    // Slash at the end: it is put before the name of the file.
    fuzzer.arg(format!("-artifact_prefix={}/{name}-", failing.display())).arg("-print_final_stats=1");
    let report = watch(&mut fuzzer)?;
    println!("{}", report.text(name));
    if let Some(file) = &request.json {
        fs::write(file, format!("{:#}\n", report.figures(name)))
            .with_context(|| format!("writing {}", file.display()))?;
    }
    match &report.failing {
        None => Ok(()),
        Some(input) => fail(project, request.target, input),
    }
}

/// Puts random sequences into the corpus of a first run, for the fuzzer to change: it would take long to come from nothing to
/// a sequence that makes anything.
fn plant(corpus: &Path, bytes: usize) -> Result<()> {
    for seed in 1..=SEEDS {
        let file = corpus.join(format!("seed-{seed}"));
        if !file.exists() {
            fs::write(&file, random_bytes(seed, bytes)).with_context(|| format!("writing {}", file.display()))?;
        }
    }
    Ok(())
}

/// Pseudo-random bytes (splitmix64, Steele, Lea and Flood 2014).
fn random_bytes(seed: u64, count: usize) -> Vec<u8> {
    let word = |index: u64| {
        let mut word = (seed << 32 | index).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    };
    (0..count as u64).map(|index| (word(index / 8) >> (index % 8 * 8)) as u8).collect()
}

/// Shows a short form of what failed.
fn fail(project: &Project, target: Target, input: &Path) -> Result<()> {
    if target == Target::Model {
        eprintln!("fuzz: shortening the sequence");
        let mut command = host_cargo(project.root(), "run");
        command.args(["--quiet", "--release", "--package", "l4k-model", "--bin", "shorten", "--"]).arg(input);
        process::run(&mut command)?;
    }
    bail!("{} makes {} fail", input.display(), target.name())
}

fn build(project: &Project, name: &str) -> Result<PathBuf> {
    let host = HostCompiler::ask()?.host;
    let directory = project.target().join("fuzz/build");
    eprintln!("fuzz: building {name}");
    let mut command = host_cargo(&project.path("tests/fuzz"), "build");
    // With a target named, the flags do not reach build scripts and macros.
    command.args(["--quiet", "--release", "--bin", name, "--target", &host, "--target-dir"]).arg(&directory);
    process::run(command.env("RUSTFLAGS", INSTRUMENTATION))?;
    Ok(directory.join(host).join("release").join(name))
}

/// Runs it; what it says is passed on, and read.
fn watch(fuzzer: &mut Command) -> Result<Report> {
    let line = process::line(fuzzer);
    let mut child = fuzzer.stderr(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
    let output = child.stderr.take().context("the fuzzer's messages")?;
    let mut report = Report::default();
    // A program that fails may print what is no text.
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("reading the fuzzer's messages")?;
        let line = String::from_utf8_lossy(&line);
        report.take(&line);
        eprintln!("  {line}");
    }
    let status = child.wait().with_context(|| format!("waiting for `{line}`"))?;
    match status.success() || report.failing.is_some() {
        true => Ok(report),
        false => bail!("`{line}` ended with {status}, and left no input that fails"),
    }
}

#[cfg(test)]
mod tests {
    use super::random_bytes;

    #[test]
    fn seeds_differ_and_are_the_same_again() {
        assert_eq!(random_bytes(1, 100), random_bytes(1, 100));
        assert_ne!(random_bytes(1, 100), random_bytes(2, 100));
        assert_eq!(random_bytes(1, 3).len(), 3);
    }
}
