//! The reference model: what each system call does, in plain maps and lists, written from the documents and not from the kernel's code.

pub mod abstraction;
pub mod call;
mod calls;
mod capabilities;
mod cores;
pub mod driver;
pub mod fast_paths;
mod ipc;
mod machine;
mod memory;
pub mod random;
mod scheduling;
pub mod sequence;
pub mod state;
pub mod steps;
mod talk;
mod threads;
mod time;
mod waiting;
