//! The package: the programs of a firmware in one file, as `l4k-build` writes it and the kernel and the first program read it.
//!
//! Little endian. A header of [`HEADER_BYTES`], a record of [`PROGRAM_BYTES`] a program, a record of [`SEGMENT_BYTES`] a segment,
//! then the segments' contents, each on a page boundary. [`Package::parse`] checks everything once; what it returns cannot fail.
//! [`Package::find`] looks a program up by its name; [`NoSuchProgram`] lists the names that the package has.

use crate::abi::memory::{PAGE_SIZE, USER_END, USER_START};
use crate::abi::{Rights, VERSION_MAJOR, VERSION_MINOR};
use core::fmt;

pub use no_such_program::NoSuchProgram;

mod no_such_program;

/// First bytes of a package.
pub const MAGIC: [u8; 8] = *b"L4KPROGS";
/// Version of this format.
pub const FORMAT_VERSION: u32 = 1;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 32;
/// Bytes of a program's record.
pub const PROGRAM_BYTES: usize = 64;
/// Bytes of a segment's record.
pub const SEGMENT_BYTES: usize = 40;
/// Bytes of a program's name in its record; names have 1 to 31.
pub const NAME_BYTES: usize = 32;
/// Most programs in a package.
pub const PROGRAMS_MAX: u32 = 1024;
/// Most segments of a program in this format.
pub const SEGMENTS_MAX: u32 = 64;
/// Most segments of a program that `l4k-init` starts, and that `l4k-build` packs: a linker makes three or four.
pub const STARTED_SEGMENTS_MAX: usize = 12;

/// What is wrong with a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Shorter than its parts.
    Truncated,
    /// Does not begin with [`MAGIC`].
    NoPackage,
    /// A format version that this reader does not know.
    Format(u32),
    /// No program, or more than [`PROGRAMS_MAX`].
    ProgramCount(u32),
    /// A name that is empty, too long, not UTF-8, or with control characters.
    Name,
    /// Two programs have the same name.
    DuplicateName,
    /// Built for another major version of the ABI, or a later minor one: major, minor.
    Abi(u16, u16),
    /// No segment, or more than [`SEGMENTS_MAX`].
    SegmentCount(u32),
    /// A stack size of 0 or not in whole pages.
    Stack(u32),
    /// A segment's address, size or place in the file is not in whole pages, or it is empty: its address.
    Alignment(u64),
    /// A segment outside the user range: its address.
    Range(u64),
    /// A segment holds more bytes than memory: its address.
    Contents(u64),
    /// A segment is not readable, has unknown rights, or is writable and executable: its address.
    Rights(u64),
    /// Two segments overlap: the address of the second.
    Overlap(u64),
    /// The entry point is in no executable segment, or not a multiple of 4.
    Entry(u64),
    /// Reserved fields that are not zero: written by a later version.
    Reserved,
}

/// What is wrong with a package, and with which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackageError<'a> {
    /// The program at fault, if one is.
    pub program: Option<&'a str>,
    /// What is wrong.
    pub defect: Defect,
}

impl fmt::Display for PackageError<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(program) = self.program {
            write!(formatter, "program '{program}': ")?;
        }
        match self.defect {
            Defect::Truncated => formatter.write_str("the package is cut short"),
            Defect::NoPackage => formatter.write_str("this is no package of programs"),
            Defect::Format(version) => {
                write!(formatter, "format version {version}, this reader knows {FORMAT_VERSION}")
            }
            Defect::ProgramCount(count) => write!(formatter, "{count} programs; 1 to {PROGRAMS_MAX} are possible"),
            Defect::Name => formatter.write_str("a program's name is not 1 to 31 bytes of printable UTF-8"),
            Defect::DuplicateName => formatter.write_str("the name is used twice"),
            Defect::Abi(major, minor) => {
                write!(formatter, "built for ABI version {major}.{minor}; this one is {VERSION_MAJOR}.{VERSION_MINOR}")
            }
            Defect::SegmentCount(count) => write!(formatter, "{count} segments; 1 to {SEGMENTS_MAX} are possible"),
            Defect::Stack(bytes) => write!(formatter, "a stack of {bytes} bytes; whole pages are needed"),
            Defect::Alignment(address) => write!(formatter, "the segment at {address:#x} is not in whole pages"),
            Defect::Range(address) => write!(formatter, "the segment at {address:#x} leaves the user range"),
            Defect::Contents(address) => {
                write!(formatter, "the segment at {address:#x} has more contents than memory, or lies outside the file")
            }
            Defect::Rights(address) => {
                write!(formatter, "the segment at {address:#x} has rights that are not allowed (W^X, readable)")
            }
            Defect::Overlap(address) => write!(formatter, "the segment at {address:#x} overlaps another"),
            Defect::Entry(address) => write!(formatter, "the entry point {address:#x} is in no executable segment"),
            Defect::Reserved => formatter.write_str("reserved fields are in use: written by a later version?"),
        }
    }
}

