//! The other cores: started by the first one, set up, and let into the kernel when it has booted.

use super::board::Cores;
use super::core_setup::{end_identity, set_up_core};
use super::description::Description;
use super::firmware_call;
use super::instructions::{call_core, wait_for_event, wait_for_interrupt, wake_waiting};
use super::kernel_tables::WINDOW;
use super::trap::{self, Symbols};
use crate::base::arch::{CoreNumber, MAX_CORES};
use crate::base::firmware::FirmwareCall;
use crate::base::hint::pause;
use crate::base::time::Instant;
use aarch64_cpu::registers::{CNTFRQ_EL0, CNTVCT_EL0, MPIDR_EL1};
use core::sync::atomic::{AtomicU32, Ordering};
use tock_registers::interfaces::Readable;

/// Most cores of a board.
pub const CORES_MAX: usize = MAX_CORES;

/// A bit for each core that has come up, and [`BOOTED`].
static UP: AtomicU32 = AtomicU32::new(1);

/// The kernel has booted.
const BOOTED: u32 = 1 << 31;
const _: () = assert!(CORES_MAX < 31);

/// Seconds that cores may take to come up, all together. A tenth was too little for an emulator on a busy computer.
const PATIENCE: u64 = 2;

/// CPU_ON of PSCI with 64-bit addresses (DEN0022F, 5.1.4): which core, where it begins, what it finds in x0.
const CPU_ON: u32 = 0xc400_0003;

/// The affinity fields of MPIDR_EL1.
const AFFINITY: u64 = 0xff_00ff_ffff;

/// What became of starting the other cores. The first counts.
#[derive(Clone, Copy, Debug)]
pub struct Started {
    /// How many the machine has.
    pub there: u32,
    /// How many were to be started.
    pub wanted: u32,
    /// How many can be used: up to the first that did not answer.
    pub up: u32,
}

/// Starts the other cores and waits until they are there.
#[inline(never)]
pub fn start_others(cores: Cores, description: &Description, symbols: &Symbols) -> Started {
    let mut there = 1;
    let most = symbols.stacks().min(CORES_MAX as u32);
    match cores {
        Cores::One => (),
        Cores::SpinTable(places) => {
            let entry = symbols.physical(symbols.join);
            for place in places {
                if there < most {
                    call_core(WINDOW + place, entry);
                }
                there += 1;
            }
        }
        Cores::Firmware => {
            let own = MPIDR_EL1.get() & AFFINITY;
            let entry = symbols.physical(symbols.join_with_number);
            description.cores(|affinity| {
                if affinity & AFFINITY == own {
                    return;
                }
                if let Some(conduit) = description.conduit()
                    && there < most
                {
                    let arguments = [affinity, entry, u64::from(there), 0, 0, 0];
                    let _ = firmware_call::call(conduit, FirmwareCall { function: CPU_ON, arguments });
                }
                there += 1;
            });
        }
    }
    let wanted = there.min(most);
    let Instant(start) = now();
    while up() < wanted && now().0.wrapping_sub(start) < CNTFRQ_EL0.get() * PATIENCE {
        pause();
    }
    Started { there, wanted, up: up() }
}

fn up() -> u32 {
    UP.load(Ordering::Acquire).trailing_ones()
}

fn now() -> Instant {
    Instant(CNTVCT_EL0.get())
}

/// Lets the other cores into the kernel, if any were started.
pub fn let_others_in(started: Started) {
    if started.wanted > 1 {
        trap::share_kernel();
    }
    UP.fetch_or(BOOTED, Ordering::Release);
    wake_waiting();
}

/// Where another core arrives, with the MMU on and a stack of its own.
pub extern "C" fn join(number: u64) -> ! {
    let symbols = Symbols::get();
    let core = CoreNumber(number as u8);
    set_up_core(core);
    end_identity(symbols.physical(symbols.empty_table));
    UP.fetch_or(1 << number, Ordering::Release);
    while UP.load(Ordering::Acquire) & BOOTED == 0 {
        wait_for_event();
    }
    let used = trap::with_kernel(|kernel| {
        let used = core.0 < kernel.system.core_count;
        if used {
            kernel.system.store.machine.interrupts.set_up_core(core);
        }
        used
    });
    if used {
        trap::enter_first_program()
    }
    loop {
        wait_for_interrupt();
    }
}
