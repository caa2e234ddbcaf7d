//! The stable system-call interface of the l4k microkernel, for programs that run on it.
//!
//! [`abi`] defines every number and layout, [`package`] the format in which programs are packed. Above
//! them: [`stub`] enters the kernel, [`handle`] gives each kind of object a type that costs nothing, [`message`] what they
//! exchange, [`mod@entry`] starts and ends a program, [`output`] prints.
//!
//! Everything builds on any host. There the stubs reach no kernel, unless a test installs one
//! (`stub::install`).
//!
//! # Features
//!
//! | feature | what it does |
//! |---|---|
//! | `critical-section-single-thread` | Provides the implementation of the crate `critical-section` for programs with one thread. |
//! | `critical-section-multi-thread` | Provides the implementation of `critical-section` for programs with several threads. If both features are on, this one is used. |
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/critical_section/multi_thread.rs
// src/critical_section/single_thread.rs
// src/stub.rs
// src/entry.rs
// trusted-files-end
#![no_std]

pub mod abi;
pub mod buffer;
pub mod entry;
pub mod exit;
mod fault_text;
pub mod handle;
mod hexadecimal;
pub mod message;
pub mod output;
pub mod package;
pub mod packing;
pub mod panic;
pub mod quantity;
pub mod refusal;
pub mod registers;
pub mod startup;
pub mod system;
pub mod window;

#[cfg(any(feature = "critical-section-single-thread", feature = "critical-section-multi-thread"))]
pub mod critical_section;

#[cfg(all(target_arch = "aarch64", target_os = "none"))]
pub mod stub;
#[cfg(not(all(target_arch = "aarch64", target_os = "none")))]
#[path = "stub_host.rs"]
pub mod stub;

pub use abi::Error;
pub use handle::{
    AddressSpace, AsidPool, CNode, DebugConsole, Endpoint, Frame, Irq, IrqControl, Notification, Place, Reply,
    SchedContext, SchedControl, SmcControl, Thread, Untyped,
};
pub use message::{Message, Received};
pub use quantity::{Badge, Nanoseconds};
