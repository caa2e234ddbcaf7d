//! The UART's registers: the one thing of this driver that the compiler cannot check.
#![allow(unsafe_code)]

use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use l4k_drivers::pl011::{PL011Registers, UniqueMmioPointer};

/// Whether the registers were taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The registers at the address that init has passed; `None` for address 0 and from the second call on.
pub fn pl011(address: u64) -> Option<UniqueMmioPointer<'static, PL011Registers>> {
    let registers = NonNull::new(address as *mut PL011Registers)?;
    if TAKEN.swap(true, Ordering::Relaxed) {
        return None;
    }
    // SAFETY: init has mapped the UART's page as device memory at this address, in this address space alone, before
    // it started this program; `TAKEN` sees to it that there is one pointer only.
    Some(unsafe { UniqueMmioPointer::new(registers) })
}
