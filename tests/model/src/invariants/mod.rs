//! The invariants, as code over the kernel's whole state. Each file is one concept; `list` names them all in order.

mod buffers;
mod derivation;
mod descriptor;
mod free_memory;
mod identifiers;
mod interrupts;
mod kernel_state;
mod list;
mod liveness;
mod queues;
mod ranges;
mod reach;
mod references;
mod remnants;
mod replies;
mod rights;
mod short_cuts;
mod tables;
mod time;
mod translations;
mod walk;

pub use free_memory::check_all as check_free_memory;
pub use list::check;
pub use queues::{queued, ring, waiting};
pub use reach::live_threads;
pub use time::check_told;
