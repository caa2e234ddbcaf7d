//! The kernel that the suite runs on: the board's, with the programs that build.rs has packed.
#![no_std]
#![no_main]

bsp_qemu_virt::firmware!(concat!(env!("OUT_DIR"), "/programs.l4k"));
