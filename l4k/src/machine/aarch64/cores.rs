//! The other cores: called by the first one, set up, and then asleep until there is work for them.

use super::board::Cores;
use super::core_setup::set_up_core;
use super::instructions::{call_core, invalidate_all, wait_for_interrupt};
use super::kernel_tables::WINDOW;
use super::trap::Symbols;
use crate::base::arch::CoreNumber;
use crate::base::time::Instant;
use aarch64_cpu::registers::{CNTFRQ_EL0, CNTVCT_EL0, TTBR0_EL1};
use core::sync::atomic::{AtomicU32, Ordering};
use tock_registers::interfaces::{Readable, Writeable};

/// Most cores of a board.
pub const CORES_MAX: usize = 8;

/// A bit for each core that has come up.
static UP: AtomicU32 = AtomicU32::new(1);

/// A fraction of a second that a core may take to come up.
const PATIENCE: u64 = 10;

/// Calls the other cores and returns how many there are now, the first included.
pub fn call_others(cores: Cores, symbols: &Symbols) -> u32 {
    let Cores::SpinTable(places) = cores else { return 1 };
    let entry = symbols.physical(symbols.join);
    for place in places {
        call_core(WINDOW + place, entry);
    }
    let all = (1 << (places.len() + 1)) - 1;
    let Instant(start) = now();
    while UP.load(Ordering::Acquire) != all && now().0.wrapping_sub(start) < CNTFRQ_EL0.get() / PATIENCE {
        core::hint::spin_loop();
    }
    UP.load(Ordering::Acquire).count_ones()
}

fn now() -> Instant {
    Instant(CNTVCT_EL0.get())
}

/// Where another core arrives, with the MMU on and a stack of its own.
pub extern "C" fn join(number: u64) -> ! {
    let symbols = Symbols::get();
    set_up_core(CoreNumber(number as u8));
    TTBR0_EL1.set(symbols.physical(symbols.empty_table));
    invalidate_all();
    UP.fetch_or(1 << number, Ordering::Release);
    loop {
        wait_for_interrupt();
    }
}
