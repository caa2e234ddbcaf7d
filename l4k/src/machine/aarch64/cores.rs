//! The other cores: started by the first one, set up, and let into the kernel when it has booted.

use super::board::Cores;
use super::console::say;
use super::core_setup::{account, end_identity, set_up_core};
use super::description::Description;
use super::firmware_call;
use super::gic_v3::Gic;
use super::instructions::{wait_for_event, wait_for_interrupt, wake_waiting};
use super::interrupts::Interrupts;
use super::trap::{self, Symbols, call_waiting_core};
use crate::base::arch::{CoreNumber, MAX_CORES};
use crate::base::firmware::FirmwareCall;
use crate::base::hint::pause;
use crate::base::time::Instant;
use crate::machine::cpu::fitness::{Account, Unfit, unfit};
use crate::machine::device_tree::Conduit;
use crate::machine::device_tree_statements::ListedCore;
use aarch64_cpu::registers::{CNTFRQ_EL0, CNTVCT_EL0, MPIDR_EL1};
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use tock_registers::interfaces::Readable;

/// Most cores of a board.
pub const CORES_MAX: usize = MAX_CORES;

/// The number of the next core that comes up: boot gives it to the core. So the numbers of those that are up have no gap, whoever is missing.
pub static NEXT_NUMBER: AtomicU32 = AtomicU32::new(1);

/// The cores that have come up, by their numbers: affinity fields and [`ARRIVED`].
static CORES: [AtomicU64; CORES_MAX] = [const { AtomicU64::new(0) }; CORES_MAX];
const ARRIVED: u64 = 1 << 63;

/// What each of them says of itself: [`Account::memory_features`] and [`Account::rate`].
static ACCOUNTS: [[AtomicU64; 2]; CORES_MAX] = [const { [const { AtomicU64::new(0) }; 2] }; CORES_MAX];

/// The kernel has booted.
static BOOTED: AtomicBool = AtomicBool::new(false);

/// Milliseconds that a core may take to come up. A hundred were too few for an emulator on a busy computer.
const PATIENCE: u64 = 2000;

/// Milliseconds after which the next core is called at a spin table, whether the one before is up or not.
const SHORT: u64 = 50;

/// CPU_ON of PSCI with 64-bit addresses (DEN0022F, 5.1.4): which core, where it begins, what it finds in x0.
const CPU_ON: u32 = 0xc400_0003;

/// The affinity fields of MPIDR_EL1.
pub const AFFINITY: u64 = 0xff_00ff_ffff;

/// What became of starting the other cores. The first counts.
#[derive(Clone, Copy, Debug)]
pub struct Started {
    /// How many the machine has.
    pub there: u32,
    /// How many were to be started.
    pub wanted: u32,
    /// How many can be used.
    pub up: u32,
}

/// A core that the kernel cannot run on: time would go wrong on it, or address spaces would share translations.
#[derive(Clone, Copy, Debug)]
pub struct UnfitCore {
    affinity: u64,
    problem: Unfit,
}

impl fmt::Display for UnfitCore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "core {:#x}: {}", self.affinity, self.problem)
    }
}

/// Starts the other cores, one after the other, and names those that do not start.
///
/// # Errors
/// [`UnfitCore`].
#[inline(never)]
pub fn start_others(
    cores: Cores,
    description: &Description,
    interrupts: &Interrupts,
    symbols: &Symbols,
) -> Result<Started, UnfitCore> {
    let mut there = 1;
    let most = symbols.stacks().min(CORES_MAX as u32);
    let entry = symbols.physical(symbols.join);
    match cores {
        Cores::One => (),
        Cores::SpinTable(places) => {
            there += places.len() as u32;
            call_all(places.get(..most as usize - 1).unwrap_or(places), interrupts, entry);
        }
        Cores::Firmware => {
            let own = MPIDR_EL1.get() & AFFINITY;
            let conduit = description.conduit();
            for core in description.cores() {
                let affinity = core.affinity & AFFINITY;
                if affinity == own {
                    continue;
                }
                there += 1;
                if up() < most
                    && let Err(problem) = start(core, conduit, interrupts, entry)
                {
                    say_not_started(affinity, &problem);
                }
            }
        }
    }
    check_fitness()?;
    Ok(Started { there, wanted: there.min(most), up: up() })
}

/// Has the cores go on that wait at a spin table, which has a place for each by the lowest field of its affinity. One is called shortly after the other, so
/// that they arrive in their order; then all are waited for together.
#[inline(never)]
fn call_all(places: &[u64], interrupts: &Interrupts, entry: u64) {
    let mut called = 0;
    for affinity in 1..=places.len() as u64 {
        if interrupts.serve(affinity) {
            let before = up();
            call_waiting_core(affinity as usize - 1, entry);
            called += 1;
            let _ = wait_until(SHORT, || up() > before);
        } else {
            say_not_started(affinity, &Problem::NoRedistributor);
        }
    }
    let _ = wait_until(PATIENCE, || up() > called);
    for (affinity, place) in (1..).zip(places) {
        if interrupts.serve(affinity) && !has_arrived(affinity) {
            say_not_started(affinity, &Problem::NotTaken(*place));
        }
    }
}

