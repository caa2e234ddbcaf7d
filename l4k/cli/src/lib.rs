//! What `cargo l4k` does, as a library.
//!
//! [`command_line`] is what a person types. [`project`] is a firmware project, [`workplace`] says where a command on it works.
//! [`set_up`] finds the compiler for the target and the other programs that a command needs; [`toolchain`] is that compiler, [`debian`] all
//! that serves Debian's. [`firmware`] builds. [`new`], [`run`], [`mod@test`], [`runner`], [`gdb`], [`image`], [`size`], [`symbolize`] and [`doctor`] are commands;
//! [`equipment`] reads what a project wants to find in the emulated machine.
//! [`cache`], [`files`], [`lock`], [`process`] and [`progress`] are small tools.
//!
//! # Re-exports
//!
//! [`anyhow`], [`l4k_card`], [`l4k_qemu`], [`serde_json`] and [`toml`]: errors, files of a card, machines and boards, answers for tools, and settings are
//! their types.
//!
//! # Features
//!
//! | feature | what it does |
//! |---|---|
//! | `images` | Adds the tests that build and boot a firmware. They need QEMU and a compiler for the target. The tool is the same without it. |

pub mod cache;
pub mod command_line;
pub mod debian;
pub mod doctor;
pub mod equipment;
pub mod files;
pub mod firmware;
pub mod gdb;
pub mod image;
pub mod lock;
pub mod new;
pub mod process;
pub mod progress;
pub mod project;
pub mod run;
pub mod runner;
pub mod set_up;
pub mod size;
pub mod symbolize;
pub mod test;
pub mod toolchain;
pub mod workplace;

pub use {anyhow, l4k_card, l4k_qemu, serde_json, toml};

pub use project::Project;
pub use toolchain::TARGET;
pub use workplace::Workplace;
