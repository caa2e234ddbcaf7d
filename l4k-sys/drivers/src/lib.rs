//! Device logic and server loops for user-mode drivers of the l4k microkernel.
//!
//! [`serial`] says what the console service needs of a UART, [`pl011`] provides it with a PL011. [`console`] is the service: its
//! protocol, its logic (no hardware, no kernel: tested on the host), its loop and its clients. [`delay`] is for drivers
//! written against `embedded-hal`.
//!
//! [`bcm2711`] has the devices of the Raspberry Pi 4. [`registers`] and [`wait`] are what device logic stands on: it asks for registers and for a way to wait, and is tested on the host with
//! a model of the device. [`devices`] has the registers of those that a program was given when it was started.
//!
//! # Re-exports
//!
//! The types and traits of these crates appear in the interface, so the crates are re-exported: [`arm_pl011_uart`], [`embedded_hal`],
//! [`embedded_io`], [`embedded_sdmmc`], [`heapless`] and [`l4k_sys`]. Whoever takes them from here has the version that fits.
//!
//! # Features
//!
//! This crate has no features.
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/barrier.rs
// src/devices.rs
// src/registers.rs
// trusted-files-end
#![no_std]

#[cfg(all(target_arch = "aarch64", target_os = "none"))]
pub mod barrier;
#[cfg(not(all(target_arch = "aarch64", target_os = "none")))]
#[path = "barrier_host.rs"]
pub mod barrier;
pub mod bcm2711;
pub mod console;
pub mod delay;
pub mod devices;
pub mod pl011;
pub mod registers;
pub mod sd;
pub mod serial;
pub mod wait;

pub use {arm_pl011_uart, embedded_hal, embedded_io, embedded_sdmmc, heapless, l4k_sys};

#[cfg(test)]
mod simulated;
