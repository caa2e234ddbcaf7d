//! In the place of `watch.rs` in a kernel without the feature `debug`: it remembers nothing, and has no size. May call
//! nothing but the types of floor 0.

use super::thread::Thread;
use crate::base::store::Ref;

/// No thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadMark;

/// No list.
#[derive(Debug)]
pub struct ThreadList;

impl ThreadList {
    /// A new thread.
    #[inline(always)]
    pub const fn enter(&mut self, _: Ref<Thread>) -> ThreadMark {
        ThreadMark
    }

    /// A thread ends.
    #[inline(always)]
    pub const fn leave(&mut self, _: ThreadMark) {}
}

/// Nothing.
#[derive(Debug)]
pub struct Watch {
    /// No list.
    pub threads: ThreadList,
}

impl Watch {
    /// Nothing.
    pub const NEW: Watch = Watch { threads: ThreadList };
}
