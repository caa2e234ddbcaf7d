//! The areas of the suite, a file each.

mod capabilities;
mod system_calls;
mod untyped;

use crate::harness::runner::Area;

/// All areas, in the order in which they run.
pub const ALL: &[Area] = &[
    Area { name: "system_calls", tests: system_calls::TESTS },
    Area { name: "untyped", tests: untyped::TESTS },
    Area { name: "capabilities", tests: capabilities::TESTS },
];
