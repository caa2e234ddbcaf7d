//! The real AArch64 core at EL1: entry, vectors, tables, interrupts, time.

pub mod board;
mod boot;
#[cfg_attr(feature = "clear-branch-history", path = "branch_history_cleared.rs")]
mod branch_history;
mod console;
mod core_setup;
mod cores;
#[cfg(feature = "critical-section")]
mod critical_section;
mod debug_registers;
mod description;
mod early_tables;
mod exception_levels;
mod fast_entry;
mod firmware;
mod firmware_call;
mod floating_point;
mod gic_v2;
mod gic_v3;
mod image_layout;
mod instructions;
mod interrupts;
mod kernel_tables;
mod level_vectors;
mod lock_times;
mod machine;
mod memory_claims;
#[cfg(any(debug_assertions, feature = "debug"))]
mod panic;
#[cfg(not(any(debug_assertions, feature = "debug")))]
#[path = "panic_release.rs"]
mod panic;
mod redistributors;
mod startup;
mod stop;
mod system_errors;
mod trap;
mod vectors;
