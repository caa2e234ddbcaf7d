//! How many branches fill a core's branch history, so that nothing of a program's is left in it: data, and pure. May call nothing.
//!
//! The figures are those of Arm's *Spectre-BHB* paper, and for later cores those that Linux takes from Arm (`proton-pack.c`).

/// Of a core that is not in the table: the most that any core needs.
const MOST: u32 = 132;

/// Part numbers of Arm's cores (MIDR_EL1, bits 15 to 4), and the rounds of the loop that clears the history. Each round has two branches, one that is
/// always taken and one back. 0: the core does not guess far enough for anything to be cleared.
const ROUNDS: [(u64, u32); 17] = [
    (0xd03, 0),  // Cortex-A53
    (0xd04, 0),  // Cortex-A35
    (0xd05, 0),  // Cortex-A55
    (0xd07, 8),  // Cortex-A57
    (0xd08, 8),  // Cortex-A72
    (0xd0b, 24), // Cortex-A76
    (0xd0c, 24), // Neoverse N1
    (0xd0d, 24), // Cortex-A77
    (0xd40, 32), // Neoverse V1
    (0xd41, 32), // Cortex-A78
    (0xd42, 32), // Cortex-A78AE
    (0xd44, 32), // Cortex-X1
    (0xd46, 0),  // Cortex-A510
    (0xd47, 32), // Cortex-A710
    (0xd48, 32), // Cortex-X2
    (0xd49, 32), // Neoverse N2
    (0xd4b, 32), // Cortex-A78C
];

/// Arm, as the implementer of a core (MIDR_EL1, bits 31 to 24).
const ARM: u64 = 0x41;

/// The rounds for a core, by its MIDR_EL1, ID_AA64PFR0_EL1 and ID_AA64MMFR1_EL1.
#[must_use]
pub fn rounds(main_id: u64, processor_features: u64, memory_features: u64) -> u32 {
    // CSV2 of 3 and above, and ECBHB: what a program has left in the history says nothing to the kernel (D24.2.82, D24.2.81).
    if processor_features >> 56 & 0xf >= 3 || memory_features >> 60 != 0 {
        return 0;
    }
    let part = main_id >> 4 & 0xfff;
    let known = ROUNDS.iter().find(|(known, _)| main_id >> 24 & 0xff == ARM && *known == part);
    known.map_or(MOST, |(_, rounds)| *rounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_core_that_the_kernel_is_meant_for_has_its_figure() {
        for (main_id, expected) in [(0x410f_d034, 0), (0x411f_d072, 8), (0x410f_d083, 8), (0x414f_d0b1, 24)] {
            assert_eq!(rounds(main_id, 0, 0), expected, "{main_id:#x}");
        }
    }

    #[test]
    fn a_core_that_nobody_knows_gets_the_most() {
        assert_eq!(rounds(0x410f_dff0, 0, 0), MOST);
        assert_eq!(rounds(0x000f_d081, 0, 0), MOST, "the part number of another implementer");
        assert!(ROUNDS.iter().all(|(_, rounds)| *rounds <= MOST));
    }

    #[test]
    fn a_core_that_keeps_histories_apart_needs_none() {
        assert_eq!(rounds(0x414f_d0b1, 3 << 56, 0), 0);
        assert_eq!(rounds(0x414f_d0b1, 1 << 56, 0), 24, "CSV2 of 1 speaks of branch targets only");
        assert_eq!(rounds(0x414f_d0b1, 0, 1 << 60), 0);
    }
}
