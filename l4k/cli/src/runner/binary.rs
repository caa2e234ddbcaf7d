//! What cargo has built: a firmware, a test program, or a program. Calls `test_list`. It reads ELF files and does not run them.

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use l4k_build::{ABI_SECTION, convert};
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{LittleEndian, Object, ObjectSection, elf};

use super::test_list::{self, TestEntry};

/// Section of a kernel that holds the package of programs.
const PROGRAMS: &str = ".l4k.programs";
/// Section of a test program that lists its tests.
const TESTS: &str = ".l4k.tests";
/// Section of a test program that says which test is to run.
const SELECTED: &str = ".l4k.selected";

/// What a file is.
#[derive(Debug)]
pub enum Binary {
    /// A kernel with programs, which is loaded at this physical address.
    Firmware {
        /// Where it is loaded.
        load_address: u64,
    },
    /// A program that tests.
    Tests(TestProgram),
}

/// A program that tests.
#[derive(Clone, Debug)]
pub struct TestProgram {
    /// Its tests, in the order of their numbers.
    pub tests: Vec<TestEntry>,
    file: Vec<u8>,
    selected: Range<usize>,
}

impl Binary {
    /// Looks at a file.
    ///
    /// # Errors
    /// It is nothing that can be booted.
    pub fn read(file: Vec<u8>) -> Result<Binary> {
        let Ok(parsed) = ElfFile64::<LittleEndian>::parse(&*file) else {
            bail!("this is no ELF file for the target; is the runner set for another target?");
        };
        if parsed.section_by_name(PROGRAMS).is_some() {
            return Ok(Binary::Firmware { load_address: load_address(&parsed)? });
        }
        ensure!(
            parsed.section_by_name(ABI_SECTION).is_some(),
            "this is neither a firmware nor a program of l4k: it lacks the sections {PROGRAMS} and {ABI_SECTION}"
        );
        let Some(list) = parsed.section_by_name(TESTS) else {
            bail!(
                "this is a program without tests, and a program runs as a part of a firmware: name it in the firmware's build.rs, and \
                 use cargo run there; a test file needs l4k_test::tests! and harness = false"
            );
        };
        let tests = test_list::read(list.data().context("reading the list of tests")?)?;
        let selected = place(&parsed, SELECTED)?;
        ensure!(selected.len() == 4, "the section {SELECTED} has {} bytes instead of 4", selected.len());
        Ok(Binary::Tests(TestProgram { tests, selected, file }))
    }
}

impl TestProgram {
    /// The package with this program alone, which runs one test.
    ///
    /// # Errors
    /// The program was not linked as one.
    pub fn package(&self, test: u32, stack_size: u32) -> Result<Vec<u8>> {
        let mut file = self.file.clone();
        file[self.selected.clone()].copy_from_slice(&test.to_le_bytes());
        let image = convert("test", &file).context(
            "the test file is not linked as a program: does its package's build.rs call l4k_build::link_tests()?",
        )?;
        l4k_build::write(&[l4k_build::ProgramImage { stack_size, ..image }]).context("packing the test program")
    }
}

/// A copy of a kernel with another package.
///
/// # Errors
/// The kernel has no room for it.
pub fn with_package(kernel: &[u8], package: &[u8]) -> Result<Vec<u8>> {
    let parsed = ElfFile64::<LittleEndian>::parse(kernel).context("the kernel is no ELF file")?;
    let room = place(&parsed, PROGRAMS)?;
    ensure!(package.len() <= room.len(), "a package of {} bytes, and room for {}", package.len(), room.len());
    let mut copy = kernel.to_vec();
    copy[room.clone()].fill(0);
    copy[room.start..room.start + package.len()].copy_from_slice(package);
    Ok(copy)
}

/// Where a section's contents are in the file.
fn place(file: &ElfFile64<'_, LittleEndian>, name: &str) -> Result<Range<usize>> {
    let section = file.section_by_name(name).with_context(|| format!("there is no section {name}"))?;
    let (start, length) = section.file_range().with_context(|| format!("the section {name} is not in the file"))?;
    let (start, length) = (usize::try_from(start)?, usize::try_from(length)?);
    let end = start.checked_add(length).filter(|end| *end <= file.data().len());
    Ok(start..end.with_context(|| format!("the section {name} is cut short"))?)
}

/// The lowest physical address that is loaded.
fn load_address(file: &ElfFile64<'_, LittleEndian>) -> Result<u64> {
    let headers = file.elf_program_headers().iter();
    let loaded = headers.filter(|header| header.p_type(LittleEndian) == elf::PT_LOAD);
    loaded.map(|header| header.p_paddr(LittleEndian)).min().context("the kernel has nothing to load")
}

#[cfg(test)]
mod tests {
    use super::Binary;

    #[test]
    fn what_cannot_be_booted_is_refused() {
        let said = Binary::read(b"#!/bin/sh\n".to_vec()).unwrap_err().to_string();
        assert!(said.contains("no ELF file for the target"), "{said}");
        // This test itself: an ELF file on most computers, and no firmware anywhere.
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(Binary::read(own).is_err());
    }
}
