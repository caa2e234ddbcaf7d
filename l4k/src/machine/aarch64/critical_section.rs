//! The crate `critical-section` for what a firmware links into the kernel's image, behind the feature `critical-section`.
#![allow(unsafe_code)]

use super::trap::this_core;
use crate::base::section::{Depth, Section};
use critical_section::{Impl, RawRestoreState, set_impl};

static SECTION: Section = Section::new();

struct Kernel;

set_impl!(Kernel);

// SAFETY: code of the image runs at EL1 with interrupts masked (the vectors mask them, and nothing unmasks them but the return to a
// program), so that nothing comes in between on its own core; an exception there ends in a message and a stop, and never returns. Other
// cores are kept out by `SECTION` (`tests/concurrency` explores it). `this_core` is right: `start` and `join`, where all Rust code begins,
// set it up before they call anything of a board.
unsafe impl Impl for Kernel {
    unsafe fn acquire() -> RawRestoreState {
        SECTION.enter(this_core().number()) == Depth::Nested
    }

    unsafe fn release(nested: RawRestoreState) {
        SECTION.leave(if nested { Depth::Nested } else { Depth::Outermost });
    }
}
