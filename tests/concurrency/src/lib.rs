//! The kernel's lock, its gates and the critical sections, run in every order that a model checker can think of.
//!
//! The files that are checked are those of the kernel and of `l4k-sys`, included here by their paths. In [`explored`] they are made of loom's
//! atomics, in [`scheduled`] of shuttle's. [`flaw`] spoils what they are made of, so that each test can show that it would fail.
#![allow(clippy::duplicate_mod, reason = "the same source, made of other atomics")]

pub mod explored;
pub mod flaw;
pub mod model;
pub mod scheduled;
