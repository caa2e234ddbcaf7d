//! The sources under shuttle, which tries many random orders of steps; memory is as if there were no caches. May call nothing of this
//! crate.

#[path = "../../../l4k/src/base/lock.rs"]
pub mod lock;
#[path = "stopping.rs"]
pub mod stopping;
#[path = "scheduled_sync.rs"]
pub mod sync;
#[path = "../../../l4k/src/base/turns.rs"]
pub mod turns;
