//! What an A64 instruction word is, as far as the counts tell them apart (Arm ARM C4.1). May call nothing of this crate.

use serde::{Deserialize, Serialize};

/// What an instruction costs a real core beside its place in the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// Nothing worth telling apart.
    Plain,
    /// Reads memory: one register, or a pair.
    Load,
    /// Writes memory: one register, or a pair.
    Store,
    /// Reads and writes memory at once.
    Atomic,
    /// `dsb`, `dmb`.
    Barrier,
    /// `isb`.
    InstructionBarrier,
    /// `tlbi`, `dc`, `ic`, `at`.
    Maintenance,
    /// `mrs`.
    RegisterRead,
    /// `msr`.
    RegisterWrite,
}

impl Class {
    /// Every one there is.
    pub const ALL: [Class; 9] = [
        Class::Plain,
        Class::Load,
        Class::Store,
        Class::Atomic,
        Class::Barrier,
        Class::InstructionBarrier,
        Class::Maintenance,
        Class::RegisterRead,
        Class::RegisterWrite,
    ];

    /// Of an instruction word.
    #[must_use]
    pub const fn of(word: u32) -> Class {
        if word & 0x0a00_0000 == 0x0800_0000 {
            return Class::of_memory(word);
        }
        match word >> 20 {
            0xd51 => Class::RegisterWrite,
            0xd53 => Class::RegisterRead,
            0xd50 => Class::of_system(word),
            _ => Class::Plain,
        }
    }

    const fn of_system(word: u32) -> Class {
        if word & 0xfff8_f01f == 0xd500_401f {
            return Class::RegisterWrite;
        }
        if word & 0xfff8_0000 == 0xd508_0000 {
            return Class::Maintenance;
        }
        match word & 0xffff_f0ff {
            0xd503_309f | 0xd503_30bf => Class::Barrier,
            0xd503_30df => Class::InstructionBarrier,
            _ => Class::Plain,
        }
    }

    const fn of_memory(word: u32) -> Class {
        let has_load_bit = word & 1 << 22 != 0;
        let by_load_bit = if has_load_bit { Class::Load } else { Class::Store };
        match word >> 24 & 0x3b {
            // Exclusive and ordered ones; with both bits set, compare and swap.
            0x08 if word & 0x00a0_0000 == 0x00a0_0000 => Class::Atomic,
            0x08 => by_load_bit,
            // Literals.
            0x18 => Class::Load,
            // Pairs.
            0x28 | 0x29 => by_load_bit,
            0x38 if word & 0x0020_0c00 == 0x0020_0000 => Class::Atomic,
            // One register; prefetches only ask for memory.
            0x38 | 0x39 => match word >> 22 & 3 {
                0 => Class::Store,
                2 if word >> 30 == 3 => Class::Plain,
                _ => Class::Load,
            },
            _ => Class::Plain,
        }
    }
}

/// What an instruction means for the way through the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It goes on.
    On,
    /// `mrs` of ISR_EL1: the kernel looks whether an interrupt is pending.
    PreemptionPoint,
    /// `eret`.
    Return,
    /// `wfi`.
    Wait,
}

impl Step {
    /// Of an instruction word.
    #[must_use]
    pub const fn of(word: u32) -> Step {
        match word {
            0xd69f_03e0 => Step::Return,
            0xd503_207f => Step::Wait,
            _ if word & 0xffff_ffe0 == 0xd538_c100 => Step::PreemptionPoint,
            _ => Step::On,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, Step};

    #[test]
    fn classes_are_those_of_the_manual() {
        let words = [
            (0xd280_0028, Class::Plain),              // mov x8, #1
            (0x9400_0010, Class::Plain),              // bl
            (0xa940_0c82, Class::Load),               // ldp x2, x3, [x4]
            (0xa900_07e0, Class::Store),              // stp x0, x1, [sp]
            (0xf900_0081, Class::Store),              // str x1, [x4]
            (0xf940_0081, Class::Load),               // ldr x1, [x4]
            (0x3900_0081, Class::Store),              // strb w1, [x4]
            (0x3980_0081, Class::Load),               // ldrsb x1, [x4]
            (0x5800_0081, Class::Load),               // ldr x1, literal
            (0xf980_0080, Class::Plain),              // prfm pldl1keep, [x4]
            (0xc85f_fc20, Class::Load),               // ldaxr x0, [x1]
            (0xc800_fc22, Class::Store),              // stlxr w0, x2, [x1]
            (0xc8a0_7c22, Class::Atomic),             // cas x0, x2, [x1]
            (0xf820_0022, Class::Atomic),             // ldadd x0, x2, [x1]
            (0xf860_6822, Class::Load),               // ldr x2, [x1, x0]
            (0xd503_3b9f, Class::Barrier),            // dsb ish
            (0xd503_3bbf, Class::Barrier),            // dmb ish
            (0xd503_3fdf, Class::InstructionBarrier), // isb
            (0xd508_831f, Class::Maintenance),        // tlbi vmalle1is
            (0xd50b_7e20, Class::Maintenance),        // dc civac, x0
            (0xd518_2000, Class::RegisterWrite),      // msr ttbr0_el1, x0
            (0xd503_42df, Class::RegisterWrite),      // msr daifset, #2
            (0xd538_c102, Class::RegisterRead),       // mrs x2, isr_el1
            (0xd503_201f, Class::Plain),              // nop
            (0xd503_207f, Class::Plain),              // wfi
        ];
        for (word, class) in words {
            assert_eq!(Class::of(word), class, "{word:#x}");
        }
    }

    #[test]
    fn steps_are_found_whatever_the_register() {
        assert_eq!(Step::of(0xd538_c100), Step::PreemptionPoint);
        assert_eq!(Step::of(0xd538_c11e), Step::PreemptionPoint);
        assert_eq!(Step::of(0xd538_c120), Step::On);
        assert_eq!((Step::of(0xd69f_03e0), Step::of(0xd503_207f)), (Step::Return, Step::Wait));
    }
}
