//! Finding or installing what the project's commands need besides a Rust toolchain.
//!
//! [`needs`] says what each command needs and makes it so, [`packages`] plans what has to be installed with the system's package manager,
//! [`system`] is that system.

pub mod needs;
pub mod packages;
pub mod system;

pub use needs::{Need, ensure};
