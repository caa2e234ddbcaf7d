//! The areas of the suite, a file each.

mod all;
mod budgets;
mod caches;
mod canaries;
mod capabilities;
mod cores;
mod critical_sections;
mod debugging;
mod faults;
mod firmware;
mod floating_point;
mod grants;
mod hostile;
mod interrupts;
mod ipc;
mod lending;
mod memory;
mod notifications;
mod pages_elsewhere;
mod passive;
mod preemption;
mod raised_interrupts;
mod registers;
mod serving;
mod stress;
mod system_calls;
mod threads;
mod time;
mod untyped;
mod waits;

pub use all::ALL;
