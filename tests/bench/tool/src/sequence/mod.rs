//! The executed sequence of instructions of a row: by the functions that they were written in, and what each is for.
//!
//! `step` tells what was executed and where it comes from, with `disassembly`; `annotations` is the file that says what functions are for,
//! `groups` puts both together. `text` tells it on the terminal, `chapter` in the book, `estimate` says how long it may take; `tell` is what
//! the command calls.

mod annotations;
mod chapter;
mod disassembly;
mod estimate;
mod groups;
mod step;
mod tell;
mod text;

pub use chapter::{CHAPTER, check_book};
pub use tell::{Estimate, print, write};
