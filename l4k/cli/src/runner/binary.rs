//! What cargo has built: a firmware, a test program, or a program. Calls `test_list` and `mark`. It reads ELF files and does not run them.

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use l4k_build::{ABI_SECTION, convert};
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Architecture, LittleEndian, Object, ObjectSection, elf};

use super::mark::Mark;
use super::test_list::{self, TestEntry};

/// Section of a kernel that holds the package of programs.
const PROGRAMS: &str = ".l4k.programs";
/// Section of a test program that lists its tests.
const TESTS: &str = ".l4k.tests";
/// Section of a test program that says which test is to run.
const SELECTED: &str = ".l4k.selected";

/// Bytes of that section: the test's number, and the mark that is printed around it.
const CHOICE: usize = 12;

/// Which test of a program is booted, with its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The test's number.
    pub test: u32,
    /// The mark of this boot.
    pub mark: Mark,
}

impl Chosen {
    fn bytes(self) -> [u8; CHOICE] {
        let mut bytes = [0; CHOICE];
        bytes[..4].copy_from_slice(&self.test.to_le_bytes());
        bytes[4..].copy_from_slice(&self.mark.bytes());
        bytes
    }
}

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
        let parsed = match ElfFile64::<LittleEndian>::parse(&*file) {
            Ok(parsed) if parsed.architecture() == Architecture::Aarch64 => parsed,
            Err(error) if file.starts_with(&elf::ELFMAG) && file.get(4) != Some(&elf::ELFCLASS32.0) => {
                bail!("this ELF file is cut short or damaged ({error}); remove it, and build it again")
            }
            Ok(_) | Err(_) => bail!("this is no ELF file for the target; is the runner set for another target?"),
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
        ensure!(
            selected.len() == CHOICE,
            "the section {SELECTED} has {} bytes instead of {CHOICE}: l4k-test is of another version than this cargo l4k",
            selected.len()
        );
        Ok(Binary::Tests(TestProgram { tests, selected, file }))
    }
}

impl TestProgram {
    /// The package with this program alone, which runs one test.
    ///
    /// # Errors
    /// The program was not linked as one.
    pub fn package(&self, chosen: Chosen, stack_size: u32) -> Result<Vec<u8>> {
        let mut file = self.file.clone();
        file[self.selected.clone()].copy_from_slice(&chosen.bytes());
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

    /// The header of an ELF file without anything else, for a machine.
    fn header(machine: object::elf::Machine) -> Vec<u8> {
        let mut file = vec![0; 64];
        file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        file[16..18].copy_from_slice(&object::elf::ET_EXEC.0.to_le_bytes());
        file[18..20].copy_from_slice(&machine.0.to_le_bytes());
        file[52..54].copy_from_slice(&64_u16.to_le_bytes());
        file
    }

    #[test]
    fn a_foreign_file_and_a_damaged_one_are_told_apart() {
        let said = |file: Vec<u8>| Binary::read(file).unwrap_err().to_string();
        assert!(said(header(object::elf::EM_AARCH64)).starts_with("this is neither a firmware nor a program"));
        assert!(said(header(object::elf::EM_X86_64)).contains("no ELF file for the target"));
        for length in [4, 20, 63] {
            let file = header(object::elf::EM_AARCH64)[..length].to_vec();
            assert!(said(file).starts_with("this ELF file is cut short or damaged ("), "{length}");
        }
        // Tables that would lie outside of it, or are larger than anything.
        for (place, width) in [(32, 8), (40, 8), (32, 1), (56, 2), (60, 2)] {
            let mut file = header(object::elf::EM_AARCH64);
            file[place..place + width].fill(0xff);
            let said = said(file);
            assert!(said.contains("cut short or damaged") || said.contains("neither a firmware"), "{place}: {said}");
        }
    }
}
