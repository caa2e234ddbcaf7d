//! Which compiler builds for the target: the user's own where it has the target's library, else Debian's with a library that is built
//! here from its source.
//!
//! [`choice`] is the result, [`symbols`] makes the same code in every folder.

pub mod choice;
pub mod symbols;

pub use choice::{Choice, TARGET, Toolchain};
