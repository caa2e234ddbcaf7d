//! The UART's registers: the one thing in this firmware that the compiler cannot check.
#![allow(unsafe_code)]

use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use l4k_drivers::pl011::{PL011Registers, UniqueMmioPointer};
use uart::slots::REGISTERS;

/// Whether the registers were taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The registers. `None` from the second call on.
pub fn take() -> Option<UniqueMmioPointer<'static, PL011Registers>> {
    let registers = NonNull::new(REGISTERS as *mut PL011Registers)?;
    if TAKEN.swap(true, Ordering::Relaxed) {
        return None;
    }
    // SAFETY: init has mapped the UART's page at this address before it started this program, and nobody else has it. `TAKEN` sees to it that
    // there is one pointer only.
    Some(unsafe { UniqueMmioPointer::new(registers) })
}