#[cold]
#[inline(never)]
fn say_not_started(affinity: u64, problem: &Problem) {
    say!("core {affinity:#x} does not start: {problem}");
}

/// Why a core does not start.
enum Problem {
    Status(&'static str),
    NoConduit,
    OutOfReach,
    NoRedistributor,
    Refused(i32),
    Silent,
    NotTaken(u64),
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "its status in the device tree is {status}"),
            Self::NoConduit => formatter.write_str("the device tree does not say how firmware is called"),
            Self::OutOfReach => formatter.write_str(
                "its number in its cluster (Aff0) is above 15, and a GICv3 takes interrupts from core to core up to there only",
            ),
            Self::NoRedistributor => formatter.write_str("no redistributor of the interrupt controller is its own"),
            Self::Refused(answer) => write!(formatter, "firmware refuses it (PSCI {answer})"),
            Self::NotTaken(place) => write!(formatter, "it does not take its address at {place:#x}"),
            Self::Silent => write!(formatter, "firmware has started it, and it has not arrived in {PATIENCE} ms"),
        }
    }
}

/// Has firmware start a core, and waits until it is there.
#[inline(never)]
fn start(
    core: ListedCore<'static>,
    conduit: Option<Conduit>,
    interrupts: &Interrupts,
    entry: u64,
) -> Result<(), Problem> {
    let affinity = core.affinity & AFFINITY;
    if let Some(status) = core.refused {
        return Err(Problem::Status(status));
    }
    let conduit = conduit.ok_or(Problem::NoConduit)?;
    if matches!(interrupts, Interrupts::V3(_)) && !Gic::reaches(affinity) {
        return Err(Problem::OutOfReach);
    }
    if !interrupts.serve(affinity) {
        return Err(Problem::NoRedistributor);
    }
    let arguments = [affinity, entry, 0, 0, 0, 0];
    let [answer, ..] = firmware_call::call(conduit, FirmwareCall { function: CPU_ON, arguments });
    if answer as i32 != 0 {
        return Err(Problem::Refused(answer as i32));
    }
    if wait_until(PATIENCE, || has_arrived(affinity)) { Ok(()) } else { Err(Problem::Silent) }
}

fn has_arrived(affinity: u64) -> bool {
    CORES.iter().any(|known| known.load(Ordering::Acquire) == affinity | ARRIVED)
}

/// Whether it happens in this time.
#[must_use]
fn wait_until(milliseconds: u64, happens: impl Fn() -> bool) -> bool {
    let Instant(start) = now();
    while !happens() {
        if now().0.wrapping_sub(start) > CNTFRQ_EL0.get() / 1000 * milliseconds {
            return false;
        }
        pause();
    }
    true
}

/// Every core must be one that the kernel can run on, with the counter of the first.
fn check_fitness() -> Result<(), UnfitCore> {
    for (core, numbers) in CORES.iter().zip(&ACCOUNTS).skip(1).take(up() as usize - 1) {
        let [memory_features, rate] = numbers.each_ref().map(|number| number.load(Ordering::Acquire));
        if let Some(problem) = unfit(Account { memory_features, rate }, account()) {
            return Err(UnfitCore { affinity: core.load(Ordering::Acquire) & AFFINITY, problem });
        }
    }
    Ok(())
}

/// The first core, and all up to the first that has not arrived.
#[inline(never)]
fn up() -> u32 {
    1 + CORES.iter().skip(1).take_while(|core| core.load(Ordering::Acquire) != 0).count() as u32
}

fn now() -> Instant {
    Instant(CNTVCT_EL0.get())
}

/// Lets the other cores into the kernel, if any were started.
pub fn let_others_in(started: Started) {
    if started.wanted > 1 {
        trap::share_kernel();
    }
    BOOTED.store(true, Ordering::Release);
    wake_waiting();
}

/// Where another core arrives, with the MMU on, with a number and a stack of its own.
pub extern "C" fn join(number: u64) -> ! {
    let symbols = Symbols::get();
    let core = CoreNumber(number as u8);
    set_up_core(core);
    end_identity(symbols.physical(symbols.empty_table));
    if let (Some(place), Some([features, rate])) = (CORES.get(number as usize), ACCOUNTS.get(number as usize)) {
        let own = account();
        features.store(own.memory_features, Ordering::Release);
        rate.store(own.rate, Ordering::Release);
        place.store(MPIDR_EL1.get() & AFFINITY | ARRIVED, Ordering::Release);
    }
    while !BOOTED.load(Ordering::Acquire) {
        wait_for_event();
    }
    // One that comes too late has a number that the kernel does not know.
    let used = trap::with_kernel(|kernel| {
        core.0 < kernel.system.core_count && kernel.system.store.machine.interrupts.set_up_core(core).is_some()
    });
    if used {
        trap::enter_first_program()
    }
    loop {
        wait_for_interrupt();
    }
}
