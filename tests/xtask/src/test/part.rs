//! The parts of the test, and the jobs that they are made of: what is quick and fails often begins first, and what others wait for. May call
//! everything in this directory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use super::image::Image;
use super::job::{Job, Resource};
use super::outcome::Outcome;
use super::summary::{Done, Summary};
use super::{
    bench, book, commands, copied, documentation, examples, format, host, kept, lint, model, mutants, no_panic,
    packages, paths, planted, shell, sizes, suite, template, worker,
};
use crate::project::Project;
use crate::set_up::{self, Need};
use crate::toolchain::Toolchain;
use cargo_l4k::lock::Lock;

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
    /// Programs of hundreds of mebibytes boot.
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
    /// A project that `cargo l4k new` makes builds, boots and tests itself.
    Template,
    /// The crates that can be published work from their packages alone.
    Packages,
    /// Changes of the kernel's core are noticed; only with `--long`.
    Mutants,
    /// Faults that are planted are found by the usual test; only with `--long`.
    Planted,
}

impl Part {
    /// Every part.
    pub const ALL: [Part; 22] = [
        Part::Format,
        Part::House,
        Part::Host,
        Part::Suite,
        Part::Shell,
        Part::Sizes,
        Part::Model,
        Part::LintHost,
        Part::LintTarget,
        Part::NoPanic,
        Part::Examples,
        Part::Kept,
        Part::Paths,
        Part::Bench,
        Part::Copied,
        Part::Book,
        Part::Documentation,
        Part::Commands,
        Part::Template,
        Part::Packages,
        Part::Mutants,
        Part::Planted,
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
            Part::Template => "template",
            Part::Packages => "packages",
            Part::Mutants => "mutants",
            Part::Planted => "planted",
        }
    }

    /// What it needs besides the compilers.
    fn needs(self) -> &'static [Need] {
        match self {
            Part::Format | Part::LintHost | Part::House | Part::Host | Part::Model | Part::Documentation => &[],
            Part::Copied | Part::NoPanic => &[],
            Part::LintTarget => &[Need::Linter],
            Part::Commands | Part::Suite | Part::Shell | Part::Examples | Part::Kept | Part::Paths | Part::Bench => {
                &[Need::Emulator]
            }
            // mdbook has a job of its own, since it takes minutes to install.
            Part::Sizes | Part::Book | Part::Template | Part::Packages | Part::Planted => &[Need::Emulator],
            Part::Mutants => &[Need::MutationTool],
        }
    }

    /// Its jobs.
    fn jobs(self, project: &Project, options: &Options) -> Result<Vec<Job>> {
        Ok(match self {
            Part::Format => vec![Job::run(self, "all sources", format::run)],
            Part::LintHost => lint::host_jobs(),
            Part::LintTarget => lint::target_jobs(project)?,
            Part::House => host::house_jobs(),
            Part::Host => host::jobs(),
            Part::Model => model::jobs(options),
            Part::Documentation => documentation::jobs(),
            Part::Commands => vec![Job::run(self, "what is wrong", commands::run)],
            Part::Suite => suite::jobs(options.scope),
            Part::Shell => shell::jobs(),
            Part::Sizes => sizes::jobs(),
            Part::Examples => examples::jobs(project)?,
            Part::Kept => kept::jobs(project)?,
            Part::NoPanic => no_panic::jobs(),
            Part::Paths => paths::jobs(),
            Part::Bench => bench::jobs(),
            Part::Copied => copied::jobs(),
            Part::Book => book::jobs(),
            Part::Template => template::jobs(options.scope),
            Part::Packages => packages::jobs(options.scope),
            Part::Mutants => mutants::jobs(options.scope),
            Part::Planted => planted::jobs(options.scope),
        })
    }
}

/// What every job may use.
pub struct Context {
    /// The project.
    pub project: Project,
    /// The compiler for the target.
    pub toolchain: Toolchain,
    /// What was asked for.
    pub options: Options,
}

/// How much of the test there is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What guards each change.
    Usual,
    /// The rest as well: tests/LONG.md lists it.
    Long,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much.
    pub scope: Scope,
    /// Steps of the part `model`, if not the usual number.
    pub steps: Option<u64>,
    /// How long a run of the suite may take, in seconds, if not the usual time.
    pub limit: Option<u64>,
    /// The copy of the project that is tested, if it is one.
    pub root: Option<PathBuf>,
    /// Directories of the workspace's packages whose tests run, if not all do.
    pub packages: Option<BTreeSet<String>>,
}

impl Options {
    /// All of a scope.
    pub fn of(scope: Scope) -> Options {
        Options { scope, steps: None, limit: None, root: None, packages: None }
    }

    /// As arguments of a command line.
    pub fn arguments(&self) -> Vec<String> {
        let long = (self.scope == Scope::Long).then(|| "--long".to_owned());
        let steps = self.steps.map(|steps| format!("--steps={steps}"));
        let limit = self.limit.map(|seconds| format!("--limit={seconds}"));
        let root = self.root.as_ref().map(|root| format!("--root={}", root.display()));
        let packages = self.packages.iter().flatten().map(|package| format!("--package={package}"));
        [long, steps, limit, root].into_iter().flatten().chain(packages).collect()
    }
}

