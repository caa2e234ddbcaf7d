//! How large an l4k kernel is, from its ELF file: bytes by kind, and how deep its stacks get at the most.
//!
//! [`sections`] counts the bytes. [`stack`] has the bounds: it asks `call_graph`, which `kernel_code` makes of the kernel's file with what
//! `stack_sizes` and `instruction` read there. `stack_report` puts a stack into words.
//!
//! # Re-exports
//!
//! [`object`]: the functions take a file that it has read. [`anyhow`]: the errors are its type.
//!
//! # Features
//!
//! This crate has no features.

mod call_graph;
mod call_graph_defect;
mod instruction;
mod kernel_code;
pub mod sections;
pub mod stack;
mod stack_report;
mod stack_sizes;

#[cfg(test)]
mod call_graph_tests;
#[cfg(test)]
mod kernel_code_tests;

pub use anyhow;
pub use object;
pub use sections::Bytes;
pub use stack::{Stacks, Use};
