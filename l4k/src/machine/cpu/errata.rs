//! Published errata of the cores that the kernel is meant for, and what is done about each: data, and pure. May call
//! nothing.
//!
//! The facts are those of Arm's *Software Developers Errata Notices*, as far as Linux (`silicon-errata.rst`) and TF-A
//! (`cpu-specific-build-macros.rst`) list them.

/// What becomes of an erratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// The project works around it, here.
    Handled,
    /// It cannot happen.
    Excluded,
    /// A control register of the core turns it off, which only firmware at EL3 reaches, before the kernel runs.
    Firmware,
    /// It can happen. Nothing is done.
    Open,
}

/// Errata with the same treatment for the same reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erratum {
    /// The core.
    pub core: &'static str,
    /// Numbers in Arm's notice.
    pub numbers: &'static [u32],
    /// Revisions that have it.
    pub revisions: &'static str,
    /// What is done.
    pub treatment: Treatment,
    /// Where, or why not, or what can happen.
    pub reason: &'static str,
}

const NO_32_BIT: &str = "it needs 32-bit programs, of which there are none: every thread starts in AArch64";
const NO_GUESTS: &str =
    "it needs a second translation regime that is switched, which comes with guests: there are none";
const AT_RESET: &str = "firmware sets a bit in the core's own control registers at reset";

const fn row(
    core: &'static str,
    numbers: &'static [u32],
    revisions: &'static str,
    treatment: Treatment,
    reason: &'static str,
) -> Erratum {
    Erratum { core, numbers, revisions, treatment, reason }
}

/// All of them.
pub const ERRATA: [Erratum; 19] = [
    row(
        "Cortex-A53",
        &[843_419],
        "up to r0p4",
        Treatment::Handled,
        "an access that follows an `adrp` at the end of a page can go to a wrong address. The links of kernel, programs and tests have `--fix-cortex-a53-843419` (`l4k-build`)",
    ),
    row(
        "Cortex-A53",
        &[835_769],
        "up to r0p4",
        Treatment::Open,
        "a 64-bit multiply-accumulate right after a load or store can give a wrong result. Only the compiler can keep them apart: `lld` has no fix for it. The compiler's feature `fix-cortex-a53-835769` does so, but it is none of stable Rust's, so that each crate would be built with a warning, and the library that comes with the compiler was built without it. So `l4k-build` does not set it. Who builds for such a core adds `-Ctarget-feature=+fix-cortex-a53-835769` to the flags, which programs inherit, and builds the library anew with it (`-Zbuild-std`)",
    ),
    row(
        "Cortex-A53",
        &[819_472, 824_069, 826_319, 827_319],
        "up to r0p2",
        Treatment::Open,
        "a clean of a cache line can go wrong, and a clean with invalidation does not. The kernel cleans with `dc cvau` and `dc cvac`. It does not clean with `dc civac` instead: on all later cores that would drop lines from the cache that are still used",
    ),
    row("Cortex-A53", &[836_870, 855_873], "all", Treatment::Firmware, AT_RESET),
    row("Cortex-A53", &[845_719], "up to r0p4", Treatment::Excluded, NO_32_BIT),
    row("Cortex-A53", &[1_530_924], "all", Treatment::Excluded, NO_GUESTS),
    row(
        "Cortex-A57",
        &[806_969, 813_419, 813_420, 814_670, 817_169, 826_974, 826_977, 828_024, 829_520, 833_471, 859_972],
        "up to r1p3",
        Treatment::Firmware,
        AT_RESET,
    ),
    row(
        "Cortex-A57",
        &[832_075],
        "up to r1p2",
        Treatment::Open,
        "exclusive accesses together with loads from devices can stop the core. Drivers and kernel use plain loads for devices. The workaround is `ldar` for each such load. The loads of drivers are those of crates and of `read_volatile`, which compile to plain loads, and nothing here can change that",
    ),
    row("Cortex-A57", &[834_220, 852_523, 1_319_537], "all", Treatment::Excluded, NO_GUESTS),
    row("Cortex-A57", &[1_742_098], "all", Treatment::Excluded, NO_32_BIT),
    row(
        "Cortex-A72",
        &[859_971],
        "up to r0p3",
        Treatment::Firmware,
        "firmware turns the prefetch of instructions off (CPUACTLR_EL1, bit 32). Entered at EL3 on the Raspberry Pi 4, nobody does",
    ),
    row("Cortex-A72", &[853_709, 1_319_367], "all", Treatment::Excluded, NO_GUESTS),
    row("Cortex-A72", &[1_655_431], "all", Treatment::Excluded, NO_32_BIT),
    row("Cortex-A76", &[1_188_873, 1_418_040], "up to r3p1", Treatment::Excluded, NO_32_BIT),
    row("Cortex-A76", &[1_165_522], "up to r2p0", Treatment::Excluded, NO_GUESTS),
    row(
        "Cortex-A76",
        &[1_463_225],
        "up to r3p1",
        Treatment::Excluded,
        "a step can be lost where the kernel unmasks debug exceptions in a system call: it never does",
    ),
    row(
        "Cortex-A76",
        &[1_286_807],
        "up to r3p0",
        Treatment::Open,
        "another core can use a translation after its TLB invalidation is complete. The workaround is each `tlbi` and `dsb` twice. The kernel does each once: twice would make each unmapping cost more on all cores, and later revisions, such as r4p1 of the Raspberry Pi 5, do not need it. One such core alone cannot meet it",
    ),
    row(
        "Cortex-A76",
        &[1_073_348, 1_130_799, 1_165_347, 1_207_823, 1_220_197, 1_257_314, 1_262_606, 1_262_888, 1_275_112],
        "up to r3p0",
        Treatment::Firmware,
        AT_RESET,
    ),
    row(
        "Cortex-A76",
        &[1_791_580, 1_868_343, 1_946_160, 2_356_586, 2_743_102, 3_888_013],
        "up to r4p1",
        Treatment::Firmware,
        AT_RESET,
    ),
];

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_erratum_is_listed_once() {
        let all: std::vec::Vec<u32> = ERRATA.iter().flat_map(|row| row.numbers.iter().copied()).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn what_linux_works_around_is_here() {
        let linux = [
            826_319, 827_319, 824_069, 819_472, 845_719, 843_419, 832_075, 852_523, 834_220, 1_319_537, 1_742_098,
            853_709, 1_319_367, 1_655_431, 1_188_873, 1_418_040, 1_165_522, 1_286_807, 1_463_225,
        ];
        for number in linux {
            assert!(ERRATA.iter().any(|row| row.numbers.contains(&number)), "{number}");
        }
    }
}
