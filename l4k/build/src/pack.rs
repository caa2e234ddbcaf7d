//! Writes the package. Its format is defined by [`l4k_sys::package`], whose reader has the last word on what is written here.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::package::{FORMAT_VERSION, HEADER_BYTES, MAGIC, NAME_BYTES, PROGRAM_BYTES, Package, SEGMENT_BYTES};

use crate::image::{AbiVersion, ProgramImage};

/// Largest package: the kernel, the package and the kernel's tables have to lie in one gibibyte of memory.
pub const PACKAGE_BYTES_MAX: u64 = 960 << 20;

/// Programs cannot be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackError {
    /// A name is too long.
    NameTooLong {
        /// The name.
        program: String,
    },
    /// All together are too large.
    TooLarge {
        /// How large the package would be.
        bytes: u64,
        /// The program with the most bytes in it.
        largest: String,
        /// How many these are.
        largest_bytes: u64,
    },
    /// The package would be refused when it is read.
    Refused {
        /// What the reader says.
        reason: String,
    },
}

impl Error for PackError {}

impl Display for PackError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTooLong { program } => {
                write!(formatter, "program '{program}': its name has more than {} bytes", NAME_BYTES - 1)
            }
            Self::TooLarge { bytes, largest, largest_bytes } => write!(
                formatter,
                "the package of programs is too large for the image: it has {bytes} bytes, {} more than the {PACKAGE_BYTES_MAX} that the kernel reaches \
                 when it starts; {largest_bytes} bytes are of the program '{largest}'",
                bytes.saturating_sub(PACKAGE_BYTES_MAX)
            ),
            Self::Refused { reason } => formatter.write_str(reason),
        }
    }
}

/// Packs programs; the first one is that which the kernel starts.
///
/// # Errors
/// [`PackError`] if there is no program or one cannot be packed.
pub fn write(programs: &[ProgramImage]) -> Result<Vec<u8>, PackError> {
    let segments = programs.iter().map(|program| program.segments.len()).sum::<usize>();
    let tables = HEADER_BYTES + programs.len() * PROGRAM_BYTES + segments * SEGMENT_BYTES;
    let contents =
        programs.iter().flat_map(|program| &program.segments).map(|segment| in_pages(segment.contents.len()));
    let total = in_pages(tables) + contents.sum::<u64>();
    let total_size = u32::try_from(total).ok().filter(|size| u64::from(*size) <= PACKAGE_BYTES_MAX);
    let total_size = total_size.ok_or_else(|| too_large(programs, total))?;

    let mut bytes = header(programs.len(), total_size);
    program_table(&mut bytes, programs)?;
    segment_table(&mut bytes, programs, in_pages(tables));
    for segment in programs.iter().flat_map(|program| &program.segments) {
        fill_page(&mut bytes);
        bytes.extend_from_slice(&segment.contents);
    }
    fill_page(&mut bytes);

    Package::parse(&bytes).map_err(|error| PackError::Refused { reason: error.to_string() })?;
    Ok(bytes)
}

fn too_large(programs: &[ProgramImage], bytes: u64) -> PackError {
    let size =
        |program: &ProgramImage| program.segments.iter().map(|segment| segment.contents.len() as u64).sum::<u64>();
    let largest = programs.iter().max_by_key(|program| size(program));
    let (largest, largest_bytes) = largest.map_or((String::new(), 0), |program| (program.name.clone(), size(program)));
    PackError::TooLarge { bytes, largest, largest_bytes }
}

fn header(program_count: usize, total_size: u32) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT_VERSION.to_le_bytes());
    bytes.extend(abi_version(AbiVersion::CURRENT));
    // Counts are below `total_size`, which is 32 bits.
    bytes.extend((program_count as u32).to_le_bytes());
    bytes.extend(total_size.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes
}

fn program_table(bytes: &mut Vec<u8>, programs: &[ProgramImage]) -> Result<(), PackError> {
    let mut segment_first = 0u32;
    for program in programs {
        let mut name = program.name.clone().into_bytes();
        if name.len() >= NAME_BYTES {
            return Err(PackError::NameTooLong { program: program.name.clone() });
        }
        name.resize(NAME_BYTES, 0);
        let segment_count = program.segments.len() as u32;
        bytes.extend(name);
        bytes.extend(program.entry.to_le_bytes());
        bytes.extend(segment_first.to_le_bytes());
        bytes.extend(segment_count.to_le_bytes());
        bytes.extend(program.stack_size.to_le_bytes());
        bytes.extend(abi_version(program.abi_version));
        bytes.extend(0u64.to_le_bytes());
        segment_first += segment_count;
    }
    Ok(())
}

