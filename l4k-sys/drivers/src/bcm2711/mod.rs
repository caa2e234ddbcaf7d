//! Devices of the BCM2711, the chip of the Raspberry Pi 4: their logic over [`Registers`](crate::registers::Registers). The book says which of them QEMU has, and
//! which were thus never run but against a model.

pub mod bus_clock;
pub mod clock_manager;
pub mod framebuffer;
pub mod gpio;
pub mod i2c;
pub mod mailbox;
pub mod mini_uart;
pub mod property;
pub mod pwm;
pub mod random;
pub mod spi;
pub mod system_timer;
pub mod watchdog;
