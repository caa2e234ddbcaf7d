//! Floor 4: the machine. The real core, the simulated one, and what both share: formats as pure functions.

pub mod atags;
pub mod cpu;
pub mod debug_format;
pub mod device_tree;
pub mod device_tree_statements;
pub mod device_tree_walk;
pub mod memory_map;
pub mod pending;
pub mod syndrome;
pub mod table_format;

#[cfg(all(target_arch = "aarch64", target_os = "none"))]
pub mod aarch64;

#[cfg(any(test, feature = "simulation"))]
pub mod simulated;
