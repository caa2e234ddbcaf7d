//! What the kernel decides at each exception level before it leaves that level, as data: pure, and tested on the host. May call nothing.
//!
//! Many of these registers have no defined value after reset. Whatever is not decided here is what the loader left, so a program could reach a trap
//! into a level where nobody serves it. `aarch64::exception_levels` makes the instructions from these tables.

/// A system register: op0, op1, CRn, CRm, op2, as in its instructions (C5.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Its name in the manual.
    pub name: &'static str,
    encoding: u32,
}

impl Register {
    const fn new(name: &'static str, op0: u32, op1: u32, crn: u32, crm: u32, op2: u32) -> Register {
        Register { name, encoding: (op0 - 2) << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5 }
    }

    /// `mrs` to a general register.
    #[must_use]
    pub const fn read(self, to: u32) -> u32 {
        0xd530_0000 | self.encoding | to
    }

    /// `msr` from a general register.
    #[must_use]
    pub const fn write(self, from: u32) -> u32 {
        0xd510_0000 | self.encoding | from
    }
}

/// Fields of an identification register. A core has the feature where one of these bits is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The register.
    pub register: Register,
    /// Its bits.
    pub bits: u64,
}

/// What a setting depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// The architecture's name.
    pub name: &'static str,
    /// A core has it where one of these says so.
    pub said_by: [Fields; 2],
}

impl Feature {
    const fn new(name: &'static str, register: Register, bits: u64) -> Feature {
        Feature { name, said_by: [Fields { register, bits }, Fields { register, bits: 0 }] }
    }
}

/// One decision: the register becomes what it was in the bits `keep`, and `set` besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// It is made where the core has this.
    pub feature: Feature,
    /// The register that is written.
    pub register: Register,
    /// Bits that stay.
    pub keep: u64,
    /// Bits that are set.
    pub set: u64,
    /// What it does, and what breaks otherwise.
    pub reason: &'static str,
}

const fn write(feature: Feature, register: Register, set: u64, reason: &'static str) -> Setting {
    Setting { feature, register, keep: 0, set, reason }
}

const fn add(feature: Feature, register: Register, set: u64, reason: &'static str) -> Setting {
    Setting { feature, register, keep: u64::MAX, set, reason }
}

const PFR0: Register = Register::new("ID_AA64PFR0_EL1", 3, 0, 0, 4, 0);
const ISAR1: Register = Register::new("ID_AA64ISAR1_EL1", 3, 0, 0, 6, 1);
const ISAR2: Register = Register::new("ID_AA64ISAR2_EL1", 3, 0, 0, 6, 2);
const MMFR0: Register = Register::new("ID_AA64MMFR0_EL1", 3, 0, 0, 7, 0);
const MMFR1: Register = Register::new("ID_AA64MMFR1_EL1", 3, 0, 0, 7, 1);

/// EL1, without which there is no such core (D24.2.82).
const EVERY: Feature = Feature::new("every core", PFR0, 0xf << 4);
const EL2_THERE: Feature = Feature::new("EL2", PFR0, 0xf << 8);
const GIC: Feature = Feature::new("GICv3 and later", PFR0, 0xf << 24);
const MPAM: Feature = Feature::new("FEAT_MPAM", PFR0, 0xf << 40);
const AMU: Feature = Feature::new("FEAT_AMUv1", PFR0, 0xf << 44);
const VHE: Feature = Feature::new("FEAT_VHE", MMFR1, 0xf << 8);
const HCX: Feature = Feature::new("FEAT_HCX", MMFR1, 0xf << 40);
const FGT: Feature = Feature::new("FEAT_FGT", MMFR0, 0xf << 56);
/// APA, API, GPA, GPI; APA3, GPA3.
const PAUTH: Feature = Feature {
    name: "FEAT_PAuth",
    said_by: [Fields { register: ISAR1, bits: 0xff00_0ff0 }, Fields { register: ISAR2, bits: 0xff << 8 }],
};