/// `offset`: where the contents begin.
fn segment_table(bytes: &mut Vec<u8>, programs: &[ProgramImage], mut offset: u64) {
    for segment in programs.iter().flat_map(|program| &program.segments) {
        bytes.extend(segment.virtual_address.to_le_bytes());
        bytes.extend(segment.memory_size.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        bytes.extend((segment.contents.len() as u64).to_le_bytes());
        bytes.extend((segment.rights.bits() as u32).to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        offset += in_pages(segment.contents.len());
    }
}

fn abi_version(version: AbiVersion) -> impl Iterator<Item = u8> {
    version.major.to_le_bytes().into_iter().chain(version.minor.to_le_bytes())
}

fn fill_page(bytes: &mut Vec<u8>) {
    let length = in_pages(bytes.len());
    bytes.resize(length as usize, 0);
}

const fn in_pages(length: usize) -> u64 {
    (length as u64).next_multiple_of(PAGE_SIZE)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::image::{DEFAULT_STACK_SIZE, ImageSegment};
    use l4k_sys::abi::Rights;

    /// A program of two segments.
    pub fn program(name: &str) -> ProgramImage {
        let code = ImageSegment {
            virtual_address: 0x20_0000,
            memory_size: 0x2000,
            rights: Rights::READ.union(Rights::EXECUTE),
            contents: (0..0x1800).map(|byte| byte as u8).collect(),
        };
        let data = ImageSegment {
            virtual_address: 0x20_2000,
            memory_size: 0x3000,
            rights: Rights::READ.union(Rights::WRITE),
            contents: Vec::new(),
        };
        ProgramImage {
            name: name.to_owned(),
            entry: 0x20_0100,
            stack_size: DEFAULT_STACK_SIZE,
            abi_version: AbiVersion::CURRENT,
            segments: vec![code, data],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let programs = [program("init"), ProgramImage { stack_size: 0x8000, ..program("uart") }];
        let bytes = write(&programs).unwrap();
        assert_eq!(bytes.len(), 0x1000 + 2 * 0x2000);
        let package = Package::parse(&bytes).unwrap();
        assert_eq!(package.programs().count(), 2);
        for (written, read) in programs.iter().zip(package.programs()) {
            assert_eq!(
                (read.name(), read.entry(), read.stack_size()),
                (&*written.name, written.entry, written.stack_size)
            );
            assert_eq!(read.segments().count(), written.segments.len());
            for (written, read) in written.segments.iter().zip(read.segments()) {
                assert_eq!(read.virtual_address(), written.virtual_address);
                assert_eq!(read.memory_size(), written.memory_size);
                assert_eq!(read.contents(), written.contents);
                assert!(read.file_offset().is_multiple_of(PAGE_SIZE));
            }
        }
    }

    #[test]
    fn the_same_programs_give_the_same_bytes() {
        assert_eq!(write(&[program("init")]), write(&[program("init")]));
    }

    #[test]
    fn a_package_that_the_kernel_does_not_reach_is_refused_with_figures() {
        let mut large = program("video");
        large.segments[1].contents = vec![0; 0x3000];
        let said = too_large(&[program("init"), large], PACKAGE_BYTES_MAX + 4096).to_string();
        let text = "the package of programs is too large for the image: it has 1006637056 bytes, 4096 more than the 1006632960 that the kernel reaches \
                    when it starts; 18432 bytes are of the program 'video'";
        assert_eq!(said, text);
    }

    #[test]
    fn long_names_are_refused() {
        assert!(write(&[program(&"n".repeat(31))]).is_ok());
        let said = write(&[program(&"n".repeat(32))]).unwrap_err().to_string();
        assert_eq!(said, format!("program '{}': its name has more than 31 bytes", "n".repeat(32)));
    }

    #[test]
    fn what_the_reader_refuses_is_not_written() {
        let refused = |programs: &[ProgramImage]| matches!(write(programs), Err(PackError::Refused { .. }));
        assert!(refused(&[]));
        assert!(refused(&[program("init"), program("init")]));
        assert!(refused(&[program("")]));
        assert!(refused(&[ProgramImage { entry: 0x20_2000, ..program("init") }]));
        assert!(refused(&[ProgramImage { stack_size: 100, ..program("init") }]));
        assert!(refused(&[ProgramImage { segments: Vec::new(), ..program("init") }]));
        let said = write(&[ProgramImage { entry: 0, ..program("uart") }]).unwrap_err().to_string();
        assert!(said.starts_with("program 'uart': "), "{said}");
    }
}
