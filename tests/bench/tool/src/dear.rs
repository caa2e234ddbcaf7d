//! What the instructions of an entry do to a real core, counted by kind. May call nothing of this crate.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use l4k_paths::{Class, Sample};
use object::{Object, ObjectSection};

/// Kinds of instructions that are dear on a real core, in the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `msr ttbr0_el1`: another address space.
    Tables,
    /// Any other `msr`.
    RegisterWrite,
    /// `mrs`.
    RegisterRead,
    /// `isb`.
    InstructionBarrier,
    /// `dsb`.
    DataBarrier,
    /// `tlbi`.
    Invalidation,
    /// `dc`, `ic`.
    Cache,
    /// `eret`.
    Return,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 8] = [
        Kind::Tables,
        Kind::RegisterWrite,
        Kind::RegisterRead,
        Kind::InstructionBarrier,
        Kind::DataBarrier,
        Kind::Invalidation,
        Kind::Cache,
        Kind::Return,
    ];

    /// As it stands above a column.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Tables => "ttbr0",
            Kind::RegisterWrite => "msr",
            Kind::RegisterRead => "mrs",
            Kind::InstructionBarrier => "isb",
            Kind::DataBarrier => "dsb",
            Kind::Invalidation => "tlbi",
            Kind::Cache => "dc, ic",
            Kind::Return => "eret",
        }
    }

    /// Of an instruction word (Arm ARM C4.1); `None` for what is not dear.
    fn of(word: u32) -> Option<Kind> {
        const RETURN: u32 = 0xd69f_03e0;
        match Class::of(word) {
            Class::RegisterWrite if word & 0xffff_ffe0 == 0xd518_2000 => Some(Kind::Tables),
            Class::RegisterWrite => Some(Kind::RegisterWrite),
            Class::RegisterRead => Some(Kind::RegisterRead),
            Class::InstructionBarrier => Some(Kind::InstructionBarrier),
            // `dmb` differs in one bit.
            Class::Barrier if word & 0xffff_f0ff == 0xd503_309f => Some(Kind::DataBarrier),
            Class::Maintenance if word & 0xf000 == 0x8000 => Some(Kind::Invalidation),
            Class::Maintenance => Some(Kind::Cache),
            _ if word == RETURN => Some(Kind::Return),
            _ => None,
        }
    }
}

/// The kernel's instructions.
pub struct Code {
    start: u64,
    words: Vec<u32>,
}

impl Code {
    /// Bytes of an instruction.
    pub const WORD: u64 = 4;

    /// Of the kernel's ELF file.
    pub fn of(kernel: &Path) -> Result<Code> {
        let bytes = fs::read(kernel).with_context(|| format!("reading {}", kernel.display()))?;
        let file = object::File::parse(&*bytes).context("the kernel's ELF file")?;
        let text = file.section_by_name(".text").context("the kernel has no .text")?;
        let words = text.data()?.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        Ok(Code { start: text.address(), words })
    }

    /// Where they begin.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The address of each.
    pub fn addresses(&self) -> impl Iterator<Item = u64> {
        (0..self.words.len() as u64).map(|index| self.start + index * Code::WORD)
    }

    /// The instruction at an address.
    pub fn word(&self, address: u64) -> Option<u32> {
        let index = (address.checked_sub(self.start)? / Code::WORD) as usize;
        self.words.get(index).copied()
    }

    /// How many of each kind an entry has, in the order of [`Kind::ALL`].
    pub fn kinds(&self, sample: &Sample) -> [u64; Kind::ALL.len()] {
        let mut counts = [0; Kind::ALL.len()];
        for visits in &sample.visits {
            if let Some(kind) = self.word(visits.address).and_then(Kind::of) {
                counts[kind as usize] += visits.times;
            }
        }
        counts
    }
}

/// Loads and stores; a pair counts as one, what does both at once counts in each.
pub fn memory(sample: &Sample) -> [u64; 2] {
    let of = |wanted| sample.classes.iter().filter(|(class, _)| *class == wanted).map(|(_, count)| count).sum::<u64>();
    let both = of(Class::Atomic);
    [of(Class::Load) + both, of(Class::Store) + both]
}

#[cfg(test)]
mod tests {
    use l4k_paths::table::Visits;

    use super::*;

    #[test]
    fn dear_instructions_are_told_apart() {
        let words = [
            (0xd518_2003, Some(Kind::Tables)),             // msr ttbr0_el1, x3
            (0xd518_4020, Some(Kind::RegisterWrite)),      // msr elr_el1, x0
            (0xd503_42df, Some(Kind::RegisterWrite)),      // msr daifset, #2
            (0xd538_c102, Some(Kind::RegisterRead)),       // mrs x2, isr_el1
            (0xd503_3fdf, Some(Kind::InstructionBarrier)), // isb
            (0xd503_3b9f, Some(Kind::DataBarrier)),        // dsb ish
            (0xd503_3bbf, None),                           // dmb ish
            (0xd508_831f, Some(Kind::Invalidation)),       // tlbi vmalle1is
            (0xd508_7620, Some(Kind::Cache)),              // dc ivac, x0
            (0xd69f_03e0, Some(Kind::Return)),             // eret
            (0xf900_0081, None),                           // str x1, [x4]
        ];
        for (word, kind) in words {
            assert_eq!(Kind::of(word), kind, "{word:#x}");
        }
    }

    #[test]
    fn each_execution_counts() {
        let code = Code { start: 0x1000, words: vec![0xd503_201f, 0xd503_3b9f, 0xd69f_03e0] };
        let visits = [(0x1000, 9), (0x1004, 3), (0x1008, 1), (0x2000, 5), (0x10, 5)];
        let visits = visits.map(|(address, times)| Visits { address, times }).to_vec();
        let counts = code.kinds(&Sample { visits, ..Sample::default() });
        assert_eq!((counts[Kind::DataBarrier as usize], counts[Kind::Return as usize]), (3, 1));
        assert_eq!(counts.iter().sum::<u64>(), 4);
    }
}
