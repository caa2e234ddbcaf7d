//! Breakpoint, watchpoint and step registers of a core (Arm ARM D2). Written only for threads that are debugged.
#![allow(unsafe_code)]

use crate::base::debugging::{Debugging, Stepping};
use crate::machine::debug_format::{breakpoint_control, watchpoint_control, watchpoint_value};
use aarch64_cpu::registers::{ID_AA64DFR0_EL1, MDSCR_EL1, OSLAR_EL1};
use core::arch::asm;
use tock_registers::interfaces::{Readable, Writeable};

/// MDSCR_EL1.MDE: breakpoints and watchpoints of EL0 are debug exceptions.
const MONITOR: u64 = 1 << 15;
/// MDSCR_EL1.TDCC: programs cannot use the debug communications channel.
const TRAP_CHANNEL: u64 = 1 << 12;
/// MDSCR_EL1.SS.
const STEP: u64 = 1;

/// Writes the pair of registers with a number.
macro_rules! write_pair {
    ($value:literal, $control:literal, $pair:expr) => {{
        let (value, control): (u64, u64) = $pair;
        // SAFETY: the registers exist (ID_AA64DFR0_EL1 was asked when the breakpoint was set; unset ones are written where there are four), and
        // with PMC or PAC for EL0 they stop programs only.
        unsafe {
            asm!(
                concat!("msr ", $value, ", {}"),
                concat!("msr ", $control, ", {}"),
                in(reg) value, in(reg) control, options(nomem, nostack, preserves_flags)
            )
        }
    }};
}

/// Nothing stops; programs cannot reach the debug channel. The OS lock is open: registers take effect.
pub fn set_up() {
    MDSCR_EL1.set(TRAP_CHANNEL);
    OSLAR_EL1.set(0);
}

/// Registers for instructions and for data, at most four each.
pub fn count() -> [u64; 2] {
    let features = ID_AA64DFR0_EL1.get();
    [features >> 12 & 0xf, features >> 20 & 0xf].map(|less_one| (less_one + 1).min(4))
}

/// Loads what a thread stops at. The return to the program synchronises.
pub fn load(debugging: &Debugging) {
    let [instructions, data] = count();
    let [a, b, c, d, e, f, g, h] = debugging.breakpoints;
    write_pair!("dbgbvr0_el1", "dbgbcr0_el1", (a.address, breakpoint_control(a)));
    write_pair!("dbgbvr1_el1", "dbgbcr1_el1", (b.address, breakpoint_control(b)));
    if instructions > 2 {
        write_pair!("dbgbvr2_el1", "dbgbcr2_el1", (c.address, breakpoint_control(c)));
    }
    if instructions > 3 {
        write_pair!("dbgbvr3_el1", "dbgbcr3_el1", (d.address, breakpoint_control(d)));
    }
    write_pair!("dbgwvr0_el1", "dbgwcr0_el1", (watchpoint_value(e), watchpoint_control(e)));
    write_pair!("dbgwvr1_el1", "dbgwcr1_el1", (watchpoint_value(f), watchpoint_control(f)));
    if data > 2 {
        write_pair!("dbgwvr2_el1", "dbgwcr2_el1", (watchpoint_value(g), watchpoint_control(g)));
    }
    if data > 3 {
        write_pair!("dbgwvr3_el1", "dbgwcr3_el1", (watchpoint_value(h), watchpoint_control(h)));
    }
    let step = if debugging.stepping == Stepping::On { STEP } else { 0 };
    let monitor = if debugging.in_use() { MONITOR } else { 0 };
    MDSCR_EL1.set(TRAP_CHANNEL | monitor | step);
}
