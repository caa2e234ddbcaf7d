//! Breakpoint, watchpoint and step registers of a core (Arm ARM D2). Written only for threads that are debugged.
#![allow(unsafe_code)]

use crate::base::debugging::{Debugging, Stepping};
use crate::machine::debug_format::{breakpoint_control, debug_pairs, watchpoint_control, watchpoint_value};
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
    ($value:expr, $control:expr, $pair:expr) => {{
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

/// Nothing stops; programs cannot reach the debug channel. The OS lock is open: registers take effect. Those that threads do not use are off for ever:
/// their values after reset are not defined, and a loader that debugs may have left some.
pub fn set_up() {
    MDSCR_EL1.set(TRAP_CHANNEL);
    OSLAR_EL1.set(0);
    let [breakpoints, watchpoints] = pairs();
    macro_rules! clear {
        ($($number:literal)*) => {
            $(
                if breakpoints > $number {
                    write_pair!(concat!("dbgbvr", $number, "_el1"), concat!("dbgbcr", $number, "_el1"), (0, 0));
                }
                if watchpoints > $number {
                    write_pair!(concat!("dbgwvr", $number, "_el1"), concat!("dbgwcr", $number, "_el1"), (0, 0));
                }
            )*
        };
    }
    clear!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}

/// Registers for instructions and for data that threads can use, at most four each.
pub fn count() -> [u64; 2] {
    pairs().map(|pairs| pairs.min(4))
}

/// Registers for instructions and for data that the core has.
fn pairs() -> [u64; 2] {
    debug_pairs(ID_AA64DFR0_EL1.get())
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