impl core::error::Error for PackageError<'_> {}

/// A package that passed every check.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    bytes: &'a [u8],
    count: u32,
}

impl<'a> Package<'a> {
    /// Checks a package. Time grows with programs and segments squared, which are bounded.
    ///
    /// # Errors
    /// The first defect found, with the program at fault.
    pub fn parse(bytes: &'a [u8]) -> Result<Package<'a>, PackageError<'a>> {
        let whole = |defect| PackageError { program: None, defect };
        if bytes.get(..8) != Some(&MAGIC) {
            return Err(whole(Defect::NoPackage));
        }
        let word = |offset| read32(bytes, offset).ok_or(whole(Defect::Truncated));
        let (format, count, size) = (word(8)?, word(16)?, word(20)?);
        if format != FORMAT_VERSION {
            return Err(whole(Defect::Format(format)));
        }
        let version = (word(12)? as u16, (word(12)? >> 16) as u16);
        if version.0 != VERSION_MAJOR || version.1 > VERSION_MINOR {
            return Err(whole(Defect::Abi(version.0, version.1)));
        }
        if read64(bytes, 24) != Some(0) {
            return Err(whole(Defect::Reserved));
        }
        if count == 0 || count > PROGRAMS_MAX {
            return Err(whole(Defect::ProgramCount(count)));
        }
        let bytes = bytes.get(..size as usize).ok_or(whole(Defect::Truncated))?;
        let package = Package { bytes, count };
        for index in 0..count {
            package.check_program(index)?;
        }
        Ok(package)
    }

    /// The programs in order; the first is the one that the kernel starts.
    pub fn programs(&self) -> impl Iterator<Item = Program<'a>> + use<'a> {
        let package = *self;
        (0..self.count).filter_map(move |index| package.program(index))
    }

    /// The program of this name.
    ///
    /// # Errors
    /// [`NoSuchProgram`] if the package has none. Printed, it lists the names that the package has.
    pub fn find<'n>(&self, name: &'n str) -> Result<Program<'a>, NoSuchProgram<'n, 'a>> {
        self.programs().find(|program| program.name == name).ok_or(NoSuchProgram::new(name, *self))
    }

    fn program(&self, index: u32) -> Option<Program<'a>> {
        let start = HEADER_BYTES + index as usize * PROGRAM_BYTES;
        let record = self.bytes.get(start..start + PROGRAM_BYTES)?;
        let name = record.get(..NAME_BYTES)?;
        let length = name.iter().position(|byte| *byte == 0)?;
        let name = core::str::from_utf8(name.get(..length)?).ok()?;
        if name.is_empty() || name.chars().any(char::is_control) {
            return None;
        }
        let version = read32(record, 52)?;
        Some(Program {
            package: *self,
            name,
            entry: read64(record, 32)?,
            first: read32(record, 40)?,
            count: read32(record, 44)?,
            stack_size: read32(record, 48)?,
            abi: (version as u16, (version >> 16) as u16),
        })
    }

    #[inline(never)]
    fn segment(&self, index: u32) -> Option<Segment<'a>> {
        let table = HEADER_BYTES + self.count as usize * PROGRAM_BYTES;
        let start = table.checked_add((index as usize).checked_mul(SEGMENT_BYTES)?)?;
        let record = self.bytes.get(start..start.checked_add(SEGMENT_BYTES)?)?;
        Some(Segment {
            package: self.bytes,
            virtual_address: read64(record, 0)?,
            memory_size: read64(record, 8)?,
            file_offset: read64(record, 16)?,
            file_size: read64(record, 24)?,
            rights: read32(record, 32)?,
        })
    }

    fn check_program(&self, index: u32) -> Result<(), PackageError<'a>> {
        let unnamed = |defect| PackageError { program: None, defect };
        let end = HEADER_BYTES + (index as usize + 1) * PROGRAM_BYTES;
        if self.bytes.len() < end {
            return Err(unnamed(Defect::Truncated));
        }
        let program = self.program(index).ok_or(unnamed(Defect::Name))?;
        let fail = |defect| Err(PackageError { program: Some(program.name), defect });
        if (0..index).filter_map(|other| self.program(other)).any(|other| other.name == program.name) {
            return fail(Defect::DuplicateName);
        }
        if program.abi.0 != VERSION_MAJOR || program.abi.1 > VERSION_MINOR {
            return fail(Defect::Abi(program.abi.0, program.abi.1));
        }
        if program.count == 0 || program.count > SEGMENTS_MAX {
            return fail(Defect::SegmentCount(program.count));
        }
        if program.stack_size == 0 || !u64::from(program.stack_size).is_multiple_of(PAGE_SIZE) {
            return fail(Defect::Stack(program.stack_size));
        }
        if program.first.checked_add(program.count).is_none() || program.segments().count() != program.count as usize {
            return fail(Defect::Truncated);
        }
        match program.find_defect() {
            Some(defect) => fail(defect),
            None => Ok(()),
        }
    }
}

