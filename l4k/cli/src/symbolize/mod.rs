//! From addresses to program, function, file and line.
//!
//! [`image`] is one ELF file, [`symbols`] are those of a firmware. [`report`] finds the addresses in what a kernel and its programs print
//! about faults, [`annotate`] puts lines below such a line. [`command`] is `cargo l4k symbolize`.

pub mod annotate;
pub mod command;
pub mod image;
pub mod report;
pub mod symbols;
