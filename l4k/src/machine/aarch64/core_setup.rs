//! A core's own set-up: vectors, what programs may touch, the timer.

use super::debug_registers;
use super::instructions::{close_performance_counters, invalidate_all};
use super::trap;
use crate::base::arch::CoreNumber;
use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{CNTKCTL_EL1, CNTV_CTL_EL0, CPACR_EL1, TCR_EL1, TPIDR_EL0, TPIDRRO_EL0, TTBR0_EL1};
use tock_registers::interfaces::{ReadWriteable, Writeable};

/// Sets a core up; the MMU is on.
pub fn set_up_core(core: CoreNumber) {
    trap::install(core);
    // FP and SIMD trap at EL0 and EL1: the kernel never uses them, programs have to ask for them.
    CPACR_EL1.set(0);
    // Programs read the virtual counter and its frequency; timers stay the kernel's.
    CNTKCTL_EL1.write(CNTKCTL_EL1::EL0VCTEN::SET);
    CNTV_CTL_EL0.write(CNTV_CTL_EL0::ENABLE::CLEAR);
    close_performance_counters();
    debug_registers::set_up();
    TPIDR_EL0.set(0);
    TPIDRRO_EL0.set(0);
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