/// A program of a package.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    package: Package<'a>,
    name: &'a str,
    entry: u64,
    first: u32,
    count: u32,
    stack_size: u32,
    abi: (u16, u16),
}

impl<'a> Program<'a> {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Address of its first instruction.
    #[must_use]
    pub const fn entry(&self) -> u64 {
        self.entry
    }

    /// Bytes of its stack, in whole pages.
    #[must_use]
    pub const fn stack_size(&self) -> u32 {
        self.stack_size
    }

    /// Major and minor version of the ABI that it was built for.
    #[must_use]
    pub const fn abi_version(&self) -> (u16, u16) {
        self.abi
    }

    /// Its segments.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'a>> + use<'a> {
        let program = *self;
        (0..self.count).filter_map(move |index| program.package.segment(program.first.checked_add(index)?))
    }

    fn find_defect(&self) -> Option<Defect> {
        for (index, segment) in self.segments().enumerate() {
            let overlaps = |other: Segment<'_>| segment.overlaps(&other);
            if let Some(defect) = segment.find_defect() {
                return Some(defect);
            }
            if self.segments().take(index).any(overlaps) {
                return Some(Defect::Overlap(segment.virtual_address));
            }
        }
        let runs = |segment: Segment<'_>| {
            segment.rights & Rights::EXECUTE.bits() as u32 != 0
                && (segment.virtual_address..segment.end()).contains(&self.entry)
        };
        if self.entry.is_multiple_of(4) && self.segments().any(runs) { None } else { Some(Defect::Entry(self.entry)) }
    }
}

/// A segment of a program.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    package: &'a [u8],
    virtual_address: u64,
    memory_size: u64,
    file_offset: u64,
    file_size: u64,
    rights: u32,
}

impl<'a> Segment<'a> {
    /// Address of its first byte, a multiple of 4096.
    #[must_use]
    pub const fn virtual_address(&self) -> u64 {
        self.virtual_address
    }

    /// Bytes of memory, in whole pages.
    #[must_use]
    pub const fn memory_size(&self) -> u64 {
        self.memory_size
    }

    /// Offset of its contents in the package, a multiple of 4096.
    #[must_use]
    pub const fn file_offset(&self) -> u64 {
        self.file_offset
    }

    /// Bytes of contents; memory behind them is zero.
    #[must_use]
    pub const fn file_size(&self) -> u64 {
        self.file_size
    }

    /// Rights as bits of [`Rights`]: 1 read, 2 write, 4 execute.
    #[must_use]
    pub const fn rights(&self) -> u32 {
        self.rights
    }

    /// Its contents.
    #[must_use]
    pub fn contents(&self) -> &'a [u8] {
        self.checked_contents().unwrap_or(&[])
    }

    fn checked_contents(&self) -> Option<&'a [u8]> {
        let start = usize::try_from(self.file_offset).ok()?;
        let length = usize::try_from(self.file_size).ok()?;
        self.package.get(start..start.checked_add(length)?)
    }

    const fn end(&self) -> u64 {
        self.virtual_address.saturating_add(self.memory_size)
    }

    const fn overlaps(&self, other: &Segment<'_>) -> bool {
        self.virtual_address < other.end() && other.virtual_address < self.end()
    }

    fn find_defect(&self) -> Option<Defect> {
        let address = self.virtual_address;
        let whole = [address, self.memory_size, self.file_offset].iter().all(|value| value.is_multiple_of(PAGE_SIZE));
        let (read, write, execute) = (self.rights & 1 != 0, self.rights & 2 != 0, self.rights & 4 != 0);
        if !whole || self.memory_size == 0 {
            Some(Defect::Alignment(address))
        } else if !(USER_START..USER_END).contains(&address) || self.memory_size > USER_END - address {
            Some(Defect::Range(address))
        } else if self.file_size > self.memory_size || self.checked_contents().is_none() {
            Some(Defect::Contents(address))
        } else if !read || write && execute || self.rights > 7 {
            Some(Defect::Rights(address))
        } else {
            None
        }
    }
}

#[inline(never)]
fn read32(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(offset..offset + 4)?.try_into().ok()?))
}

#[inline(never)]
fn read64(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(offset..offset + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests;
