//! What can be wrong with a program's ELF file, each fault as one sentence.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

use l4k_sys::abi::memory::MEMORY_END;
use l4k_sys::package::STARTED_SEGMENTS_MAX;

use crate::elf_check::ABI_SECTION;
use crate::image::AbiVersion;

/// A program's ELF file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElfError {
    /// The program's name.
    pub program: String,
    /// What is wrong.
    pub fault: ElfFault,
}

/// A segment as the file has it. Segments are counted from 0, as `readelf --segments` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Index of its program header.
    pub index: usize,
    /// Its first address.
    pub start: u64,
    /// The first address behind it.
    pub end: u64,
}

/// What is wrong with an ELF file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElfFault {
    /// It does not begin as an ELF file does.
    NotElf,
    /// It is for a machine of 32 bits.
    Not64Bit,
    /// It is for a big-endian machine.
    NotLittleEndian,
    /// Its tables do not fit into it.
    Broken {
        /// What the ELF reader says.
        reason: String,
    },
    /// It is for another machine than AArch64.
    Machine {
        /// Number of that machine.
        found: u16,
    },
    /// It is no executable at fixed addresses.
    NotExecutable {
        /// Its type.
        kind: u16,
    },
    /// It needs a dynamic linker.
    Dynamic,
    /// It uses thread-local storage.
    ThreadLocal,
    /// Nothing of it is to be loaded.
    NoSegments,
    /// More parts of it are to be loaded than `l4k-init` takes.
    TooManySegments {
        /// How many.
        count: usize,
    },
    /// A segment does not lie in the range of user programs.
    OutsideUserRange {
        /// Index of its program header.
        index: usize,
        /// Its first address.
        start: u64,
        /// Its size in bytes.
        memory_size: u64,
    },
    /// There is no machine with memory for it.
    TooLarge {
        /// Its largest segment.
        largest: Span,
        /// Bytes of all segments.
        bytes: u64,
    },
    /// A segment is writable and executable.
    WriteAndExecute {
        /// The segment.
        span: Span,
    },
    /// A segment is not readable.
    NotReadable {
        /// The segment.
        span: Span,
    },
    /// A segment's address and its place in the file do not agree with its alignment.
    Misaligned {
        /// The segment.
        span: Span,
        /// Its place in the file.
        offset: u64,
        /// Its alignment.
        align: u64,
    },
    /// A segment has more contents than memory.
    MoreContentsThanMemory {
        /// The segment.
        span: Span,
        /// Length of its contents in bytes.
        file_size: u64,
    },
    /// A segment's contents go beyond the end of the file.
    BeyondFile {
        /// The segment.
        span: Span,
        /// Their place in the file.
        offset: u64,
        /// Their length in bytes.
        file_size: u64,
        /// Length of the file in bytes.
        file_bytes: u64,
    },
    /// Two segments overlap or have a page in common.
    Overlap {
        /// The one that begins first.
        first: Span,
        /// The other one.
        second: Span,
    },
    /// It begins at an address that is in no executable segment, or not a multiple of 4.
    Entry {
        /// The address.
        address: u64,
    },
    /// It does not tell the ABI version it was built for.
    NoAbiSection,
    /// It tells the ABI version in another form.
    AbiSection {
        /// Length of what it tells in bytes.
        bytes: usize,
    },
    /// It was built for another version of the ABI.
    AbiVersion {
        /// The program's version.
        found: AbiVersion,
        /// The version that the firmware's kernel runs.
        supported: AbiVersion,
    },
}

impl Error for ElfError {}
impl Error for ElfFault {}

impl Display for ElfError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "program '{}': {}", self.program, self.fault)
    }
}

impl Display for Span {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "segment {} at {:#x}..{:#x}", self.index, self.start, self.end)
    }
}

impl Display for ElfFault {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf => formatter.write_str("this is not an ELF file"),
            Self::Not64Bit => formatter.write_str("it is not a 64-bit ELF file"),
            Self::NotLittleEndian => formatter.write_str("it is not little-endian"),
            Self::Broken { reason } => write!(formatter, "the ELF file is broken or cut short ({reason})"),
            Self::Machine { found } => write!(formatter, "it is for ELF machine {found}, not for AArch64 (183)"),
            Self::NotExecutable { kind } => write!(
                formatter,
                "its ELF type is {kind}, not 2: it must be linked at fixed addresses (relocation-model=static)"
            ),
            Self::Dynamic => formatter.write_str("it needs a dynamic linker, and there is none"),
            Self::ThreadLocal => formatter.write_str("it uses thread-local storage, which nobody sets up"),
            Self::NoSegments => formatter.write_str("it has no segment to load"),
            Self::TooManySegments { count } => write!(
                formatter,
                "it has {count} segments to load, and l4k-init takes {STARTED_SEGMENTS_MAX}: let its linker script put sections with the same rights \
                 into one segment"
            ),
            Self::Entry { address } => {
                write!(formatter, "its entry {address:#x} is not in an executable segment, or not a multiple of 4")
            }
            Self::NoAbiSection => {
                write!(formatter, "it does not use l4k_sys::entry! (it has no section {ABI_SECTION})")
            }
            Self::AbiSection { bytes } => {
                write!(formatter, "its section {ABI_SECTION} has {bytes} bytes, not 4: is l4k_sys::entry! used twice?")
            }
            Self::AbiVersion { found, supported } => {
                write!(formatter, "it was built for ABI {found}, and the kernel has ABI {supported}")
            }
            _ => self.fmt_segment(formatter),
        }
    }
}

impl ElfFault {
    /// The faults of a segment.
    fn fmt_segment(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutsideUserRange { index, start, memory_size } => write!(
                formatter,
                "segment {index} at {start:#x} with {memory_size:#x} bytes is not between 0x1000 and 0x800000000000, the range of \
                 programs"
            ),
            Self::TooLarge { largest, bytes } => write!(
                formatter,
                "its segments need {bytes} bytes, {} more than the {MEMORY_END} of all memory that the kernel can use; the largest is {largest}",
                bytes - MEMORY_END
            ),
            Self::WriteAndExecute { span } => write!(formatter, "{span} is writable and executable"),
            Self::NotReadable { span } => write!(formatter, "{span} is not readable"),
            Self::Misaligned { span, offset, align } => {
                write!(
                    formatter,
                    "{span} is at {offset:#x} in the file, which does not agree with its alignment {align:#x}"
                )
            }
            Self::MoreContentsThanMemory { span, file_size } => {
                write!(formatter, "{span} has {file_size:#x} bytes of contents, more than memory")
            }
            Self::BeyondFile { span, offset, file_size, file_bytes } => write!(
                formatter,
                "{span} has {file_size:#x} bytes of contents at {offset:#x} in the file, beyond its end at {file_bytes:#x}"
            ),
            Self::Overlap { first, second } if first.end > second.start => {
                write!(formatter, "{first} and {second} overlap")
            }
            Self::Overlap { first, second } => {
                write!(formatter, "{first} and {second} have a page in common, so their rights could not differ")
            }
            _ => Ok(()),
        }
    }
}
