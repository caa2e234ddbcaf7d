//! The benchmark: what is measured, case by case. Threads of two workers, and the first program itself, do it between marks.
#![no_std]

pub mod cases;
pub mod harness;
