//! The binary interface between the kernel and programs: every number and every layout, defined once.
//!
//! Numbers are flat, append-only and independent of any feature, board or core count. The kernel
//! depends on this module; programs use it through the typed handles of this crate.

pub mod boot;
pub mod error;
pub mod fault;
pub mod memory;
pub mod message;
pub mod number;
pub mod object;
pub mod rights;
pub mod thread;
pub mod version;

pub use error::Error;
pub use fault::{Access, Fault, FaultCause, FaultKind};
pub use memory::{FrameSize, Maintenance, MapAttributes};
pub use message::{Arrival, Tag};
pub use number::SystemCall;
pub use object::ObjectKind;
pub use rights::Rights;
pub use thread::{BreakpointKind, ThreadState};
pub use version::{VERSION_MAJOR, VERSION_MINOR};
