//! ELF files made by hand for the tests: a good one, whose every field a test can spoil.

use elf::abi::{EM_AARCH64, ET_EXEC, PF_R, PF_W, PF_X, PT_LOAD, SHT_PROGBITS, SHT_STRTAB};

use crate::elf_check::ABI_SECTION;
use crate::image::AbiVersion;

/// An ELF file in parts. The contents begin at [`CONTENTS`].
#[derive(Clone)]
pub struct Handmade {
    pub class: u8,
    pub endianness: u8,
    pub kind: u16,
    pub machine: u16,
    pub entry: u64,
    pub segments: Vec<Header>,
    /// Name and contents of the section with the ABI version.
    pub section: (&'static str, Vec<u8>),
}

/// A program header.
#[derive(Clone, Copy)]
pub struct Header {
    pub kind: u32,
    pub flags: u32,
    pub offset: u64,
    pub address: u64,
    pub file_size: u64,
    pub memory_size: u64,
    pub align: u64,
}

/// Where the segments' contents begin in the file, and how long they are.
pub const CONTENTS: u64 = 0x1000;
const CONTENTS_END: u64 = 0x4000;

impl Handmade {
    /// Code of one and a half pages, constants that begin in the middle of a page, and data with zeros behind.
    pub fn new() -> Handmade {
        let header = |flags, offset, address, file_size, memory_size| Header {
            kind: PT_LOAD,
            flags,
            offset,
            address,
            file_size,
            memory_size,
            align: 0x1000,
        };
        let AbiVersion { major, minor } = AbiVersion::CURRENT;
        Handmade {
            class: 2,
            endianness: 1,
            kind: ET_EXEC,
            machine: EM_AARCH64,
            entry: 0x20_0010,
            segments: vec![
                header(PF_R | PF_X, 0x1000, 0x20_0000, 0x1800, 0x1800),
                header(PF_R, 0x2800, 0x20_2800, 0x100, 0x100),
                header(PF_R | PF_W, 0x3000, 0x20_3000, 0x10, 0x1234),
            ],
            section: (ABI_SECTION, [major.to_le_bytes(), minor.to_le_bytes()].concat()),
        }
    }

    /// The file. Byte `n` of the contents is `n` modulo 251.
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = vec![0x7f, b'E', b'L', b'F', self.class, self.endianness, 1, 0];
        file.resize(16, 0);
        put(&mut file, &[(2, u64::from(self.kind)), (2, u64::from(self.machine)), (4, 1), (8, self.entry)]);
        let names_at = CONTENTS_END;
        let names = format!("\0.names\0{}\0", self.section.0);
        let section_at = names_at + names.len() as u64;
        let sections_at = (section_at + self.section.1.len() as u64).next_multiple_of(8);
        put(&mut file, &[(8, 64), (8, sections_at), (4, 0), (2, 64), (2, 56), (2, self.segments.len() as u64)]);
        put(&mut file, &[(2, 64), (2, 3), (2, 1)]);
        for header in &self.segments {
            put(&mut file, &[(4, u64::from(header.kind)), (4, u64::from(header.flags)), (8, header.offset)]);
            put(&mut file, &[(8, header.address), (8, header.address), (8, header.file_size)]);
            put(&mut file, &[(8, header.memory_size), (8, header.align)]);
        }
        file.resize(CONTENTS as usize, 0);
        file.extend((CONTENTS..CONTENTS_END).map(content));
        file.extend(names.as_bytes());
        file.extend(&self.section.1);
        file.resize(sections_at as usize, 0);
        section(&mut file, (0, 0), (0, 0));
        section(&mut file, (1, SHT_STRTAB), (names_at, names.len() as u64));
        section(&mut file, (8, SHT_PROGBITS), (section_at, self.section.1.len() as u64));
        file
    }
}

/// What stands at an offset in the file's contents.
pub fn content(offset: u64) -> u8 {
    (offset % 251) as u8
}

fn section(file: &mut Vec<u8>, (name, kind): (u64, u32), (offset, size): (u64, u64)) {
    put(
        file,
        &[(4, name), (4, u64::from(kind)), (8, 0), (8, 0), (8, offset), (8, size), (4, 0), (4, 0), (8, 1), (8, 0)],
    );
}

/// Appends numbers, each with its length in bytes.
fn put(file: &mut Vec<u8>, fields: &[(usize, u64)]) {
    for (length, value) in fields {
        file.extend(&value.to_le_bytes()[..*length]);
    }
}
