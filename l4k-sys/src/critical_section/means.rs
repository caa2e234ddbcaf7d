//! What [`exclusion`](super::exclusion) is made of: atomics and the kernel. The tests in `tests/concurrency` put a model checker's versions
//! in its place. May call `handle` and `system`.

pub use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

pub use crate::system::yield_now as give_way;

use crate::handle::Notification;

/// Waits for a signal. A wait that fails gives way instead: the caller looks again in any case.
pub fn wait(slot: u64) {
    if Notification::from_slot(slot).wait().is_err() {
        give_way();
    }
}

/// Signals. It cannot fail as long as the capability is there, which `use_notification` has tried.
pub fn signal(slot: u64) {
    let _ = Notification::from_slot(slot).signal();
}
