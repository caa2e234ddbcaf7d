//! Which job begins next. Knows of each job what it waits for and what it takes, and nothing of what it does. May call `job`.
//!
//! Jobs begin in the order of the list, as far as what they wait for is done and what they take is free. A job that takes all lanes begins when
//! nothing runs; those behind it in the list may begin before, as long as something runs.

use super::job::{Job, Lanes, Resource};

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Done,
}

/// What a job waits for and takes.
#[derive(Debug)]
struct Entry {
    after: Vec<usize>,
    holds: Option<Resource>,
    lanes: Lanes,
    state: State,
}

/// All jobs, and how far they are.
#[derive(Debug)]
pub struct Schedule {
    entries: Vec<Entry>,
    lanes: usize,
}

impl Schedule {
    /// For these jobs and so many lanes. A name in `after` that no job has is nothing to wait for.
    pub fn new(jobs: &[Job], lanes: usize) -> Schedule {
        let index_of = |name: &String| jobs.iter().position(|job| job.name == *name);
        let entry = |job: &Job| Entry {
            after: job.after.iter().filter_map(index_of).collect(),
            holds: job.holds,
            lanes: job.lanes,
            state: State::Waiting,
        };
        Schedule { entries: jobs.iter().map(entry).collect(), lanes: lanes.max(1) }
    }

    /// The next job that can begin, which counts as begun.
    pub fn begin(&mut self) -> Option<usize> {
        let index = (0..self.entries.len()).find(|index| self.can_begin(*index))?;
        self.entries[index].state = State::Running;
        Some(index)
    }

    /// A job has ended.
    pub fn end(&mut self, index: usize) {
        self.entries[index].state = State::Done;
    }

    /// Whether all jobs are done.
    pub fn is_done(&self) -> bool {
        self.entries.iter().all(|entry| entry.state == State::Done)
    }

    /// Whether something runs.
    pub fn is_busy(&self) -> bool {
        self.running().next().is_some()
    }

    fn running(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.state == State::Running)
    }

    fn can_begin(&self, index: usize) -> bool {
        let entry = &self.entries[index];
        let is_ready = entry.after.iter().all(|other| self.entries[*other].state == State::Done);
        let is_free = entry.holds.is_none() || self.running().all(|other| other.holds != entry.holds);
        let has_lanes = match entry.lanes {
            Lanes::One => self.running().count() < self.lanes && self.running().all(|other| other.lanes == Lanes::One),
            Lanes::All => !self.is_busy(),
        };
        entry.state == State::Waiting && is_ready && is_free && has_lanes
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;
    use crate::test::job::{Job, Resource};
    use crate::test::outcome::Outcome;
    use crate::test::part::Part;

    fn job(name: &str) -> Job {
        Job::run(Part::Suite, name, |_| Outcome::default())
    }

    #[test]
    fn as_many_run_as_there_are_lanes() {
        let mut schedule = Schedule::new(&[job("a"), job("b"), job("c")], 2);
        assert_eq!((schedule.begin(), schedule.begin(), schedule.begin()), (Some(0), Some(1), None));
        schedule.end(0);
        assert_eq!((schedule.begin(), schedule.begin()), (Some(2), None));
        schedule.end(1);
        schedule.end(2);
        assert!(schedule.is_done() && !schedule.is_busy());
    }

    #[test]
    fn a_job_waits_for_those_before_it() {
        let build = job("build");
        let mut schedule = Schedule::new(&[job("run").after(&build), build], 2);
        assert_eq!((schedule.begin(), schedule.begin()), (Some(1), None));
        schedule.end(1);
        assert_eq!(schedule.begin(), Some(0));
    }

    #[test]
    fn what_is_not_in_the_list_is_not_waited_for() {
        let mut schedule = Schedule::new(&[job("run").after(&job("build"))], 1);
        assert_eq!(schedule.begin(), Some(0));
    }

    #[test]
    fn two_that_want_the_same_do_not_run_at_once() {
        let jobs = [
            job("a").holding(Resource::Firmware),
            job("b").holding(Resource::Firmware),
            job("c").holding(Resource::Workspace),
        ];
        let mut schedule = Schedule::new(&jobs, 3);
        assert_eq!((schedule.begin(), schedule.begin(), schedule.begin()), (Some(0), Some(2), None));
        schedule.end(0);
        assert_eq!(schedule.begin(), Some(1));
    }

    #[test]
    fn a_job_that_takes_all_lanes_runs_with_no_other() {
        let mut schedule = Schedule::new(&[job("a"), job("alone").alone(), job("b"), job("c")], 2);
        assert_eq!((schedule.begin(), schedule.begin()), (Some(0), Some(2)));
        schedule.end(0);
        assert_eq!(schedule.begin(), Some(3));
        schedule.end(2);
        schedule.end(3);
        assert_eq!((schedule.begin(), schedule.begin()), (Some(1), None));
        schedule.end(1);
        assert!(schedule.is_done());
    }

    #[test]
    fn jobs_that_wait_for_each_other_leave_it_idle_and_not_done() {
        let (a, b) = (job("a"), job("b"));
        let mut schedule = Schedule::new(&[job("a").after(&b), job("b").after(&a)], 2);
        assert_eq!(schedule.begin(), None);
        assert!(!schedule.is_busy() && !schedule.is_done());
    }
}
