//! Which cores the kernel cannot run on, by what they say of themselves. Pure; tested on the host. May call nothing.

use core::fmt;

/// Why a core is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It has no translation tables with pages of 4 KiB.
    Granule,
    /// It tells address spaces apart by so many bits.
    Asids(u32),
}

impl fmt::Display for Unfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granule => formatter
                .write_str("this core has no pages of 4 KiB (ID_AA64MMFR0_EL1.TGran4), and the kernel has no others"),
            Self::Asids(bits) => write!(
                formatter,
                "this core has ASIDs of {bits} bits (ID_AA64MMFR0_EL1.ASIDBits), and the kernel needs 16: \
                 two address spaces would share their translations"
            ),
        }
    }
}

/// What is wrong with a core, by its ID_AA64MMFR0_EL1 (D24.2.80).
#[must_use]
pub const fn unfit(memory_features: u64) -> Option<Unfit> {
    // TGran4 has a sign: 0 and above are sizes of addresses, 0xf is none.
    if memory_features >> 28 & 0xf >= 8 {
        return Some(Unfit::Granule);
    }
    match memory_features >> 4 & 0xf {
        0 => Some(Unfit::Asids(8)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn known_cores_are_fit() {
        // Cortex-A53, A57, A72, A76; QEMU's `max`, whose tables take 52 bits.
        for features in [0x1122, 0x1124, 0x0000_1124, 0x1012_2122, 0x0000_0321_1000_1126] {
            assert_eq!(unfit(features), None, "{features:#x}");
        }
    }

    #[test]
    fn eight_bits_for_an_address_space_are_too_few() {
        let problem = unfit(0x1102).expect("ASIDBits is 0");
        assert!(problem.to_string().contains("ASIDs of 8 bits"), "{problem}");
    }

    #[test]
    fn a_core_without_small_pages_is_refused() {
        for features in [0xf000_1124, 0xf000_1104] {
            assert_eq!(unfit(features), Some(Unfit::Granule));
        }
        assert!(Unfit::Granule.to_string().contains("no pages of 4 KiB"));
    }
}
