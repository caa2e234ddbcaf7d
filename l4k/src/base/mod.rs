//! Floor 0: addresses and sizes as types, the surface to the machine, typed access to object memory, the lock.

pub mod address;
pub mod arch;
pub mod debugging;
pub mod firmware;
#[cfg_attr(target_arch = "aarch64", path = "hint_aarch64.rs")]
pub(crate) mod hint;
pub mod index;
pub mod kept;
pub mod lock;
pub mod registers;
pub mod section;
pub mod store;
pub mod sync;
pub mod thread_context;
pub mod time;
pub mod turns;
pub mod vector_registers;
