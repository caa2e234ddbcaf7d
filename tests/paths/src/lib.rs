//! Counts the instructions of each way through the kernel.
//!
//! An entry is the way from the first instruction at an exception vector to the `eret` to a program, or to the `wfi` of a core that has nothing to
//! run. The emulator tells the [`Recorder`] what it executes, one instruction after another; at its end there is a [`Table`]. The
//! crate `l4k-paths-plugin` is the piece between the two, `cargo xtask paths` the command for people.

pub mod arguments;
pub mod calibration;
pub mod cause;
pub mod instruction;
mod order;
mod path;
pub mod recorder;
mod segments;
pub mod table;
mod trail;

pub use arguments::{Arguments, Layout};
pub use cause::Cause;
pub use instruction::{Class, Step};
pub use recorder::Recorder;
pub use table::{Row, Run, STRETCH_MAX, Sample, Segment, Stretch, Table};
