//! `cargo l4k runner`: what cargo calls to run a binary for the target. A firmware is booted. A test program is put into the project's own kernel, and
//! booted once for each test.
//!
//! [`command`] decides, [`binary`] tells what a file is, [`test_list`] reads the tests in it, [`place`] finds the project, [`kernel`] builds its kernel
//! with room for a test, [`trial`] boots one test, [`verdict`] judges it by the [`mark`] around what it prints, [`options`] are the variables that a user can set.

pub mod binary;
pub mod command;
pub mod kernel;
pub mod mark;
pub mod options;
pub mod place;
pub mod test_list;
pub mod trial;
pub mod verdict;

pub use command::run;