const SCR_EL3: Register = Register::new("SCR_EL3", 3, 6, 1, 1, 0);
const CPTR_EL3: Register = Register::new("CPTR_EL3", 3, 6, 1, 1, 2);
const MDCR_EL3: Register = Register::new("MDCR_EL3", 3, 6, 1, 3, 1);
const MPAM3_EL3: Register = Register::new("MPAM3_EL3", 3, 6, 10, 5, 0);
const ICC_SRE_EL3: Register = Register::new("ICC_SRE_EL3", 3, 6, 12, 12, 5);
const SCTLR_EL2: Register = Register::new("SCTLR_EL2", 3, 4, 1, 0, 0);
const HCR_EL2: Register = Register::new("HCR_EL2", 3, 4, 1, 1, 0);
const MDCR_EL2: Register = Register::new("MDCR_EL2", 3, 4, 1, 1, 1);
const CPTR_EL2: Register = Register::new("CPTR_EL2", 3, 4, 1, 1, 2);
const HSTR_EL2: Register = Register::new("HSTR_EL2", 3, 4, 1, 1, 3);
const HFGRTR_EL2: Register = Register::new("HFGRTR_EL2", 3, 4, 1, 1, 4);
const HFGWTR_EL2: Register = Register::new("HFGWTR_EL2", 3, 4, 1, 1, 5);
const HFGITR_EL2: Register = Register::new("HFGITR_EL2", 3, 4, 1, 1, 6);
const HDFGRTR_EL2: Register = Register::new("HDFGRTR_EL2", 3, 4, 3, 1, 4);
const HDFGWTR_EL2: Register = Register::new("HDFGWTR_EL2", 3, 4, 3, 1, 5);
const HCRX_EL2: Register = Register::new("HCRX_EL2", 3, 4, 1, 2, 2);
const VTTBR_EL2: Register = Register::new("VTTBR_EL2", 3, 4, 2, 1, 0);
const ICC_SRE_EL2: Register = Register::new("ICC_SRE_EL2", 3, 4, 12, 9, 5);
const ICH_HCR_EL2: Register = Register::new("ICH_HCR_EL2", 3, 4, 12, 11, 0);
const CNTHCTL_EL2: Register = Register::new("CNTHCTL_EL2", 3, 4, 14, 1, 0);
const CNTVOFF_EL2: Register = Register::new("CNTVOFF_EL2", 3, 4, 14, 0, 3);
const CNTHP_CTL_EL2: Register = Register::new("CNTHP_CTL_EL2", 3, 4, 14, 2, 1);
const CNTHV_CTL_EL2: Register = Register::new("CNTHV_CTL_EL2", 3, 4, 14, 3, 1);
const AMUSERENR_EL0: Register = Register::new("AMUSERENR_EL0", 3, 3, 13, 2, 3);

/// The bits that are one in Armv8.0 (D24.2.176): MMU and caches off, little endian.
const SCTLR_EL2_OFF: u64 = 0x30c5_0830;

/// SCR_EL3: lower levels are non-secure (bit 0), 4 and 5 are one, `hvc` is defined (8), the next level is AArch64 (10). `smc` is defined too (7 is 0).
const SCR: u64 = 1 | 0b11 << 4 | 1 << 8 | 1 << 10;

/// ICC_SRE: system registers (bit 0), and the next level may say so for itself (3).
const SRE: u64 = 1 | 1 << 3;

/// CPTR_EL2 while HCR_EL2.E2H is 0: the bits that are one, among them the traps of SVE (TZ, 8) and SME (TSM, 12); FP and SIMD (TFP, 10) go through.
pub const CPTR_EL2_OPEN: u64 = 0x33ff;

/// The same while E2H is 1: FPEN says that FP and SIMD go through; SVE (ZEN) and SME (SMEN) are trapped.
pub const CPTR_EL2_OPEN_E2H: u64 = 0b11 << 20;

/// CNTHCTL_EL2: EL1 reaches the physical counter and timer.
pub const CNTHCTL_EL2_OPEN: u64 = 0b11;

/// The same while E2H is 1.
pub const CNTHCTL_EL2_OPEN_E2H: u64 = 0b11 << 10;

/// What is decided at EL3.
pub const EL3: [Setting; 9] = [
    write(
        EVERY,
        SCR_EL3,
        SCR,
        "Lower levels are non-secure and AArch64; interrupts and system errors are theirs. An `smc` comes to the vector at EL3, which answers that nobody serves it",
    ),
    add(PAUTH, SCR_EL3, 0b11 << 16, "APK, API: pointer authentication is decided at EL2, or by the keys at EL1"),
    add(FGT, SCR_EL3, 1 << 27, "FGTEn: EL2 may write its fine-grained traps"),
    add(HCX, SCR_EL3, 1 << 38, "HXEn: EL2 may write HCRX_EL2"),
    write(
        EVERY,
        CPTR_EL3,
        0,
        "FP and SIMD, activity monitors and trace go through. SVE and SME (EZ, ESM) do not: the kernel does not save their registers",
    ),
    write(
        EVERY,
        MDCR_EL3,
        0,
        "Debug registers and performance counters go through. The profiling and trace buffers (NSPB, NSTB) stay off",
    ),
    write(MPAM, MPAM3_EL3, 0, "TRAPLOWER is 1 after reset: lower levels may use their partition registers"),
    add(GIC, ICC_SRE_EL3, SRE, "EL2 and EL1 use the system registers of the interrupt controller"),
    write(EL2_THERE, SCTLR_EL2, SCTLR_EL2_OFF, "MMU and caches of EL2 are off: its value after reset is not defined"),
];

