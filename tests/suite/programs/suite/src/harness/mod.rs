//! What the tests stand on: fresh objects, threads, the partner, and a report.

pub mod alarm;
pub mod bench;
pub mod bodies;
pub mod cells;
pub mod census;
pub mod choice;
pub mod cores;
pub mod couriers;
pub mod failure;
pub mod hang;
pub mod hostile;
pub mod parameters;
pub mod partner;
pub mod passive;
pub mod plans;
pub mod routine;
pub mod runner;
pub mod system;
pub mod threads;
pub mod watchdog;

pub use bench::Bench;
pub use cells::Cell;
pub use failure::Outcome;
pub use runner::Test;
