//! Scheduling contexts: processor time.

use super::thread::Thread;
use crate::base::arch::CoreNumber;
use crate::base::store::{Object, Ref};
use crate::base::time::Ticks;

/// One time that a context was bound to a thread: no other has the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Binding(pub u64);

/// A scheduling context. Budget 0 until SchedControl fills it. Zero bytes are a new one.
#[derive(Debug)]
#[repr(align(128))]
pub struct SchedContext {
    /// Capabilities to it.
    pub references: u32,
    /// The core whose time it is.
    pub core: CoreNumber,
    /// Time per period.
    pub budget: Ticks,
    /// Length of a period.
    pub period: Ticks,
    /// Time left of the present slice.
    pub remaining: Ticks,
    /// Time used since it was made.
    pub consumed: Ticks,
    /// The thread that runs on it now.
    pub thread: Option<Ref<Thread>>,
    /// The thread that it was bound to.
    pub owner: Option<Ref<Thread>>,
    /// Which binding that is, or was the last.
    pub binding: Binding,
}

impl Object for SchedContext {
    const BITS: u8 = 7;
}