/// What is decided at EL2. SCTLR_EL2 comes first: E2H in HCR_EL2 changes how EL2 translates, which must not happen while its MMU is on. HCR_EL2 comes
/// next: E2H decides what bits of CPTR_EL2 and CNTHCTL_EL2 mean.
pub const EL2: [Setting; 19] = [
    write(
        EL2_THERE,
        SCTLR_EL2,
        SCTLR_EL2_OFF,
        "MMU and caches of EL2 are off, whatever the loader used: the vector at EL2 lies at its physical address",
    ),
    write(
        EVERY,
        HCR_EL2,
        1 << 31,
        "EL1 is AArch64 (RW), interrupts are EL1's, no stage 2. E2H is 0, whatever the loader used. API is 0: `pacga`, which no register of EL1 forbids, traps, and the vector at EL2 gives it back as a bad instruction",
    ),
    add(PAUTH, HCR_EL2, 1 << 40, "APK: the kernel writes the keys"),
    write(
        EVERY,
        CNTHCTL_EL2,
        CNTHCTL_EL2_OPEN,
        "The kernel reaches the physical counter and timer; no trap of the virtual ones (ECV)",
    ),
    write(EVERY, CNTVOFF_EL2, 0, "The virtual counter is the physical one, the same on all cores"),
    write(EVERY, CNTHP_CTL_EL2, 0, "The timer of EL2 interrupts nobody"),
    write(VHE, CNTHV_CTL_EL2, 0, "Nor does the virtual one of EL2"),
    write(
        EVERY,
        CPTR_EL2,
        CPTR_EL2_OPEN,
        "FP and SIMD, activity monitors (TAM) and trace go through. SVE (TZ) and SME (TSM) trap: CPACR_EL1 refuses them before",
    ),
    write(EVERY, HSTR_EL2, 0, "No trap of 32-bit programs' registers"),
    write(EVERY, VTTBR_EL2, 0, "The identifier of virtual machines, with which TLB entries are tagged, is 0"),
    write(
        EVERY,
        MDCR_EL2,
        0,
        "Debug registers go through. The profiling and trace buffers (E2PB, E2TB) are EL2's, which does not use them. The counters become EL1's (HPMN)",
    ),
    write(
        FGT,
        HFGRTR_EL2,
        0,
        "No read of a register that the kernel uses traps. Newer registers (with names that begin with n) do",
    ),
    write(FGT, HFGWTR_EL2, 0, "The same for writes"),
    write(FGT, HFGITR_EL2, 0, "No maintenance instruction, `svc` or `eret` traps"),
    write(FGT, HDFGRTR_EL2, 0, "No read of a debug register or counter traps"),
    write(FGT, HDFGWTR_EL2, 0, "The same for writes"),
    write(
        HCX,
        HCRX_EL2,
        0,
        "Extensions of EL1 that the kernel does not know are off: the 64-byte loads and stores, memory copy instructions",
    ),
    add(GIC, ICC_SRE_EL2, SRE, "EL1 uses the system registers of the interrupt controller"),
    write(GIC, ICH_HCR_EL2, 0, "The virtual interface is off. It exists only after the setting before"),
];

/// The two halves of a key for pointer authentication.
const fn key(half: &'static str, crm: u32, op2: u32) -> Setting {
    let register = Register::new(half, 3, 0, 2, crm, op2);
    write(
        PAUTH,
        register,
        0,
        "Keys are the same on all cores, since threads move. They are no secret, and protect nobody from another program",
    )
}

/// What is decided at EL1, at whatever level the core was entered.
pub const EL1: [Setting; 11] = [
    write(
        AMU,
        AMUSERENR_EL0,
        0,
        "Programs do not read the activity monitors, which count what others do: the value after reset is not defined",
    ),
    key("APIAKeyLo_EL1", 1, 0),
    key("APIAKeyHi_EL1", 1, 1),
    key("APIBKeyLo_EL1", 1, 2),
    key("APIBKeyHi_EL1", 1, 3),
    key("APDAKeyLo_EL1", 2, 0),
    key("APDAKeyHi_EL1", 2, 1),
    key("APDBKeyLo_EL1", 2, 2),
    key("APDBKeyHi_EL1", 2, 3),
    key("APGAKeyLo_EL1", 3, 0),
    key("APGAKeyHi_EL1", 3, 1),
];

/// A feature for which nothing is written, and why nothing is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The architecture's name.
    pub name: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// What needs no decision at EL2 and EL3.
