//! A program as it lies in the package. May call `failure` and `image_error`.

use heapless::Vec;
use l4k_sys::abi::{Error, FrameSize, Rights, VERSION_MAJOR, VERSION_MINOR};
use l4k_sys::package::{Package, Program, STARTED_SEGMENTS_MAX};

use crate::failure::{Cause, Failure, Step};
use crate::image_error::ImageError;

/// Segments that a program can have.
pub const SEGMENTS_MAX: usize = STARTED_SEGMENTS_MAX;

/// A part of a program's memory with the same rights.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Where it belongs; a multiple of 4096.
    pub address: u64,
    /// Its length in bytes; a multiple of 4096.
    pub bytes: u64,
    /// Read, write, execute.
    pub rights: Rights,
    /// Its contents; the rest is zero.
    pub contents: &'a [u8],
}

impl Segment<'_> {
    /// Addresses and sizes of its frames: large ones where they fit. A large segment would take too many slots otherwise.
    pub fn frames(&self) -> impl Iterator<Item = (u64, FrameSize)> + use<> {
        let (mut address, mut rest) = (self.address, self.bytes);
        core::iter::from_fn(move || {
            let (at, size) = (address, FrameSize::at_start_of(address, rest));
            (rest != 0).then(|| {
                rest = rest.saturating_sub(size.bytes());
                address = address.saturating_add(size.bytes());
                (at, size)
            })
        })
    }
}

/// The ABI version that a program was built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbiVersion {
    /// Major version.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
}

/// A program of the package.
#[derive(Clone)]
pub struct Image<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it begins.
    pub entry: u64,
    /// Length of its stack in bytes; a multiple of 4096.
    pub stack_bytes: u64,
    /// The ABI version that it was built for.
    pub abi: AbiVersion,
    /// Its segments.
    pub segments: Vec<Segment<'a>, SEGMENTS_MAX>,
}

impl<'a> Image<'a> {
    /// The program with this name.
    ///
    /// # Errors
    /// [`ImageError::Missing`] if the package has no such program; [`ImageError::Unfit`] as [`read`](Self::read).
    pub fn find<'n>(package: &Package<'a>, name: &'n str) -> Result<Image<'a>, ImageError<'n, 'a>> {
        let program = package.find(name)?;
        Ok(Self::read(&program)?)
    }

    /// Reads a program and checks that it can run here.
    ///
    /// # Errors
    /// A [`Failure`] at [`Step::Check`] if it has too many segments or was built for another ABI.
    pub fn read(program: &Program<'a>) -> Result<Image<'a>, Failure<'a>> {
        let name = program.name();
        let failure = |cause| Failure { program: name, step: Step::Check, cause };
        let (major, minor) = program.abi_version();
        let mut segments = Vec::new();
        for segment in program.segments() {
            let segment = Segment {
                address: segment.virtual_address(),
                bytes: segment.memory_size(),
                rights: rights_of(segment.rights()).map_err(failure)?,
                contents: segment.contents(),
            };
            segments.push(segment).map_err(|_| failure(Cause::TooManySegments))?;
        }
        let image = Image {
            name,
            entry: program.entry(),
            stack_bytes: u64::from(program.stack_size()),
            abi: AbiVersion { major, minor },
            segments,
        };
        image.check_abi().map_err(failure)?;
        Ok(image)
    }

    /// A program runs on its own major version, from its own minor version on.
    fn check_abi(&self) -> Result<(), Cause> {
        let AbiVersion { major, minor } = self.abi;
        let fits = major == VERSION_MAJOR && (0..=VERSION_MINOR).contains(&minor);
        if fits { Ok(()) } else { Err(Cause::AbiVersion { major, minor }) }
    }

    /// Frames of this size that all segments take.
    #[must_use]
    pub fn frames(&self, size: FrameSize) -> u64 {
        self.segments.iter().flat_map(Segment::frames).filter(|frame| frame.1 == size).count() as u64
    }
}

/// The package's rights have the bits of a frame's rights.
fn rights_of(bits: u32) -> Result<Rights, Cause> {
    Rights::from_bits(u64::from(bits)).ok_or(Cause::Kernel(Error::InvalidRights))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_program_for_another_abi_is_refused_by_name() {
        let mut image = Image {
            name: "old",
            entry: 0,
            stack_bytes: 0,
            abi: AbiVersion { major: 0, minor: 9 },
            segments: Vec::new(),
        };
        let cause = image.check_abi().unwrap_err();
        let failure = Failure { program: image.name, step: Step::Check, cause };
        let expected = std::format!(
            "program old: cannot check: it was built for ABI version 0.9, and this is {VERSION_MAJOR}.{VERSION_MINOR}"
        );
        assert_eq!(failure.to_string(), expected);
        image.abi = AbiVersion { major: VERSION_MAJOR, minor: VERSION_MINOR };
        assert_eq!(image.check_abi(), Ok(()));
        image.abi.minor += 1;
        assert!(image.check_abi().is_err());
    }
}
