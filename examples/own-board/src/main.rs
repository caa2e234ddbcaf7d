//! The kernel of this firmware: a board of its own, with the program that build.rs has packed.
#![no_std]
#![no_main]

mod board;

l4k::firmware!(crate::board::BOARD, concat!(env!("OUT_DIR"), "/programs.l4k"));
