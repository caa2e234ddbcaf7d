//! What the suite's programs share: what the tests' threads do with the machine, and what the suite and its partner agree upon.
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/canaries.rs
// src/floating_point.rs
// src/machine.rs
// trusted-files-end
#![no_std]

pub mod arena;
pub mod canaries;
pub mod floating_point;
pub mod hostile;
pub mod instructions;
pub mod machine;
pub mod misdeed;
pub mod role;
