//! Parameters for a program that has no command line. The program keeps a [`Block`] in its data; the host finds the block in a copy of the
//! image and [fills](fill()) it before the image boots. So one build serves every choice, in the emulator and on a board.
//!
//! The block holds text: a line `key=value` for each parameter.
//!
//! [`keys`] names the parameters, [`layout`] says which bytes a block has, [`block`] is the program's side, [`text`] reads the lines, [`fill`](mod@fill) is the host's side;
//! with the feature `host`, `file` fills copies of files.
#![no_std]

#[cfg(any(test, feature = "host"))]
extern crate std;

pub mod block;
#[cfg(feature = "host")]
pub mod file;
pub mod fill;
pub mod keys;
pub mod layout;
pub mod text;

pub use block::Block;
pub use fill::{Refusal, fill};
pub use text::Text;
