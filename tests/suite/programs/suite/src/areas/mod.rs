//! The areas of the suite, a file each.

mod all;
mod capabilities;
mod faults;
mod firmware;
mod interrupts;
mod ipc;
mod memory;
mod notifications;
mod preemption;
mod system_calls;
mod threads;
mod time;
mod untyped;

pub use all::ALL;
