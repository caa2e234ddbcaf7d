//! `cargo xtask test`: every test there is, part by part, with a summary at the end.
//!
//! [`part`] lists the parts, [`outcome`] is what one of them comes to, [`summary`] tells all of them; each other file is one part.

mod bench;
pub mod board_matrix;
pub mod book;
pub mod commands;
pub mod copied;
pub mod documentation;
pub mod examples;
pub mod format;
pub mod host;
mod kept;
pub mod libtest;
pub mod lint;
pub mod model;
mod no_panic;
pub mod outcome;
mod parallel;
pub mod part;
mod paths;
pub mod shell;
mod sizes;
pub mod suite;
pub mod summary;
pub mod transcript;

pub use part::{Part, run};
