//! Tests that run on the target: on the kernel, with the kernel's answers.
//!
//! A test file is a program. [`tests!`] makes it one: it is the first program of a firmware that has no other. `cargo l4k runner` puts it into the
//! image of the project's own kernel and boots that in QEMU, **once for each test**. So each test finds a fresh machine, and what one test breaks
//! does not reach the next one.
//!
//! ```ignore
//! //! tests/sums.rs
//! #![no_std]
//! #![no_main]
//!
//! l4k_test::tests! {
//!     fn two_and_two_are_four() {
//!         assert_eq!(2 + 2, 4);
//!     }
//!
//!     #[should_panic(expected = "overflow")]
//!     fn a_sum_that_is_too_large_panics() {
//!         core::hint::black_box(u8::MAX) + 1;
//!     }
//! }
//! ```
//!
//! # What a test can do
//!
//! - It panics, or returns an `Err`: it has failed. The runner shows the message and what the test printed.
//! - It crashes: it has failed. The runner shows the kernel's report.
//! - It does not come to an end: it has failed, after the runner's time limit.
//! - It takes the boot information as an argument, if it wants any of the machine's memory, devices or time. A first program has all of them:
//!   `fn a_page_can_be_mapped(information: BootInformation<'static>)`.
//! - `#[ignore]` and `#[ignore = "reason"]`: it runs only if it is asked for.
//! - `#[should_panic]` and `#[should_panic(expected = "text")]`: it has failed unless it panics, and unless `text` is in the message.
//!
//! Other attributes are passed on to the function, doc comments among them. `#[cfg(…)]` on a test is not supported: put it on the whole file, by
//! `required-features` in `Cargo.toml`. A file has one [`tests!`].
//!
//! # Re-exports
//!
//! [`l4k_sys`]: the boot information that a test can ask for is its type.
//!
//! # Features
//!
//! This crate has no features.
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/declare.rs
// src/selected.rs
// trusted-files-end
#![no_std]

pub mod declare;
pub mod function;
pub mod harness;
pub mod outcome;
pub mod selected;

pub use l4k_sys;
