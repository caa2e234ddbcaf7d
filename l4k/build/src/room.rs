//! Room for a package that is put into the image later. Calls `environment`.
//!
//! `cargo l4k runner` builds a project's kernel once, with room instead of programs, and puts each test program into a copy of the image. So the
//! tests run on the project's own kernel, and a test costs no build of it. The variable says how much room.

use std::env;
use std::path::Path;

use l4k_sys::abi::memory::PAGE_SIZE;

use crate::error::BuildError;
use crate::firmware::write_file;

/// The variable: how many bytes of room, a multiple of 4096.
pub const VARIABLE: &str = "L4K_PACKAGE_ROOM";

/// The most: more is a mistake, and would be held in memory.
const MOST: u64 = 256 << 20;

/// How much room is asked for; `None` if the programs are wanted.
///
/// # Errors
/// [`BuildError::Room`] if the variable holds something else than a number of bytes in whole pages.
pub fn asked_for() -> Result<Option<usize>, BuildError> {
    match env::var_os(VARIABLE) {
        None => Ok(None),
        Some(value) => read(&value.to_string_lossy()).map(Some),
    }
}

fn read(value: &str) -> Result<usize, BuildError> {
    let bytes: Option<u64> =
        value.parse().ok().filter(|bytes| (1..=MOST).contains(bytes) && u64::is_multiple_of(*bytes, PAGE_SIZE));
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    bytes.ok_or_else(|| BuildError::Room { value: value.to_owned() })
}

/// Writes room in place of a package.
///
/// # Errors
/// [`BuildError::File`].
pub fn write(package: &Path, bytes: usize) -> Result<(), BuildError> {
    write_file(package, &vec![0; bytes])
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn room_is_a_number_of_whole_pages() {
        assert_eq!(read("8192"), Ok(8192));
        for wrong in ["", "0", "4095", "-4096", "4096 bytes", "268439552", "9223372036854775808"] {
            let said = read(wrong).unwrap_err().to_string();
            assert!(said.starts_with(&format!("L4K_PACKAGE_ROOM is '{wrong}'")), "{said}");
        }
    }
}
