//! The parts of the shell that need no kernel: line editing, history, commands.
#![no_std]

pub mod command;
pub mod editor;
pub mod history;
pub mod keys;
