//! What the programs of this firmware have agreed upon: slots, requests to init, and how a fault is told to a person.
#![no_std]

pub mod answer;
pub mod crash_kind;
pub mod fault_report;
pub mod name;
pub mod request;
pub mod slots;
pub mod state;
pub mod uart;

pub use answer::{Answer, ProgramStatus};
pub use crash_kind::CrashKind;
pub use fault_report::FaultReport;
pub use name::Name;
pub use request::Request;
pub use state::ProgramState;
pub use uart::{UartArguments, UartModel};
