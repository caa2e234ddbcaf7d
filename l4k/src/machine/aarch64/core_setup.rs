//! A core's own set-up: vectors, what programs may touch, the timer.

use super::debug_registers;
use super::instructions::{close_performance_counters, invalidate_all};
use super::trap;
use crate::base::arch::CoreNumber;
use crate::machine::cpu::features;
use crate::machine::cpu::fitness::{Unfit, unfit};
use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{
    CNTFRQ_EL0, CNTKCTL_EL1, CNTV_CTL_EL0, CPACR_EL1, ID_AA64DFR0_EL1, ID_AA64MMFR0_EL1, TCR_EL1, TPIDR_EL0,
    TPIDRRO_EL0, TTBR0_EL1,
};
use core::fmt;
use tock_registers::interfaces::{ReadWriteable, Readable, Writeable};

/// Sets a core up; the MMU is on.
pub fn set_up_core(core: CoreNumber) {
    trap::install(core);
    // FP and SIMD trap at EL0 and EL1: the kernel never uses them, programs have to ask for them.
    CPACR_EL1.set(0);
    // Programs read the virtual counter and its frequency; timers stay the kernel's.
    CNTKCTL_EL1.write(CNTKCTL_EL1::EL0VCTEN::SET);
    CNTV_CTL_EL0.write(CNTV_CTL_EL0::ENABLE::CLEAR);
    if features::has_performance_counters(ID_AA64DFR0_EL1.get()) {
        close_performance_counters();
    }
    debug_registers::set_up();
    TPIDR_EL0.set(0);
    TPIDRRO_EL0.set(0);
}

/// Why the kernel cannot run on the core that runs this.
pub fn unfit_core() -> Option<Unfit> {
    unfit(ID_AA64MMFR0_EL1.get())
}

/// Bits of addresses that are none of the programs' (TCR_EL1.T0SZ): they have 48 bits.
const BEYOND_USER: u64 = 16;

/// Ends the identity mapping of the early tables: from here on, user addresses are the programs'. The table has no entries.
pub fn end_identity(empty_table: u64) {
    TTBR0_EL1.set(empty_table);
    barrier::isb(barrier::SY);
    TCR_EL1.modify(TCR_EL1::T0SZ.val(BEYOND_USER));
    invalidate_all();
}

/// Rates that a counter can have, in hertz. Armv8.6 fixes it at 1 GHz; before that, 1 to 50 MHz are usual (Arm ARM D12.1.2).
const RATES: core::ops::RangeInclusive<u64> = 1_000_000..=2_000_000_000;

/// A counter that time cannot be taken from.
#[derive(Clone, Copy, Debug)]
pub enum CounterProblem {
    /// Its rate is none that a counter has.
    Absurd(u64),
    /// Its rate is not the first core's.
    Other(u64, u64),
}

impl fmt::Display for CounterProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absurd(rate) => {
                write!(
                    formatter,
                    "CNTFRQ_EL0 is {rate}, no rate that a counter has: firmware must set it on every core"
                )
            }
            Self::Other(rate, first) => {
                write!(
                    formatter,
                    "CNTFRQ_EL0 is {rate}, and {first} on the first core: firmware must set it on every core"
                )
            }
        }
    }
}

/// What is wrong with the counter of the core that runs this.
pub fn counter_problem() -> Option<CounterProblem> {
    let rate = CNTFRQ_EL0.get();
    counter_problem_of(rate, rate)
}

/// What is wrong with a counter of this rate, if the first core's has that one.
pub fn counter_problem_of(rate: u64, first: u64) -> Option<CounterProblem> {
    if !RATES.contains(&rate) {
        Some(CounterProblem::Absurd(rate))
    } else if rate != first {
        Some(CounterProblem::Other(rate, first))
    } else {
        None
    }
}
