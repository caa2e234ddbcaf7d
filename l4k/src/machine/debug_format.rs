//! Breakpoint and watchpoint registers in the machine's format (Arm ARM D24.3.3, D24.3.11). Pure; tested on the host.

use crate::base::debugging::Breakpoint;
use l4k_sys::abi::BreakpointKind;

/// Enabled, for EL0 only (PMC or PAC is 0b10).
const ENABLED_AT_EL0: u64 = 0b10 << 1 | 1;

/// Pairs of registers for breakpoints and for watchpoints, up to 16 each, by ID_AA64DFR0_EL1 (BRPs and WRPs, D24.2.73).
#[must_use]
pub const fn debug_pairs(features: u64) -> [u64; 2] {
    [(features >> 12 & 0xf) + 1, (features >> 20 & 0xf) + 1]
}

/// DBGBCRn_EL1: all four bytes of the instruction (BAS, bits 5–8).
#[must_use]
pub const fn breakpoint_control(breakpoint: Breakpoint) -> u64 {
    match breakpoint.kind {
        BreakpointKind::Execute => 0xf << 5 | ENABLED_AT_EL0,
        _ => 0,
    }
}

/// DBGWVRn_EL1: the doubleword that the range is in.
#[must_use]
pub const fn watchpoint_value(watchpoint: Breakpoint) -> u64 {
    watchpoint.address & !7
}

/// DBGWCRn_EL1: kind of access (LSC, bits 3–4), bytes of the doubleword (BAS, bits 5–12).
#[must_use]
pub const fn watchpoint_control(watchpoint: Breakpoint) -> u64 {
    let access: u64 = match watchpoint.kind {
        BreakpointKind::Off | BreakpointKind::Execute => return 0,
        BreakpointKind::Read => 0b01,
        BreakpointKind::Write => 0b10,
        BreakpointKind::ReadWrite => 0b11,
    };
    let bytes = ((1u64 << watchpoint.length) - 1) << (watchpoint.address & 7) & 0xff;
    bytes << 5 | access << 3 | ENABLED_AT_EL0
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn breakpoint(kind: BreakpointKind, address: u64, length: u8) -> Breakpoint {
        Breakpoint { address, length, kind }
    }

    #[test]
    fn what_is_off_is_disabled() {
        let off = Breakpoint::default();
        assert_eq!((breakpoint_control(off), watchpoint_control(off)), (0, 0));
    }

    #[test]
    fn a_watchpoint_names_its_bytes() {
        let two = breakpoint(BreakpointKind::Write, 0x1006, 2);
        assert_eq!(watchpoint_value(two), 0x1000);
        assert_eq!(watchpoint_control(two), 0b1100_0000 << 5 | 0b10 << 3 | 0b101);
        let eight = breakpoint(BreakpointKind::ReadWrite, 0x1008, 8);
        assert_eq!((watchpoint_value(eight), watchpoint_control(eight)), (0x1008, 0xff << 5 | 0b11 << 3 | 0b101));
    }

    #[test]
    fn a_core_has_as_many_pairs_as_it_says() {
        // Cortex-A72: six and four.
        assert_eq!(debug_pairs(0x1030_5106), [6, 4]);
        assert_eq!(debug_pairs(0xf0_f000), [16, 16]);
    }

    #[test]
    fn a_breakpoint_stops_programs_only() {
        assert_eq!(breakpoint_control(breakpoint(BreakpointKind::Execute, 0x1004, 4)), 0x1e5);
    }
}
