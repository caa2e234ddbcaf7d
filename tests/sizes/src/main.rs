//! The kernel of this firmware: the board's, with the programs that build.rs has packed.
#![no_std]
#![no_main]

#[cfg(feature = "board-qemu-virt")]
bsp_qemu_virt::firmware!(concat!(env!("OUT_DIR"), "/programs.l4k"));

#[cfg(feature = "board-rpi4")]
bsp_rpi4::firmware!(concat!(env!("OUT_DIR"), "/programs.l4k"));
