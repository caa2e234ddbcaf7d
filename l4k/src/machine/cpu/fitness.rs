//! Which cores the kernel cannot run on, by what they say of themselves. Pure; tested on the host. May call nothing.

use core::fmt;

/// Rates that a counter can have, in hertz. Armv8.6 fixes it at 1 GHz; before that, 1 to 50 MHz are usual (Arm ARM D12.1.2).
const RATES: core::ops::RangeInclusive<u64> = 1_000_000..=2_000_000_000;

/// What a core says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// ID_AA64MMFR0_EL1 (D24.2.80).
    pub memory_features: u64,
    /// CNTFRQ_EL0: the rate of its counter, as firmware has set it.
    pub rate: u64,
}

/// Why a core is refused. A core without pages of 4 KiB does not get so far: boot refuses it before it turns the MMU on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It tells address spaces apart by so many bits.
    Asids(u32),
    /// The rate of its counter is none that a counter has.
    Absurd(u64),
    /// It is not the first core's, which is the second of these.
    Other(u64, u64),
}

impl fmt::Display for Unfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asids(bits) => write!(
                formatter,
                "this core has ASIDs of {bits} bits (ID_AA64MMFR0_EL1.ASIDBits), and the kernel needs 16: \
                 two address spaces would share their translations"
            ),
            Self::Absurd(rate) => write!(
                formatter,
                "CNTFRQ_EL0 is {rate}, no rate that a counter has: firmware must set it on every core"
            ),
            Self::Other(rate, first) => write!(
                formatter,
                "CNTFRQ_EL0 is {rate}, and {first} on the first core: firmware must set it on every core"
            ),
        }
    }
}

/// What is wrong with a core, beside the first one. The first stands beside itself.
#[must_use]
pub fn unfit(core: Account, first: Account) -> Option<Unfit> {
    if core.memory_features >> 4 & 0xf == 0 {
        Some(Unfit::Asids(8))
    } else if !RATES.contains(&core.rate) {
        Some(Unfit::Absurd(core.rate))
    } else if core.rate != first.rate {
        Some(Unfit::Other(core.rate, first.rate))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    const CORTEX_A72: Account = Account { memory_features: 0x1124, rate: 54_000_000 };

    #[test]
    fn known_cores_are_fit() {
        // Cortex-A53, A57, A72, A76; QEMU's `max`, whose tables take 52 bits.
        for memory_features in [0x1122, 0x1124, 0x0000_1124, 0x1012_2122, 0x0000_0321_1000_1126] {
            let core = Account { memory_features, ..CORTEX_A72 };
            assert_eq!(unfit(core, core), None, "{memory_features:#x}");
        }
    }

    #[test]
    fn eight_bits_for_an_address_space_are_too_few_also_on_another_core() {
        let core = Account { memory_features: 0x1102, ..CORTEX_A72 };
        for first in [core, CORTEX_A72] {
            let problem = unfit(core, first).expect("ASIDBits is 0");
            assert!(problem.to_string().contains("ASIDs of 8 bits"), "{problem}");
        }
        assert_eq!(unfit(CORTEX_A72, core), None, "it is the other core's trouble");
    }

    #[test]
    fn a_rate_must_be_one_and_the_same() {
        for rate in [0, 999_999, 2_000_000_001, u64::MAX] {
            let core = Account { rate, ..CORTEX_A72 };
            assert_eq!(unfit(core, core), Some(Unfit::Absurd(rate)));
        }
        let core = Account { rate: 10_000_000, ..CORTEX_A72 };
        assert_eq!(unfit(core, core), None);
        assert_eq!(unfit(core, CORTEX_A72), Some(Unfit::Other(10_000_000, 54_000_000)));
    }
}
