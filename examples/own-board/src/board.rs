//! The Versal as data: what lies where (Versal ACAP Technical Reference Manual, AM011, and QEMU's hw/arm/xlnx-versal.c).

use l4k::base::arch::{Line, Trigger};
use l4k::machine::aarch64::board::{Board, Console, Cores, range};
use l4k::{Device, MemoryRange};

/// Devices that programs are told of.
static DEVICES: [Device<'static>; 1] = [Device {
    role: "console",
    compatible: "arm,pl011",
    registers: range(0xff00_0000, 0x1000),
    interrupt: Some((Line(50), Trigger::Level)),
    clock_hertz: 100_000_000,
}];

/// Device memory that programs may have: the peripherals of the processing system.
static DEVICE_MEMORY: [MemoryRange; 1] = [range(0xff00_0000, 0x0080_0000)];

/// The board. Memory, interrupt controller and cores are in the device tree that the loader passes.
pub static BOARD: Board = Board {
    name: "versal",
    device_tree: None,
    least_memory: &[],
    reserved: &[],
    interrupt_controller: None,
    console: Console::PL011,
    cores: Cores::One,
    devices: &DEVICES,
    device_memory: &DEVICE_MEMORY,
};
