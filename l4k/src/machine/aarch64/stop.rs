//! The end of a kernel that cannot go on.

use super::console::say;
use super::instructions::{semihosting_exit, wait_for_interrupt};

/// Status with which an emulator ends when the kernel stops by itself.
const STATUS: u8 = 101;

/// Stops the machine.
pub fn stop() -> ! {
    say!("stopped");
    semihosting_exit(STATUS);
    loop {
        wait_for_interrupt();
    }
}
