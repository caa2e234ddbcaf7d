//! `cargo xtask test --changed`: which jobs a change can have broken.
//!
//! [`files`] asks git what has changed, [`place`] says what a file belongs to, [`packages`] knows from cargo who depends on whom, and [`choice`]
//! chooses.

mod choice;
mod files;
mod packages;
mod place;

pub use choice::{Choice, choose};
