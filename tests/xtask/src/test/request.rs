//! What `cargo xtask test` is asked for, and which jobs that means. May call `changed` and `part`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::thread;

use anyhow::{Result, bail};

use super::changed::{self, Choice};
use super::job::{Job, Kind};
use super::part::{self, Options, Part, Scope};
use super::summary::Done;
use crate::project::Project;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Only this part.
    pub only: Option<Part>,
    /// Only jobs whose names have this in them.
    pub matching: Option<String>,
    /// Only what a change since this revision can have broken.
    pub changed: Option<String>,
    /// Everything there is, or the usual test.
    pub scope: Scope,
    /// Steps of the part `model`.
    pub steps: Option<u64>,
    /// How many jobs run at once; as many as the computer has processors if nothing is said.
    pub lanes: Option<usize>,
    /// Where to write the results as well.
    pub json: Option<PathBuf>,
    /// How long a run of the suite may take, in seconds.
    pub limit: Option<u64>,
    /// The copy of the project that is tested.
    pub root: Option<PathBuf>,
    /// With `job`: the directories of the workspace's packages whose tests run, if not all do.
    pub packages: Option<BTreeSet<String>>,
    /// One job, to be done in this process, and the file for what it came to.
    pub job: Option<(String, PathBuf)>,
}

/// Does it.
pub fn run(project: &Project, request: Request) -> Result<()> {
    let Request { scope, steps, limit, ref root, .. } = request;
    let copy = root.as_ref().map(|root| project.copy_at(root));
    let project = copy.as_ref().unwrap_or(project);
    let options = |packages| Options { scope, steps, limit, root: root.clone(), packages };
    if let Some((name, result)) = &request.job {
        return part::run_job(project, name, result, options(request.packages));
    }
    let choice = request.changed.as_ref().map(|base| changed::choose(project, base)).transpose()?;
    let options = options(choice.as_ref().and_then(Choice::packages).cloned());
    let lanes = request.lanes.unwrap_or_else(processors);
    part::run(project, &options, lanes, request.json.as_deref(), |jobs| request.choose(choice.as_ref(), jobs))
}

/// Does those jobs of the usual test, on a copy of the project, whose names have one of these in them, with what they wait for.
pub fn perform_matching(copy: &Project, names: &[&str], limit: u64) -> Result<Vec<Done>> {
    let root = Some(copy.root().to_owned());
    let options = Options { limit: Some(limit), root, ..Options::of(Scope::Usual) };
    let is_wanted = |job: &Job| names.iter().any(|name| job.name.contains(name));
    part::perform(copy, &options, processors(), |jobs| Ok(with_what_they_wait_for(jobs, is_wanted)))
}

/// All jobs of the usual test.
#[cfg(test)]
pub fn jobs_of_usual_test(project: &Project) -> Result<Vec<Job>> {
    part::jobs(project, &Options::of(Scope::Usual))
}

fn processors() -> usize {
    thread::available_parallelism().map_or(2, |count| count.get())
}

impl Request {
    /// The jobs that are asked for, and those that they wait for.
    fn choose(&self, choice: Option<&Choice>, jobs: Vec<Job>) -> Result<Vec<Job>> {
        if let Some(choice) = choice {
            eprint!("{}", choice.text());
            if choice.is_nothing() {
                bail!(
                    "nothing has changed, so there is nothing to test; --base names another revision to compare with"
                );
            }
        }
        let is_wanted = |job: &Job| {
            self.only.is_none_or(|part| job.part == part)
                && self.matching.as_ref().is_none_or(|text| job.name.contains(text.as_str()))
                && choice.is_none_or(|choice| choice.takes(job))
        };
        let chosen = with_what_they_wait_for(jobs, is_wanted);
        if !chosen.iter().any(|job| job.kind == Kind::Run || self.only == Some(job.part)) {
            bail!("no job is chosen by that");
        }
        if choice.is_some() {
            eprintln!("{} jobs: {}", chosen.len(), chosen.iter().map(|job| &*job.name).collect::<Vec<_>>().join("; "));
        }
        Ok(chosen)
    }
}

/// The jobs that are wanted, and those that they wait for.
fn with_what_they_wait_for(jobs: Vec<Job>, is_wanted: impl Fn(&Job) -> bool) -> Vec<Job> {
    let mut names: BTreeSet<String> = jobs.iter().filter(|job| is_wanted(job)).map(|job| job.name.clone()).collect();
    loop {
        let chosen = jobs.iter().filter(|job| names.contains(&job.name));
        let before: Vec<String> =
            chosen.flat_map(|job| job.after.clone()).filter(|name| !names.contains(name)).collect();
        if before.is_empty() {
            return jobs.into_iter().filter(|job| names.contains(&job.name)).collect();
        }
        names.extend(before);
    }
}

#[cfg(test)]
mod tests {
    use super::with_what_they_wait_for;
    use crate::test::job::Job;
    use crate::test::outcome::Outcome;
    use crate::test::part::Part;

    #[test]
    fn what_a_chosen_job_waits_for_is_chosen_too() {
        let job = |name: &str| Job::run(Part::Suite, name, |_| Outcome::default());
        let library = job("library");
        let program = job("program").after(&library);
        let jobs = vec![job("other"), job("run").after(&program), program, library];
        let chosen = with_what_they_wait_for(jobs, |job| job.name == "suite: run");
        let names: Vec<&str> = chosen.iter().map(|job| job.name.as_str()).collect();
        assert_eq!(names, ["suite: run", "suite: program", "suite: library"]);
    }
}