pub const LEFT: [Left; 6] = [
    Left {
        name: "FEAT_MPAM, at EL2",
        reason: "No register of it can be reached from EL0, and the kernel uses none. A write of MPAM2_EL2 would itself trap where firmware has left MPAM3_EL3.TRAPLOWER at 1",
    },
    Left {
        name: "FEAT_SPE, FEAT_TRBE",
        reason: "Programs have no register of them. Both are off after reset, and MDCR_EL2 and MDCR_EL3 keep their buffers from EL1",
    },
    Left {
        name: "FEAT_MTE2",
        reason: "HCR_EL2.ATA, SCR_EL3.ATA and SCTLR_EL1.ATA0 are 0: `irg` makes tag 0, and memory has no tags",
    },
    Left {
        name: "FEAT_SME, TPIDR2_EL0",
        reason: "SCTLR_EL1.EnTP2 is 0: an access from EL0 is a bad instruction at EL1 before any other level is asked",
    },
    Left { name: "FEAT_CSV2_2, SCXTNUM_EL0", reason: "SCTLR_EL1.TSCXT is 1: the same" },
    Left {
        name: "FEAT_FGT2",
        reason: "SCR_EL3.FGTEn2 is 0 where the kernel decides it, which turns these traps off. Elsewhere no program reaches a register that they name",
    },
];

/// Whether a core has the architecture's performance counters (ID_AA64DFR0_EL1.PMUVer, D24.2.73): without them, their registers do not exist.
#[must_use]
pub const fn has_performance_counters(debug_features: u64) -> bool {
    !matches!(debug_features >> 8 & 0xf, 0 | 0xf)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn all() -> impl Iterator<Item = Setting> {
        EL3.into_iter().chain(EL2).chain(EL1)
    }

    #[test]
    fn instructions_are_those_of_the_manual() {
        // As GNU as and LLVM write them.
        assert_eq!(HCR_EL2.write(0), 0xd51c_1100);
        assert_eq!(HCR_EL2.read(1), 0xd53c_1101);
        assert_eq!(SCR_EL3.write(0), 0xd51e_1100);
        assert_eq!(Register::new("MIDR_EL1", 3, 0, 0, 0, 0).read(0), 0xd538_0000);
        assert_eq!(ICC_SRE_EL2.write(2), 0xd51c_c9a2);
        assert_eq!(EL1[1].register.write(0), 0xd518_2100);
    }

    #[test]
    fn each_register_is_first_written_whole_or_holds_what_must_stay() {
        let mut seen: Vec<&str> = Vec::new();
        for setting in all() {
            let is_first = !seen.contains(&setting.register.name);
            let is_sre = [ICC_SRE_EL2, ICC_SRE_EL3].contains(&setting.register);
            assert!(setting.keep == 0 || !is_first || is_sre, "{}: bits of the loader's stay", setting.register.name);
            seen.push(setting.register.name);
        }
    }

    #[test]
    fn every_setting_is_of_its_own_level() {
        let level = |setting: &Setting| setting.register.encoding >> 16 & 7;
        assert!(EL2.iter().all(|setting| level(setting) == 4));
        assert!(EL1.iter().all(|setting| [0, 3].contains(&level(setting))));
        assert!(EL3.iter().all(|setting| level(setting) == 6 || setting.feature == EL2_THERE));
    }

    #[test]
    fn generic_authentication_traps_at_el2_and_the_keys_can_be_written() {
        let hcr = EL2.iter().filter(|setting| setting.register == HCR_EL2);
        let value = hcr.fold(0, |value, setting| value & setting.keep | setting.set);
        assert_eq!(value >> 40 & 0b11, 0b01, "API is 0, APK is 1");
        assert_eq!(value >> 34 & 1, 0, "E2H");
        let registers = [EL2[0].register, EL2[1].register];
        assert_eq!(
            registers,
            [SCTLR_EL2, HCR_EL2],
            "the MMU is off before E2H changes, and E2H comes before what it changes"
        );
        assert_eq!(EL1.iter().filter(|setting| setting.feature == PAUTH && setting.set == 0).count(), 10);
    }

    #[test]
    fn counters_of_another_architecture_are_none() {
        assert_eq!([0, 1, 6, 0xf].map(|version| has_performance_counters(version << 8)), [false, true, true, false]);
    }

    #[test]
    fn a_core_says_what_it_has_in_four_bits_each() {
        for setting in all() {
            let bits: u32 = setting.feature.said_by.iter().map(|fields| fields.bits.count_ones()).sum();
            assert!(bits > 0 && bits.is_multiple_of(4), "{}", setting.feature.name);
            assert!(!setting.reason.is_empty());
        }
    }
}
