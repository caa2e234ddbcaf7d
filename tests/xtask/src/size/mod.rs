//! `cargo xtask size`: how large the kernel is, in bytes, in lines, in lines that hold `unsafe`, and how deep its stack gets.
//!
//! [`print()`] is the command; [`lines`], [`sections`] and [`stack`] have the figures. [`stack`] asks [`call_graph`], which [`kernel_code`] makes
//! of the kernel's file with what [`stack_sizes`] and [`instruction`] read there. [`stack_report`] puts a stack into words.

pub mod call_graph;
pub mod call_graph_defect;
pub mod instruction;
pub mod kernel_code;
pub mod lines;
pub mod print;
pub mod sections;
pub mod stack;
pub mod stack_report;
pub mod stack_sizes;

#[cfg(test)]
mod call_graph_tests;
#[cfg(test)]
mod kernel_code_tests;

pub use print::print;
pub use sections::Bytes;
pub use stack::{Stacks, Use};
