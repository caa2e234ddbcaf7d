//! What the benchmark's programs share: what a thread is told to do, and what they do with the machine that is no system call.
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/machine.rs
// trusted-files-end
#![no_std]

pub mod alarm;
pub mod machine;
pub mod ring;
pub mod role;
