//! QEMU's `virt` machine (hw/arm/virt.c): what lies where.

use l4k::base::arch::{Line, Trigger};
use l4k::machine::aarch64::board::{Board, Console, Cores, range};
use l4k::{Device, MemoryRange};

const fn device(
    role: &'static str,
    compatible: &'static str,
    (start, bytes): (u64, u64),
    line: u16,
    clock_hertz: u64,
) -> Device<'static> {
    let interrupt = Some((Line(line), Trigger::Level));
    Device { role, compatible, registers: range(start, bytes), interrupt, clock_hertz }
}

/// Devices that programs are told of.
static DEVICES: [Device<'static>; 5] = [
    device("console", "arm,pl011", (0x0900_0000, 0x1000), 33, 24_000_000),
    device("clock", "arm,pl031", (0x0901_0000, 0x1000), 34, 1),
    device("gpio", "arm,pl061", (0x0903_0000, 0x1000), 39, 0),
    // 32 transports of 0x200 bytes; transport n interrupts on line 48 + n, the first is named.
    device("virtio", "virtio,mmio", (0x0a00_0000, 0x4000), 48, 0),
    // The kernel keeps it. It is listed so that a program that asks for its address is told so.
    Device {
        role: "interrupt-controller",
        compatible: "arm,gic",
        registers: range(0x0800_0000, 0x0100_0000),
        interrupt: None,
        clock_hertz: 0,
    },
];

/// Device memory for programs: UART to the SMMU's neighbours, virtio, the PCIe windows. The interrupt controller lies below.
static DEVICE_MEMORY: [MemoryRange; 3] =
    [range(0x0900_0000, 0x0010_0000), range(0x0a00_0000, 0x0000_4000), range(0x1000_0000, 0x3000_0000)];

/// The board.
pub static BOARD: Board = Board {
    name: "qemu-virt",
    device_tree: Some(0x4000_0000),
    least_memory: &[],
    reserved: &[],
    interrupt_controller: None,
    console: Console::PL011,
    cores: Cores::Firmware,
    devices: &DEVICES,
    device_memory: &DEVICE_MEMORY,
};
