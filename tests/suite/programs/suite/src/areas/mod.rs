//! The areas of the suite, a file each.

mod capabilities;
mod faults;
mod ipc;
mod notifications;
mod system_calls;
mod untyped;

use crate::harness::runner::Area;

/// All areas, in the order in which they run.
pub const ALL: &[Area] = &[
    Area { name: "system_calls", tests: system_calls::TESTS },
    Area { name: "untyped", tests: untyped::TESTS },
    Area { name: "capabilities", tests: capabilities::TESTS },
    Area { name: "ipc", tests: ipc::TESTS },
    Area { name: "notifications", tests: notifications::TESTS },
    Area { name: "faults", tests: faults::TESTS },
];