/// All jobs, in the order in which they begin, with one for each image that they boot.
pub fn jobs(project: &Project, options: &Options) -> Result<Vec<Job>> {
    let mut all: Vec<Job> = Vec::new();
    for part in &Part::ALL {
        for mut job in part.jobs(project, options)? {
            for image in std::mem::take(&mut job.images) {
                let build = image_job(*part, image);
                job = job.after(&build);
                add(&mut all, build);
            }
            add(&mut all, job);
        }
    }
    Ok(all)
}

/// Adds a job, unless a part before has the same one.
fn add(jobs: &mut Vec<Job>, job: Job) {
    if jobs.iter().all(|other| other.name != job.name) {
        jobs.push(job);
    }
}

/// Builds an image. Its name is the same whoever boots it.
fn image_job(part: Part, image: Image) -> Job {
    let name = format!("build {}", image.name());
    let work = move |context: &Context| Outcome::of_build(&image.name(), image.build(context));
    Job { name, ..Job::build(part, "", Resource::Firmware, work) }
}

/// Does the jobs that are chosen, goes on after one that failed, and prints the summary. An error if anything failed.
pub fn run(
    project: &Project,
    options: &Options,
    lanes: usize,
    json: Option<&Path>,
    choose: impl FnOnce(Vec<Job>) -> Result<Vec<Job>>,
) -> Result<()> {
    json.map_or(Ok(()), check_results)?;
    let begin = Instant::now();
    let done = perform(project, options, lanes, choose)?;
    let summary = Summary::new(done, begin.elapsed());
    // First for people: what was found in all this time is not lost if the file cannot be written.
    print!("{summary}");
    if let Some(file) = json {
        summary.write(file)?;
    }
    match summary.is_success() {
        true => Ok(()),
        false => bail!("not everything passed"),
    }
}

/// Refuses a file for the results that cannot be written, before hours are spent on them.
fn check_results(file: &Path) -> Result<()> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    ensure!(!file.is_dir(), "--json names {}, which is a directory; name a file", file.display());
    ensure!(parent.is_dir(), "--json names {}, and there is no directory {}", file.display(), parent.display());
    Ok(())
}

/// Does the jobs that are chosen; what each came to.
pub fn perform(
    project: &Project,
    options: &Options,
    lanes: usize,
    choose: impl FnOnce(Vec<Job>) -> Result<Vec<Job>>,
) -> Result<Vec<Done>> {
    let jobs = choose(jobs(project, options)?)?;
    let _alone = Lock::take(&project.target().join("l4k-test.lock"), "another cargo xtask test in this project")?;
    let needs: Vec<Need> = jobs.iter().flat_map(|job| job.part.needs()).copied().collect();
    set_up::ensure(project, &needs)?;
    worker::perform(&jobs, lanes, &project.target(), options)
}

/// Does one job in this process, and writes what it came to.
pub fn run_job(project: &Project, name: &str, result: &Path, options: Options) -> Result<()> {
    let toolchain = set_up::ensure(project, &[])?;
    let jobs = jobs(project, &options)?;
    let job = jobs.iter().find(|job| job.name == name).with_context(|| format!("there is no job `{name}`"))?;
    (job.work)(&Context { project: project.clone(), toolchain, options }).write(result)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Options, Part, Scope, jobs};
    use crate::project::Project;

    /// Every job of a scope.
    fn all(scope: Scope) -> Vec<super::Job> {
        jobs(&Project::find().expect("the project"), &Options::of(scope)).expect("jobs")
    }

    #[test]
    fn results_that_cannot_be_written_are_refused_at_once() {
        let refused = |file: &str| super::check_results(Path::new(file)).expect_err(file).to_string();
        assert_eq!(refused("/"), "--json names /, which is a directory; name a file");
        assert_eq!(refused("/no/such/file"), "--json names /no/such/file, and there is no directory /no/such");
        super::check_results(Path::new("results.json")).expect("here");
    }

    #[test]
    fn every_job_has_its_own_name_and_waits_for_jobs_that_there_are() {
        for scope in [Scope::Usual, Scope::Long] {
            let jobs = all(scope);
            for (index, job) in jobs.iter().enumerate() {
                assert!(jobs[..index].iter().all(|other| other.name != job.name), "{}", job.name);
                for before in &job.after {
                    assert!(jobs.iter().any(|other| other.name == *before), "{} waits for {before}", job.name);
                }
            }
        }
    }

    #[test]
    fn every_part_but_those_of_the_long_test_has_jobs() {
        let jobs = all(Scope::Usual);
        for part in Part::ALL {
            let is_there = jobs.iter().any(|job| job.part == part);
            let is_long = matches!(part, Part::Mutants | Part::Planted);
            assert_eq!(is_there, !is_long, "{}", part.name());
        }
    }

    #[test]
    fn the_long_test_has_all_that_the_usual_one_has() {
        let long = all(Scope::Long);
        for job in all(Scope::Usual) {
            assert!(long.iter().any(|other| other.name == job.name), "{}", job.name);
        }
        assert!(Part::ALL.iter().all(|part| long.iter().any(|job| job.part == *part)));
    }
}
