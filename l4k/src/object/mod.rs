//! Floor 1: the passive objects. Data and what can be said of one object alone; behaviour lives in `operation`.

pub mod address_space;
pub mod asid_pool;
pub mod capability;
pub mod cnode;
pub mod endpoint;
pub mod floating_point;
pub mod frame;
pub mod irq;
pub mod last_fault;
pub mod life;
pub mod notification;
pub mod refills;
pub mod reply;
pub mod restart;
pub mod sched_context;
pub mod slot;
pub mod thread;
#[cfg_attr(not(feature = "debug"), path = "no_watch.rs")]
pub mod watch;

pub use life::Life;
