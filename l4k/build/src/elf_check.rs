//! Checks a program's ELF file and takes out what is needed to run it. No file is touched here: bytes in, image out.

use elf::ElfBytes;
use elf::abi::{
    EI_CLASS, EI_DATA, EI_NIDENT, ELFCLASS64, ELFDATA2LSB, ELFMAGIC, EM_AARCH64, ET_EXEC, PT_DYNAMIC, PT_INTERP, PT_TLS,
};
use elf::endian::LittleEndian;
use l4k_sys::abi::Rights;

use crate::elf_fault::{ElfError, ElfFault};
use crate::elf_segments::{self, Loaded};
use crate::image::{AbiVersion, DEFAULT_STACK_SIZE, ProgramImage};

/// Section that tells the ABI version a program was built for, as two little-endian `u16`: major, minor.
/// `l4k_sys::entry!` makes it.
pub const ABI_SECTION: &str = ".l4k.abi";

/// Checks an ELF file and makes the program's image of it, with a stack of [`DEFAULT_STACK_SIZE`].
///
/// # Errors
/// [`ElfError`] names the program and tells the first fault found.
pub fn convert(name: &str, file: &[u8]) -> Result<ProgramImage, ElfError> {
    image(name, file).map_err(|fault| ElfError { program: name.to_owned(), fault })
}

fn image(name: &str, file: &[u8]) -> Result<ProgramImage, ElfFault> {
    let elf = open(file)?;
    check_static(&elf)?;
    let loaded = elf_segments::load(&elf, file.len() as u64)?;
    let abi_version = abi_version(&elf)?;
    check_entry(elf.ehdr.e_entry, &loaded)?;
    Ok(ProgramImage {
        name: name.to_owned(),
        entry: elf.ehdr.e_entry,
        stack_size: DEFAULT_STACK_SIZE,
        abi_version,
        segments: loaded.into_iter().map(|loaded| loaded.segment).collect(),
    })
}

/// Checks that it is a program for the right machine, before anything else of the file is believed.
fn open(file: &[u8]) -> Result<ElfBytes<'_, LittleEndian>, ElfFault> {
    let identity: &[u8; EI_NIDENT] = file.first_chunk().ok_or(ElfFault::NotElf)?;
    if !identity.starts_with(&ELFMAGIC) {
        return Err(ElfFault::NotElf);
    }
    if identity[EI_CLASS] != ELFCLASS64 {
        return Err(ElfFault::Not64Bit);
    }
    if identity[EI_DATA] != ELFDATA2LSB {
        return Err(ElfFault::NotLittleEndian);
    }
    let elf = ElfBytes::<LittleEndian>::minimal_parse(file)
        .map_err(|error| ElfFault::Broken { reason: error.to_string() })?;
    if elf.ehdr.e_machine != EM_AARCH64 {
        return Err(ElfFault::Machine { found: elf.ehdr.e_machine });
    }
    if elf.ehdr.e_type != ET_EXEC {
        return Err(ElfFault::NotExecutable { kind: elf.ehdr.e_type });
    }
    Ok(elf)
}

/// Checks that nobody is needed to finish the program when it is loaded.
fn check_static(elf: &ElfBytes<'_, LittleEndian>) -> Result<(), ElfFault> {
    for header in elf.segments().into_iter().flatten() {
        match header.p_type {
            PT_DYNAMIC | PT_INTERP => return Err(ElfFault::Dynamic),
            // Linkers leave an empty one behind.
            PT_TLS if header.p_memsz != 0 => return Err(ElfFault::ThreadLocal),
            _ => {}
        }
    }
    Ok(())
}

fn abi_version(elf: &ElfBytes<'_, LittleEndian>) -> Result<AbiVersion, ElfFault> {
    let broken = |error: elf::ParseError| ElfFault::Broken { reason: error.to_string() };
    let section = elf.section_header_by_name(ABI_SECTION).map_err(broken)?.ok_or(ElfFault::NoAbiSection)?;
    let (contents, _) = elf.section_data(&section).map_err(broken)?;
    let note: [u8; 4] = contents.try_into().map_err(|_| ElfFault::AbiSection { bytes: contents.len() })?;
    let found = AbiVersion::from_note(note);
    if AbiVersion::CURRENT.runs(found) {
        Ok(found)
    } else {
        Err(ElfFault::AbiVersion { found, supported: AbiVersion::CURRENT })
    }
}

fn check_entry(entry: u64, loaded: &[Loaded]) -> Result<(), ElfFault> {
    // Against the file's own bounds: what rounding to pages adds holds no code.
    let is_code = |part: &Loaded| {
        part.segment.rights.contains(Rights::EXECUTE) && (part.span.start..part.span.end).contains(&entry)
    };
    if !entry.is_multiple_of(4) || !loaded.iter().any(is_code) {
        return Err(ElfFault::Entry { address: entry });
    }
    Ok(())
}
