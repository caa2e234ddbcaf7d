//! The UART's registers: the one thing of this driver that the compiler cannot check.
#![allow(unsafe_code)]

use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use l4k_drivers::pl011::{PL011Registers, UniqueMmioPointer};
use l4k_drivers::registers::Mapped;

/// Bytes of the block that the mini-UART is in.
const MINI_UART_BYTES: usize = 0x6c;

/// Whether the registers were taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The address that init has passed; `None` for address 0 and from the second call on.
fn take<T>(address: u64) -> Option<NonNull<T>> {
    let registers = NonNull::new(address as *mut T)?;
    if TAKEN.swap(true, Ordering::Relaxed) { None } else { Some(registers) }
}

/// A PL011's registers.
pub fn pl011(address: u64) -> Option<UniqueMmioPointer<'static, PL011Registers>> {
    let registers = take(address)?;
    // SAFETY: init has mapped the UART's page as device memory at this address, in this address space alone, before
    // it started this program; `take` sees to it that there is one pointer only.
    Some(unsafe { UniqueMmioPointer::new(registers) })
}

/// The mini-UART's registers.
pub fn mini_uart(address: u64) -> Option<Mapped> {
    let registers = take(address)?;
    // SAFETY: as above; the device does not reach into memory.
    Some(unsafe { Mapped::new(registers, MINI_UART_BYTES) })
}
