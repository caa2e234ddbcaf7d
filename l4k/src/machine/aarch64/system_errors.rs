//! System errors that hit no program: those that are there before the first one starts, and those that arrive while a core has nothing to run.

use super::console::write;
use super::instructions::{pending_exceptions, take_system_error};
use crate::base::arch::CoreNumber;
use core::sync::atomic::{AtomicU32, Ordering};

/// Errors that are told of. A device that makes them without end must not fill the console.
const MOST_TOLD: u32 = 8;

/// Errors that were told of.
static TOLD: AtomicU32 = AtomicU32::new(0);

/// Takes the system error that is pending for this core, if there is one. A core that waits for interrupts with one pending would not wait: the error
/// ends each wait at once.
#[inline(always)]
pub fn take_pending_error(core: CoreNumber) {
    if pending_exceptions().system_error() {
        take(core);
    }
}

#[inline(never)]
fn take(CoreNumber(core): CoreNumber) {
    let Some(syndrome) = take_system_error() else { return };
    let told = TOLD.load(Ordering::Relaxed);
    if told == MOST_TOLD {
        return;
    }
    TOLD.store(told + 1, Ordering::Relaxed);
    // Without formatting, whose calls through pointers would leave the depth of the kernel's stack unknown.
    write(b"l4k: a system error on core ");
    write_hexadecimal(core.into());
    write(b" while no program ran there: syndrome 0x");
    write_hexadecimal(syndrome);
    write(b". It hits nobody\n");
    if told + 1 == MOST_TOLD {
        write(b"l4k: further system errors of this kind are taken without a word\n");
    }
}

fn write_hexadecimal(number: u64) {
    let highest = number.checked_ilog2().unwrap_or(0) / 4;
    for place in (0..=highest).rev() {
        let digit = (number >> (4 * place) & 0xf) as u8;
        write(&[if digit < 10 { b'0' | digit } else { b'a' + (digit - 10) }]);
    }
}
