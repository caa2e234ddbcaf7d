//! The plugin for QEMU that hands executed instructions to `l4k-paths`.
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/emulator.rs
// trusted-files-end

mod emulator;
