//! The Raspberry Pi 4: what lies where in the BCM2711, with the peripherals in the low part of the address map, as the firmware leaves
//! them (BCM2711 ARM Peripherals, section 1.2.4). Interrupts of the VideoCore are 96 and following at the GIC (section 6.3).

use crate::console::{CONSOLE, DEVICE, OTHER};
use l4k::base::arch::{Line, Trigger};
use l4k::machine::aarch64::board::{Board, Controller, Cores, range};
use l4k::{Device, MemoryRange};

const fn device(
    role: &'static str,
    compatible: &'static str,
    start: u64,
    line: Option<u16>,
    clock_hertz: u64,
) -> Device<'static> {
    let interrupt = match line {
        Some(line) => Some((Line(line), Trigger::Level)),
        None => None,
    };
    Device { role, compatible, registers: range(start, 0x1000), interrupt, clock_hertz }
}

/// The firmware's rate of UARTCLK (`init_uart_clock`), and of the VPU's clock where nothing speeds it up (`core_freq`): of I2C and SPI.
const UART_CLOCK: u64 = 48_000_000;
const CORE_CLOCK: u64 = 500_000_000;

/// UART0. Its page holds UART2 to UART5 as well, and all share the interrupt.
pub const PL011: Device<'static> = device("uart", "arm,pl011", 0xfe20_1000, Some(153), UART_CLOCK);
/// The auxiliary devices: mini-UART, SPI1 and SPI2. The firmware sets the line's speed, with the clock that it has chosen (`enable_uart=1`).
pub const UART: Device<'static> = device("mini-uart", "brcm,bcm2835-aux-uart", 0xfe21_5000, Some(125), 0);

/// Devices that programs are told of, a page each.
static DEVICES: [Device<'static>; 16] = [
    DEVICE,
    OTHER,
    // Compare 1 of 0 to 3, of which the VideoCore has 0 and 2.
    device("timer", "brcm,bcm2835-system-timer", 0xfe00_3000, Some(97), 1_000_000),
    // The registers begin 0x880 bytes into the page.
    device("mailbox", "brcm,bcm2835-mbox", 0xfe00_b000, Some(65), 0),
    device("watchdog", "brcm,bcm2711-pm", 0xfe10_0000, None, 0),
    device("clocks", "brcm,bcm2711-cprman", 0xfe10_1000, None, 54_000_000),
    device("random", "brcm,bcm2711-rng200", 0xfe10_4000, Some(157), 0),
    device("gpio", "brcm,bcm2711-gpio", 0xfe20_0000, Some(145), 0),
    device("spi", "brcm,bcm2835-spi", 0xfe20_4000, Some(150), CORE_CLOCK),
    device("pwm", "brcm,bcm2835-pwm", 0xfe20_c000, None, 0),
    // On the board it is the WiFi's, in QEMU it has the card.
    device("sd", "brcm,bcm2835-sdhci", 0xfe30_0000, Some(158), 250_000_000),
    device("sd-slot", "brcm,bcm2711-emmc2", 0xfe34_0000, Some(158), 100_000_000),
    // BSC1, on GPIO 2 and 3; BSC0 is the VideoCore's.
    device("i2c", "brcm,bcm2711-i2c", 0xfe80_4000, Some(149), CORE_CLOCK),
    device("i2c-0", "brcm,bcm2711-i2c", 0xfe20_5000, Some(149), CORE_CLOCK),
    device("i2c-2", "brcm,bcm2711-i2c", 0xfe80_5000, Some(149), CORE_CLOCK),
    // The kernel keeps it. It is listed so that a program that asks for its address is told so.
    Device {
        role: "interrupt-controller",
        compatible: "arm,gic-400",
        registers: range(0xff84_0000, 0x8000),
        interrupt: None,
        clock_hertz: 0,
    },
];

/// Device memory for programs: the peripherals without the GIC's neighbourhood, and, of the first gibibyte, what the firmware has kept
/// for the VideoCore. The framebuffer lies there.
static DEVICE_MEMORY: [MemoryRange; 2] = [range(0x3000_0000, 0x1000_0000), range(0xfe00_0000, 0x0180_0000)];

/// What every model has: 1 GiB, of which the firmware keeps 76 MiB for the VideoCore unless `gpu_mem` says otherwise.
static LEAST_MEMORY: [MemoryRange; 1] = [range(0, 0x3b40_0000)];

/// The firmware's code for parked cores, with their spin table.
static RESERVED: [MemoryRange; 1] = [range(0, 0x1000)];

/// The board.
pub static BOARD: Board = Board {
    name: "rpi4",
    device_tree: None,
    least_memory: &LEAST_MEMORY,
    reserved: &RESERVED,
    interrupt_controller: Some(Controller::V2(0xff84_1000, 0xff84_2000)),
    console: CONSOLE,
    cores: Cores::SpinTable(&[0xe0, 0xe8, 0xf0]),
    devices: &DEVICES,
    device_memory: &DEVICE_MEMORY,
};
