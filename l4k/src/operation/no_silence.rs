//! In the place of `silence.rs` and `cycle.rs` in a kernel without the feature `debug`: nothing is told. May call
//! nothing.

use super::next::Progress;
use super::system::System;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::base::time::Instant;
use crate::object::thread::Thread;

impl<A: Arch> System<A> {
    /// This core is idle.
    #[inline(always)]
    pub const fn watch_silence(&mut self) -> Progress {
        Progress::Complete
    }

    /// A thread runs.
    #[inline(always)]
    pub const fn end_silence(&mut self) {}

    /// When an idle core looks again.
    #[inline(always)]
    pub const fn silence_deadline(&self, _: CoreNumber) -> Instant {
        Instant::NEVER
    }

    /// A thread has joined the callers that an endpoint has.
    #[inline(always)]
    pub const fn tell_cycle(&mut self, _: Ref<Thread>) {}
}
