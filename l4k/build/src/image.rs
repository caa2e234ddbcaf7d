//! A program between its ELF file and the package.

use std::fmt::{self, Display, Formatter};

use l4k_sys::abi::{Rights, VERSION_MAJOR, VERSION_MINOR};

/// Length of a program's stack in bytes, unless the firmware asks for another.
pub const DEFAULT_STACK_SIZE: u32 = 16 * 1024;

/// What is needed to run a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramImage {
    /// Its name in the firmware.
    pub name: String,
    /// Where it begins.
    pub entry: u64,
    /// Length of its stack in bytes, a multiple of 4096.
    pub stack_size: u32,
    /// The ABI version it was built for.
    pub abi_version: AbiVersion,
    /// Its segments, by rising address; they do not overlap.
    pub segments: Vec<ImageSegment>,
}

/// Whole pages of a program's memory with the same rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSegment {
    /// Where they belong, a multiple of 4096.
    pub virtual_address: u64,
    /// Their length in bytes, a multiple of 4096.
    pub memory_size: u64,
    /// What the program may do there.
    pub rights: Rights,
    /// Their contents from the first byte on; the rest is zero.
    pub contents: Vec<u8>,
}

/// A version of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbiVersion {
    /// Major version.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
}

impl AbiVersion {
    /// The version of the `l4k-sys` that this crate was built with.
    pub const CURRENT: AbiVersion = AbiVersion { major: VERSION_MAJOR, minor: VERSION_MINOR };

    /// Whether a kernel of this version runs a program built for `program`: the same major version, and a minor one not later.
    #[must_use]
    pub const fn runs(self, program: AbiVersion) -> bool {
        self.major == program.major && self.minor >= program.minor
    }

    /// As it stands in a program's section [`ABI_SECTION`](crate::ABI_SECTION).
    #[must_use]
    pub const fn from_note(note: [u8; 4]) -> AbiVersion {
        let [major_low, major_high, minor_low, minor_high] = note;
        AbiVersion {
            major: u16::from_le_bytes([major_low, major_high]),
            minor: u16::from_le_bytes([minor_low, minor_high]),
        }
    }
}

impl Display for AbiVersion {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_runs_earlier_minor_versions_of_its_major_version() {
        let version = |major, minor| AbiVersion { major, minor };
        assert!(version(2, 3).runs(version(2, 3)) && version(2, 3).runs(version(2, 0)));
        assert!(!version(2, 3).runs(version(2, 4)));
        assert!(!version(2, 3).runs(version(1, 0)) && !version(2, 3).runs(version(3, 0)));
    }

    #[test]
    fn a_note_is_little_endian() {
        assert_eq!(AbiVersion::from_note([1, 2, 3, 4]), AbiVersion { major: 0x0201, minor: 0x0403 });
    }
}
