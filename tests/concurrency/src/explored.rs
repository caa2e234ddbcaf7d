//! The sources under loom, which tries every order of steps, and every value that the memory model lets a load return. May call `flaw` and `model`.

pub use l4k::base::arch;

#[path = "../../../l4k-sys/src/critical_section/exclusion.rs"]
pub mod exclusion;
#[path = "../../../l4k/src/base/lock.rs"]
pub mod lock;
#[path = "explored_means.rs"]
pub mod means;
#[path = "../../../l4k/src/base/section.rs"]
pub mod section;
#[path = "stopping.rs"]
pub mod stopping;
#[path = "explored_sync.rs"]
pub mod sync;
#[path = "../../../l4k/src/base/turns.rs"]
pub mod turns;
