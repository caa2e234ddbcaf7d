//! `cargo xtask mutants`: small changes to the kernel's core, each of which some host test should notice.
//!
//! [`hunt`] has cargo-mutants make the changes and run the tests (what is changed and what is run says `.cargo/mutants.toml`),
//! [`outcome`] reads what became of them.

mod hunt;
mod outcome;

pub use hunt::{Request, STEPS, run};
