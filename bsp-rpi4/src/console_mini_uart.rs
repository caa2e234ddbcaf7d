//! The console is the mini-UART. The loader sets it up (`enable_uart=1`), and its speed with the clock that it has chosen.

use crate::board::{PL011, UART};
use l4k::Device;
use l4k::machine::aarch64::board::Console;

/// For the kernel.
pub const CONSOLE: Console = Console::MINI_UART;

/// For programs.
pub const DEVICE: Device<'static> = Device { role: "console", ..UART };

/// The other UART.
pub const OTHER: Device<'static> = PL011;
