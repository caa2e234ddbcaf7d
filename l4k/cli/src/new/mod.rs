//! `cargo l4k new`: makes a firmware project.
//!
//! [`archive`] holds the template's files, [`name`] checks the project's name, [`crates`] finds the l4k crates in a directory, [`make`] writes the
//! project, [`report`] says what to type next.

pub mod archive;
pub mod crates;
pub mod make;
pub mod name;
pub mod report;

pub use make::{Request, run};
