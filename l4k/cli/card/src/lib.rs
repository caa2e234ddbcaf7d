//! SD cards as files: [`image`] is a whole one, [`partition`] its table, [`volume`] its FAT32 volume, [`directories`] mends what the crate `fatfs`
//! gets wrong in it, [`mod@file`] is what is on it. May call nothing of this crate.
//!
//! # Re-exports
//!
//! [`anyhow`]: the errors are its type.
//!
//! # Features
//!
//! This crate has no features.

pub mod directories;
pub mod file;
pub mod image;
pub mod partition;
pub mod volume;

pub use anyhow;
pub use file::{CardFile, files_in};
pub use image::{read, write};
