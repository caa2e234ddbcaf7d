//! Device logic and server loops for user-mode drivers of the l4k microkernel.
//!
//! [`serial`] says what the console service needs of a UART, [`pl011`] provides it with a PL011. [`console`] is the service: its
//! protocol, its logic (no hardware, no kernel: tested on the host), its loop and its clients. [`delay`] is for drivers
//! written against `embedded-hal`.
//!
// The files of this crate that may contain `unsafe` (checked by tests/house): none.
// trusted-files-begin
// trusted-files-end
#![no_std]

pub mod console;
pub mod delay;
pub mod pl011;
pub mod serial;

#[cfg(test)]
mod simulated;
