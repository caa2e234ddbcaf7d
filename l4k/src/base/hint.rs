//! What a core does between two looks at something that another core will change. May call nothing.

pub use core::hint::spin_loop as pause;
