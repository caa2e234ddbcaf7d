//! Boots images in QEMU, speaks to the guest over its serial port, waits for what it answers, and reports how it ended.
//!
//! [`machine`] says which machine to boot, [`session`] is a running one with its serial port in our hands, [`report`] reads what a
//! conformance suite prints.
//!
//! # Re-exports
//!
//! [`anyhow`]: the errors are its type.
//!
//! # Features
//!
//! This crate has no features.

pub mod boot;
pub mod debugger;
pub mod emulator;
pub mod machine;
pub mod monitor;
pub mod raw;
pub mod report;
pub mod session;
mod transcript;

pub use anyhow;
pub use boot::{Boot, SerialPort, in_option};
pub use machine::{Board, Clock, Cpu, Entry, InterruptController, Machine, MemorySize};
pub use report::Report;
pub use session::{Ended, Session};
