//! `cargo xtask test`: every test there is, in parts, with a summary at the end.
//!
//! [`part`] lists the parts and the jobs that they are made of: a [`job`] is what one process does, an [`image`] is what it boots. [`schedule`]
//! says which job begins next, [`worker`] does it, [`outcome`] is what it comes to, [`summary`] tells all of them. [`changed`] chooses the jobs
//! that a change can have broken, [`tested`] leaves the tests of other packages out. Each other file is one part.

mod bench;
pub mod board_matrix;
pub mod book;
mod changed;
pub mod commands;
pub mod copied;
pub mod documentation;
pub mod examples;
pub mod format;
mod generated;
pub mod host;
mod image;
mod indirect_branches;
mod job;
mod kept;
pub mod libtest;
pub mod lint;
pub mod model;
mod mutants;
mod no_panic;
pub mod outcome;
mod packages;
pub mod part;
mod paths;
mod plain_cargo;
mod planted;
mod request;
mod schedule;
pub mod shell;
mod silent_hangs;
mod sizes;
pub mod suite;
pub mod summary;
mod template;
mod tested;
pub mod transcript;
mod worker;

pub use part::{Part, Scope};
#[cfg(test)]
pub use request::jobs_of_usual_test;
pub use request::{Request, perform_matching, run};
pub use tested::stand_in_for_runner;
