//! Endpoints: where callers and receivers meet.

use super::Life;
use super::thread::Thread;
use crate::base::store::{Object, Ref};

/// A queue of threads, the most urgent first, in the order of coming within a priority. Handled by `operation::queue`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadQueue {
    /// First thread of the most urgent group.
    pub first: Option<Ref<Thread>>,
}

/// Who is in an endpoint's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Side {
    /// Callers, or nobody.
    Callers = 0,
    /// Receivers.
    Receivers,
}

/// An endpoint. Zero bytes are a new one.
#[derive(Debug)]
#[repr(align(32))]
pub struct Endpoint {
    /// Capabilities to it.
    pub references: u32,
    /// Alive or dying.
    pub life: Life,
    /// Who waits.
    pub side: Side,
    /// Those who wait.
    pub queue: ThreadQueue,
}

impl Object for Endpoint {
    const BITS: u8 = 5;
}
