//! The parts of an ELF file that are loaded: each checked, rounded to whole pages and laid beside the others.

use elf::ElfBytes;
use elf::abi::{PF_R, PF_W, PF_X, PT_LOAD};
use elf::endian::LittleEndian;
use elf::segment::ProgramHeader;
use l4k_sys::abi::Rights;
use l4k_sys::abi::memory::{MEMORY_END, PAGE_SIZE, USER_END, USER_START};
use l4k_sys::package::STARTED_SEGMENTS_MAX;

use crate::elf_fault::{ElfFault, Span};
use crate::image::ImageSegment;

/// A segment in whole pages, and the place that the file gave it.
pub struct Loaded {
    pub span: Span,
    pub segment: ImageSegment,
}

/// The segments by rising address. `file_bytes` is the length of the file.
pub(crate) fn load(elf: &ElfBytes<'_, LittleEndian>, file_bytes: u64) -> Result<Vec<Loaded>, ElfFault> {
    let headers = elf.segments().into_iter().flatten().enumerate();
    // An empty one is what a linker script's segment without contents leaves behind.
    let loads = headers.filter(|(_, header)| header.p_type == PT_LOAD && header.p_memsz != 0);
    let mut loaded = loads
        .map(|(index, header)| segment(elf, index, &header, file_bytes))
        .collect::<Result<Vec<Loaded>, ElfFault>>()?;
    if loaded.is_empty() {
        return Err(ElfFault::NoSegments);
    }
    if loaded.len() > STARTED_SEGMENTS_MAX {
        return Err(ElfFault::TooManySegments { count: loaded.len() });
    }
    check_size(&loaded)?;
    loaded.sort_by_key(|part| part.segment.virtual_address);
    for pair in loaded.windows(2) {
        if pair[0].segment.virtual_address + pair[0].segment.memory_size > pair[1].segment.virtual_address {
            return Err(ElfFault::Overlap { first: pair[0].span, second: pair[1].span });
        }
    }
    Ok(loaded)
}

/// Checks that there can be a machine with memory for all of them.
fn check_size(loaded: &[Loaded]) -> Result<(), ElfFault> {
    // Each is below the end of the range of programs, and there are at most 65535 of them: the sum is far from the largest number.
    let bytes = loaded.iter().map(|part| part.segment.memory_size).sum::<u64>();
    let largest = loaded.iter().max_by_key(|part| part.segment.memory_size);
    match largest {
        Some(part) if bytes > MEMORY_END => Err(ElfFault::TooLarge { largest: part.span, bytes }),
        _ => Ok(()),
    }
}

fn segment(
    elf: &ElfBytes<'_, LittleEndian>,
    index: usize,
    header: &ProgramHeader,
    file_bytes: u64,
) -> Result<Loaded, ElfFault> {
    let span = span(index, header)?;
    let rights = rights(span, header.p_flags)?;
    // Without contents, its place in the file means nothing: strip leaves it where the file once was longer.
    let is_empty = header.p_filesz == 0;
    if header.p_align > 1 {
        let agrees = is_empty || header.p_vaddr % header.p_align == header.p_offset % header.p_align;
        if !header.p_align.is_power_of_two() || !agrees {
            return Err(ElfFault::Misaligned { span, offset: header.p_offset, align: header.p_align });
        }
    }
    if header.p_filesz > header.p_memsz {
        return Err(ElfFault::MoreContentsThanMemory { span, file_size: header.p_filesz });
    }
    let beyond = ElfFault::BeyondFile { span, offset: header.p_offset, file_size: header.p_filesz, file_bytes };
    let data = if is_empty { &[] } else { elf.segment_data(header).map_err(|_| beyond)? };

    // Rounded outwards to whole pages; what that adds is zero.
    let lead = header.p_vaddr % PAGE_SIZE;
    let mut contents = vec![0; lead as usize];
    contents.extend_from_slice(data);
    let virtual_address = span.start - lead;
    let memory_size = span.end.next_multiple_of(PAGE_SIZE) - virtual_address;
    Ok(Loaded { span, segment: ImageSegment { virtual_address, memory_size, rights, contents } })
}

fn span(index: usize, header: &ProgramHeader) -> Result<Span, ElfFault> {
    let (start, end) = (header.p_vaddr, header.p_vaddr.checked_add(header.p_memsz));
    match end {
        Some(end) if start >= USER_START && end <= USER_END => Ok(Span { index, start, end }),
        _ => Err(ElfFault::OutsideUserRange { index, start, memory_size: header.p_memsz }),
    }
}

fn rights(span: Span, flags: u32) -> Result<Rights, ElfFault> {
    let known = [(PF_R, Rights::READ), (PF_W, Rights::WRITE), (PF_X, Rights::EXECUTE)];
    let rights =
        known.iter().filter(|(flag, _)| flags & flag != 0).fold(Rights::NONE, |sum, (_, right)| sum.union(*right));
    if rights.contains(Rights::WRITE.union(Rights::EXECUTE)) {
        return Err(ElfFault::WriteAndExecute { span });
    }
    if !rights.contains(Rights::READ) {
        return Err(ElfFault::NotReadable { span });
    }
    Ok(rights)
}
