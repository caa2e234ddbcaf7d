//! Bytes of the kernel's file by kind, without its programs. May call nothing of this directory.

use object::{File, Object, ObjectSection, SectionKind};

/// The section of the programs, which are not the kernel.
const PROGRAMS: &str = ".l4k.programs";

/// Bytes of an image by kind.
#[derive(Debug, Default)]
pub struct Bytes {
    /// Instructions.
    pub text: u64,
    /// What is only read.
    pub constants: u64,
    /// What is written and begins with a value.
    pub data: u64,
    /// What is written and begins as zero; the stacks are among it.
    pub bss: u64,
}

impl Bytes {
    /// Adds up the sections.
    pub fn of(elf: &File<'_>) -> Bytes {
        let mut bytes = Bytes::default();
        for section in elf.sections() {
            if section.name() == Ok(PROGRAMS) {
                continue;
            }
            match section.kind() {
                SectionKind::Text => bytes.text += section.size(),
                SectionKind::ReadOnlyData | SectionKind::ReadOnlyString => bytes.constants += section.size(),
                SectionKind::Data => bytes.data += section.size(),
                SectionKind::UninitializedData => bytes.bss += section.size(),
                _ => {}
            }
        }
        bytes
    }
}
