//! Doing the jobs: each in a process of its own, which is this program again. Its output is kept in a file and shown as one block when it ends, and
//! the system tells how much time of the processors it has used, with all that it has started. May call `job`, `outcome`, `schedule` and `summary`.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use wait4::Wait4;

use super::job::Job;
use super::outcome::{Failure, Outcome};
use super::part::Options;
use super::schedule::Schedule;
use super::summary::Done;

/// Where the output and the results of jobs are, below `target`.
const PLACE: &str = "test/jobs";

/// What the workers share.
struct Shared {
    schedule: Schedule,
    done: Vec<Option<Done>>,
}

/// Does all jobs on so many lanes; what each came to, in the order of the list.
pub fn perform(jobs: &[Job], lanes: usize, target: &Path, options: &Options) -> Result<Vec<Done>> {
    let place = target.join(PLACE);
    fs::create_dir_all(&place).with_context(|| format!("making {}", place.display()))?;
    let begin = Instant::now();
    let schedule = Schedule::new(jobs, lanes);
    let shared = Mutex::new(Shared { schedule, done: jobs.iter().map(|_| None).collect() });
    let changed = Condvar::new();
    let worker = Worker { jobs, place: &place, options, begin, shared: &shared, changed: &changed };
    thread::scope(|scope| {
        for _ in 0..lanes.max(1) {
            scope.spawn(|| worker.work());
        }
    });
    let shared = shared.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    ensure!(shared.schedule.is_done(), "some jobs wait for each other: this is a mistake in the list of jobs");
    Ok(shared.done.into_iter().flatten().collect())
}

struct Worker<'a> {
    jobs: &'a [Job],
    place: &'a Path,
    options: &'a Options,
    begin: Instant,
    shared: &'a Mutex<Shared>,
    changed: &'a Condvar,
}

impl Worker<'_> {
    /// Takes one job after another until there is none.
    fn work(&self) {
        let mut shared = self.lock();
        loop {
            match shared.schedule.begin() {
                Some(index) => {
                    let lost = self.lost(&shared, index);
                    drop(shared);
                    let done = match lost {
                        Some(before) => self.left(index, &before),
                        None => self.one(index),
                    };
                    shared = self.lock();
                    shared.schedule.end(index);
                    let count = shared.done.iter().flatten().count() + 1;
                    // A reader that has seen enough, as `head` has, keeps no job from being done.
                    let _ = writeln!(io::stderr(), "{}", done.block(count, self.jobs.len()));
                    shared.done[index] = Some(done);
                    self.changed.notify_all();
                }
                None if !shared.schedule.is_busy() => return,
                None => shared = self.changed.wait(shared).unwrap_or_else(|poisoned| poisoned.into_inner()),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// A job that this one waited for, if it built nothing.
    fn lost(&self, shared: &Shared, index: usize) -> Option<String> {
        let failed = shared.done.iter().flatten().filter(|done| done.is_failed_build());
        let mut names = failed.map(|done| done.name.clone());
        names.find(|name| self.jobs[index].after.contains(name))
    }

    fn left(&self, index: usize, before: &str) -> Done {
        let outcome = failed(&self.jobs[index].name, &format!("not done, because `{before}` failed"));
        let at = self.begin.elapsed();
        Done::new(&self.jobs[index], outcome, [at, at], Duration::ZERO, String::new())
    }

    fn one(&self, index: usize) -> Done {
        let from = self.begin.elapsed();
        let (outcome, used, output) = match self.run(index) {
            Ok(done) => done,
            Err(error) => (failed(&self.jobs[index].name, &format!("{error:#}")), Duration::ZERO, String::new()),
        };
        Done::new(&self.jobs[index], outcome, [from, self.begin.elapsed()], used, output)
    }

    fn run(&self, index: usize) -> Result<(Outcome, Duration, String)> {
        let (part, name) = (self.jobs[index].part.name(), &self.jobs[index].name);
        let [output, result] = ["log", "json"].map(|kind| self.place.join(format!("{index:03}-{part}.{kind}")));
        // One of an earlier run must not pass for this one's. There may be none.
        let _ = fs::remove_file(&result);
        let mut command = self.command(name, &result)?;
        let file = File::create(&output).with_context(|| format!("making {}", output.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let ended = command.spawn().context("cannot start this program again")?.wait4().context("waiting for a job")?;
        let used = ended.rusage.utime + ended.rusage.stime;
        let text = String::from_utf8_lossy(&fs::read(&output)?).into_owned();
        Ok((judged(name, ended.status, Outcome::read(&result)), used, text))
    }

    fn command(&self, name: &str, result: &Path) -> Result<Command> {
        let mut command = Command::new(env::current_exe().context("the name of this program")?);
        command.args(["test", "--job", name, "--result"]).arg(result).args(self.options.arguments());
        Ok(command)
    }
}

/// What a job came to, whose process has ended like this. One that failed after it had written its result has failed.
fn judged(name: &str, status: ExitStatus, result: Result<Outcome>) -> Outcome {
    match result {
        Ok(outcome) if status.success() || !outcome.failed.is_empty() => outcome,
        Ok(_) => failed(name, &format!("the job ended with {status}, though its result tells of no failure")),
        Err(error) => failed(name, &format!("the job ended with {status}, without a result: {error:#}")),
    }
}

fn failed(name: &str, reason: &str) -> Outcome {
    Outcome { passed: 0, failed: vec![Failure { name: name.to_owned(), reason: reason.to_owned() }] }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::{Outcome, failed, judged};

    #[test]
    fn only_who_ends_well_has_passed() {
        let passed = || Outcome { passed: 3, failed: Vec::new() };
        let [good, panicked, killed] = [0, 101 << 8, 9].map(ExitStatus::from_raw);
        assert_eq!(judged("job", good, Ok(passed())), passed());
        assert_eq!(judged("job", panicked, Ok(failed("a", "why"))), failed("a", "why"));
        for status in [panicked, killed] {
            let outcome = judged("job", status, Ok(passed()));
            assert!(outcome.failed[0].reason.contains("tells of no failure"), "{outcome:?}");
            let outcome = judged("job", status, Err(anyhow::anyhow!("reading x")));
            assert!(outcome.failed[0].reason.ends_with("without a result: reading x"), "{outcome:?}");
        }
        assert!(!judged("job", good, Err(anyhow::anyhow!("reading x"))).failed.is_empty());
    }
}
