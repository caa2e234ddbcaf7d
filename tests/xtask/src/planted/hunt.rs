//! Planting one fault after another, and running the job that has to fail. May call `faults`, `tree` and `test`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::faults::{self, Fault};
use super::tree::Tree;
use crate::project::Project;
use crate::test;

/// How long a machine may take with a fault in its kernel, in seconds: it may hang.
const LIMIT: u64 = 240;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Only the faults whose names have this in them.
    pub only: Option<String>,
    /// Where to write the results as well.
    pub json: Option<PathBuf>,
}

/// What became of a fault.
#[derive(Debug)]
struct Found {
    fault: Fault,
    /// Jobs that failed, each with the first line of why.
    by: Vec<String>,
}

/// Plants each fault and runs the job that finds it. An error if one is not found, or if a job fails without a fault.
pub fn run(project: &Project, request: &Request) -> Result<()> {
    let is_wanted = |fault: &&Fault| request.only.as_ref().is_none_or(|text| fault.name.contains(text.as_str()));
    let faults: Vec<Fault> = faults::ALL.iter().filter(is_wanted).copied().collect();
    if faults.is_empty() {
        let names: Vec<&str> = faults::ALL.iter().map(|fault| fault.name).collect();
        bail!("there is no such fault; there are: {}", names.join(", "));
    }
    let tree = Tree::copy(project.root(), project.target().join("planted/tree"))?;
    let copy = project.copy_at(tree.root());
    let finders: Vec<&str> = faults.iter().map(|fault| fault.found_by).collect();
    let without = failures(&copy, &finders)?;
    ensure!(without.is_empty(), "without a fault these fail: {}", without.join("; "));
    let mut all = Vec::new();
    for fault in faults {
        eprintln!("\nplanted: {}: {}", fault.name, fault.what);
        let by = tree.with(&fault, || failures(&copy, &[fault.found_by]))?;
        all.push(Found { fault, by });
    }
    print!("{}", table(&all));
    if let Some(file) = &request.json {
        write(file, &all)?;
    }
    let missed: Vec<&str> = all.iter().filter(|found| found.by.is_empty()).map(|found| found.fault.name).collect();
    ensure!(missed.is_empty(), "these faults were not found: {}", missed.join(", "));
    Ok(())
}

/// Runs the jobs whose names have one of these in them; those that failed. An error if something does not build, which is no fault that a test finds.
fn failures(copy: &Project, names: &[&str]) -> Result<Vec<String>> {
    let done = test::perform_matching(copy, names, LIMIT)?;
    if let Some(build) = done.iter().find(|done| done.is_failed_build()) {
        bail!("`{}` failed: a fault has to build", build.name);
    }
    Ok(done.iter().filter_map(|done| Some(format!("{}: {}", done.name, done.first_failure()?))).collect())
}

fn table(all: &[Found]) -> String {
    let mut text = String::new();
    for Found { fault, by } in all {
        let found = by.first().map_or("NOT FOUND", String::as_str);
        let _ = writeln!(text, "{:<16} {}\n{:<16} {found}", fault.name, fault.what, "");
    }
    let found = all.iter().filter(|found| !found.by.is_empty()).count();
    text + &format!("{found} of {} planted faults were found\n", all.len())
}

fn write(file: &Path, all: &[Found]) -> Result<()> {
    let one = |found: &Found| json!({ "name": found.fault.name, "what": found.fault.what, "found_by": found.by });
    let value = Value::Array(all.iter().map(one).collect());
    fs::write(file, format!("{value:#}\n")).with_context(|| format!("writing {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::{Found, table};
    use crate::planted::faults;
    use crate::project::Project;
    use crate::test::{Part, jobs_of_usual_test};

    #[test]
    fn each_fault_is_found_by_a_job_of_the_usual_test() {
        let jobs = jobs_of_usual_test(&Project::find().expect("the project")).expect("jobs");
        for fault in &faults::ALL {
            let finders = jobs.iter().filter(|job| job.name.contains(fault.found_by)).count();
            assert!(finders > 0, "{}: no job is `{}`", fault.name, fault.found_by);
            assert!(jobs.iter().all(|job| job.part != Part::Planted));
        }
    }

    #[test]
    fn names_of_faults_are_told_apart() {
        for (index, fault) in faults::ALL.iter().enumerate() {
            assert!(faults::ALL[..index].iter().all(|other| other.name != fault.name), "{}", fault.name);
        }
    }

    #[test]
    fn what_was_not_found_is_told() {
        let [first, second, ..] = faults::ALL;
        let by = vec!["suite: x: why".to_owned()];
        let text = table(&[Found { fault: first, by }, Found { fault: second, by: Vec::new() }]);
        assert!(text.contains("suite: x: why") && text.contains("NOT FOUND"), "{text}");
        assert!(text.ends_with("1 of 2 planted faults were found\n"), "{text}");
    }
}
