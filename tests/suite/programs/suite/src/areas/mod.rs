//! The areas of the suite, a file each.

mod system_calls;

use crate::harness::runner::Area;

/// All areas, in the order in which they run.
pub const ALL: &[Area] = &[
    Area { name: "system_calls", tests: system_calls::TESTS },
];
