//! What a thread that is debugged stops at.

use l4k_sys::abi::BreakpointKind;
use l4k_sys::abi::thread::BREAKPOINTS;

/// A breakpoint register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breakpoint {
    /// Where.
    pub address: u64,
    /// Of how many bytes; 0 if it is off.
    pub length: u8,
    /// What it stops at.
    pub kind: BreakpointKind,
}

/// Whether each instruction ends in a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stepping {
    /// It does not.
    Off = 0,
    /// It does.
    On,
}

/// Breakpoint registers and stepping of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debugging {
    /// Those for instructions, then those for data.
    pub breakpoints: [Breakpoint; BREAKPOINTS as usize],
    /// Whether it is stepped.
    pub stepping: Stepping,
}

impl Debugging {
    /// Nothing.
    pub const OFF: Debugging = Debugging {
        breakpoints: [Breakpoint { address: 0, length: 0, kind: BreakpointKind::Off }; BREAKPOINTS as usize],
        stepping: Stepping::Off,
    };

    /// Whether the processor has to know of it.
    #[must_use]
    pub fn in_use(&self) -> bool {
        self.stepping == Stepping::On || self.breakpoints.iter().any(|place| place.kind != BreakpointKind::Off)
    }
}
