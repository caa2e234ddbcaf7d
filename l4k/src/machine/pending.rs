//! What waits to be taken by a core (Arm ARM D24.2.70, ISR_EL1). Pure; tested on the host.

/// ISR_EL1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending(pub u64);

/// ISR_EL1.I.
const INTERRUPT: u64 = 1 << 7;

/// ISR_EL1.A.
const SYSTEM_ERROR: u64 = 1 << 8;

impl Pending {
    /// An interrupt that the kernel takes. A long call makes room for it, and for nothing else: the kernel takes no fast interrupt, and a system error
    /// hits a program. A call that made room for one of them would begin anew as long as it is there.
    #[must_use]
    #[inline(always)]
    pub const fn interrupt(self) -> bool {
        self.0 & INTERRUPT != 0
    }

    /// A system error.
    #[must_use]
    pub const fn system_error(self) -> bool {
        self.0 & SYSTEM_ERROR != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Pending;

    /// Bits 6 to 10: fast interrupt, interrupt, system error, and those with superpriority (FEAT_NMI), which the kernel does not turn on.
    #[test]
    fn a_call_makes_room_for_interrupts_only() {
        for bit in 0..64 {
            let pending = Pending(1 << bit);
            assert_eq!(pending.interrupt(), bit == 7, "bit {bit}");
            assert_eq!(pending.system_error(), bit == 8, "bit {bit}");
        }
        assert!(Pending(0x180).interrupt() && Pending(0x180).system_error());
    }
}
