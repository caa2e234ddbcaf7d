//! Why the package has no usable program of a name: what `Image::find` answers. May call `failure`.

use core::fmt;

use l4k_sys::package::NoSuchProgram;

use crate::failure::Failure;

/// The package has no program of this name, or one that cannot run here.
#[derive(Clone, Copy)]
pub enum ImageError<'n, 'a> {
    /// The package has no program of this name. Printed, it lists the names that the package has.
    Missing(NoSuchProgram<'n, 'a>),
    /// The program cannot run here.
    Unfit(Failure<'a>),
}

impl fmt::Display for ImageError<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(error) => fmt::Display::fmt(error, formatter),
            Self::Unfit(failure) => fmt::Display::fmt(failure, formatter),
        }
    }
}

/// As [`Display`](fmt::Display): this is what `expect` and a `main` that returns the error print.
impl fmt::Debug for ImageError<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl core::error::Error for ImageError<'_, '_> {}

impl<'n, 'a> From<NoSuchProgram<'n, 'a>> for ImageError<'n, 'a> {
    fn from(error: NoSuchProgram<'n, 'a>) -> ImageError<'n, 'a> {
        ImageError::Missing(error)
    }
}

impl<'a> From<Failure<'a>> for ImageError<'_, 'a> {
    fn from(failure: Failure<'a>) -> Self {
        ImageError::Unfit(failure)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use l4k_sys::abi::{FrameSize, VERSION_MAJOR, VERSION_MINOR};
    use l4k_sys::package::{FORMAT_VERSION, HEADER_BYTES, MAGIC, NAME_BYTES, PROGRAM_BYTES, Package};
    use std::string::ToString;
    use std::vec::Vec;

    use super::ImageError;
    use crate::failure::{Cause, Failure, Step};
    use crate::image::Image;
    use crate::problem::Problem;

    const ADDRESS: u64 = 0x20_0000;
    const PAGE: usize = 0x1000;

    /// A package of one program, 'greeter', that has a page of text and a page of zeros.
    fn package() -> Vec<u8> {
        let words = |bytes: &mut Vec<u8>, words: &[u32]| words.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        let version = u32::from(VERSION_MAJOR) | u32::from(VERSION_MINOR) << 16;
        let mut bytes = MAGIC.to_vec();
        words(&mut bytes, &[FORMAT_VERSION, version, 1, 2 * PAGE as u32]);
        bytes.resize(HEADER_BYTES, 0);
        bytes.extend(b"greeter");
        bytes.resize(HEADER_BYTES + NAME_BYTES, 0);
        bytes.extend(ADDRESS.to_le_bytes());
        words(&mut bytes, &[0, 1, PAGE as u32, version]);
        bytes.resize(HEADER_BYTES + PROGRAM_BYTES, 0);
        for word in [ADDRESS, 2 * PAGE as u64, PAGE as u64, PAGE as u64, 5] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.resize(2 * PAGE, 0);
        bytes
    }

    #[test]
    fn a_program_is_found_by_its_name() {
        let bytes = package();
        let image = Image::find(&Package::parse(&bytes).unwrap(), "greeter").unwrap();
        assert_eq!((image.name, image.entry, image.frames(FrameSize::Small)), ("greeter", ADDRESS, 2));
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_names_that_exist() {
        let bytes = package().leak();
        let error = Image::find(&Package::parse(bytes).unwrap(), "greter").unwrap_err();
        let expected = "the package has no program 'greter'; it has 'greeter'";
        assert!(matches!(error, ImageError::Missing(_)));
        assert_eq!(error.to_string(), expected);
        assert_eq!(std::format!("{error:?}"), expected);
        assert_eq!(std::format!("{:?}", Problem::from(error)), expected);
    }

    #[test]
    fn an_unfit_program_is_told_apart_from_a_missing_one() {
        let error = ImageError::from(Failure { program: "greeter", step: Step::Check, cause: Cause::TooManySegments });
        assert_eq!(error.to_string(), "program greeter: cannot check: it has too many segments");
        assert!(matches!(Problem::from(error), Problem::Program(_)));
    }
}
