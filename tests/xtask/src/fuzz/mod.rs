//! `cargo xtask fuzz`: targets of `tests/fuzz` under a fuzzer that is guided by what code its inputs reach.
//!
//! [`session`] builds a target and runs it, [`report`] reads what libFuzzer says. What it finds worth keeping stays in
//! `target/fuzz/corpus`, and the next run goes on from there.

mod report;
mod session;

pub use session::{Request, Target, run};
