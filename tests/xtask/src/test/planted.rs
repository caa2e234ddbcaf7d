//! Part `planted`, of the long test: faults that are planted in a copy of the repository are found by the usual test. May call `planted`.

use super::job::Job;
use super::outcome::Outcome;
use super::part::{Part, Scope};
use crate::planted::{self, Request};

/// One job, in the long test. Its own jobs want all processors.
pub fn jobs(scope: Scope) -> Vec<Job> {
    let hunt = Job::run(Part::Planted, "all faults", |context| {
        Outcome::of("each planted fault is found", planted::run(&context.project, &Request::default()))
    });
    match scope {
        Scope::Usual => Vec::new(),
        Scope::Long => vec![hunt.alone()],
    }
}
