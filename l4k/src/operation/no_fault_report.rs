//! In the place of `fault_report.rs` in a kernel without the feature `debug`: no fault is told about. May call nothing.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::thread::{Priority, Thread};

/// There are none.
#[derive(Debug)]
pub struct FaultReports;

impl FaultReports {
    /// There are none.
    pub const NONE: FaultReports = FaultReports;
}

impl<A: Arch> System<A> {
    /// A thread was suspended by a fault that has no handler.
    #[inline(always)]
    pub const fn report_fault(&mut self, _: Ref<Thread>) {}

    /// Whether a report is printed before threads of a priority run on this core.
    #[inline(always)]
    pub const fn report_comes_first(&self, _: Priority) -> bool {
        false
    }
}
