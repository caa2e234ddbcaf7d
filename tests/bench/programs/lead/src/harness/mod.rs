//! What the cases stand on: two address spaces with threads in them, fresh objects, and reports.

pub mod bench;
pub mod crowd;
pub mod failure;
pub mod runner;
pub mod sheet;
pub mod system;
pub mod threads;
pub mod words;

pub use bench::{Bench, Side};
pub use failure::{Failure, Outcome};
pub use sheet::Sheet;
pub use system::System;
pub use threads::Manner;
