//! A core's own set-up: vectors, what programs may touch, the timer.

use super::debug_registers;
use super::instructions::{close_performance_counters, invalidate_all};
use super::trap;
use crate::base::arch::CoreNumber;
use crate::machine::cpu::features;
use crate::machine::cpu::fitness::Account;
use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{
    CNTFRQ_EL0, CNTKCTL_EL1, CNTV_CTL_EL0, CPACR_EL1, ID_AA64DFR0_EL1, ID_AA64MMFR0_EL1, TCR_EL1, TPIDR_EL0,
    TPIDRRO_EL0, TTBR0_EL1,
};
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

/// What the core that runs this says of itself.
pub fn account() -> Account {
    Account { memory_features: ID_AA64MMFR0_EL1.get(), rate: CNTFRQ_EL0.get() }
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
