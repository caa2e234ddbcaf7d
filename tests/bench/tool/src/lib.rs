//! `cargo xtask bench`: what system calls cost, in instructions, beside the marks that are to be beaten.
//!
//! `measure` builds, boots and counts; `rows` says what is made of it, `figure` makes it. `table`, `lengths`, `costs` and `json` tell it,
//! `marks` is what it is held against, `guard` what it was before; `book` writes it down, with `plot`;
//! `sequence` tells the instructions themselves, `text` what the kernel's bytes are spent on. `serial` is the form without a plugin, for boards.

mod book;
mod command;
mod costs;
mod dear;
mod figure;
mod guard;
mod json;
mod lengths;
mod marks;
mod measure;
mod plot;
mod rows;
mod sequence;
pub mod serial;
mod table;
mod text;

pub use command::{Request, Update, check, run};
pub use sequence::Estimate;
