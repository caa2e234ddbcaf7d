//! The real AArch64 core at EL1: entry, vectors, tables, interrupts, time.

pub mod board;
mod boot;
mod console;
mod core_setup;
mod device_tree;
mod gic_v2;
mod gic_v3;
mod image_layout;
mod instructions;
mod interrupts;
mod kernel_tables;
mod machine;
mod memory_map;
mod panic;
mod startup;
mod trap;
