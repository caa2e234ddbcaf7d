//! Every kind of broken ELF file, and the way of a good one into a package.

use elf::abi::{ET_DYN, PF_R, PF_W, PF_X, PT_DYNAMIC, PT_INTERP, PT_LOAD, PT_NOTE, PT_TLS};
use l4k_sys::abi::Rights;
use l4k_sys::package::Package;

use crate::handmade::{CONTENTS, Handmade, Header, content};
use crate::image::AbiVersion;
use crate::{DEFAULT_STACK_SIZE, convert, write};

/// Spoils a good file, and gives what is said about it.
fn said(spoil: impl FnOnce(&mut Handmade)) -> String {
    let mut handmade = Handmade::new();
    spoil(&mut handmade);
    said_of(&handmade.bytes())
}

fn said_of(file: &[u8]) -> String {
    let sentence = convert("uart", file).unwrap_err().to_string();
    sentence.strip_prefix("program 'uart': ").expect("the program is named").to_owned()
}

fn expected(range: std::ops::Range<u64>) -> Vec<u8> {
    range.map(content).collect()
}

#[test]
fn a_good_file_becomes_whole_pages() {
    let image = convert("uart", &Handmade::new().bytes()).unwrap();
    assert_eq!((&*image.name, image.entry, image.stack_size), ("uart", 0x20_0010, DEFAULT_STACK_SIZE));
    assert_eq!(image.abi_version, AbiVersion::CURRENT);
    let [code, constants, data] = image.segments.as_slice() else { panic!("three segments") };

    assert_eq!((code.virtual_address, code.memory_size), (0x20_0000, 0x2000));
    assert_eq!(code.rights, Rights::READ.union(Rights::EXECUTE));
    assert_eq!(code.contents, expected(CONTENTS..CONTENTS + 0x1800));

    // From the page's beginning: zeros, not what stands in the file there.
    assert_eq!((constants.virtual_address, constants.memory_size), (0x20_2000, 0x1000));
    assert_eq!(constants.rights, Rights::READ);
    assert_eq!(constants.contents[..0x800], [0; 0x800]);
    assert_eq!(constants.contents[0x800..], expected(0x2800..0x2900));

    assert_eq!((data.virtual_address, data.memory_size), (0x20_3000, 0x2000));
    assert_eq!(data.rights, Rights::READ.union(Rights::WRITE));
    assert_eq!(data.contents, expected(0x3000..0x3010));
}

#[test]
fn a_good_file_goes_through_a_package_unchanged() {
    let image = convert("uart", &Handmade::new().bytes()).unwrap();
    let first = convert("init", &Handmade::new().bytes()).unwrap();
    let bytes = write(&[first, image.clone()]).unwrap();
    let package = Package::parse(&bytes).unwrap();
    assert_eq!(package.programs().next().unwrap().name(), "init");
    let program = package.find("uart").unwrap();
    assert_eq!(program.entry(), image.entry);
    assert_eq!(program.segments().count(), 3);
    for (written, read) in image.segments.iter().zip(program.segments()) {
        assert_eq!(read.virtual_address(), written.virtual_address);
        assert_eq!(read.memory_size(), written.memory_size);
        assert_eq!(read.contents(), written.contents);
    }
}

#[test]
fn segments_out_of_order_and_empty_ones_are_accepted() {
    let mut handmade = Handmade::new();
    handmade.segments.reverse();
    handmade.segments.push(Header { address: 0, file_size: 0, memory_size: 0, ..handmade.segments[0] });
    assert_eq!(convert("uart", &handmade.bytes()), convert("uart", &Handmade::new().bytes()));
}

#[test]
fn what_is_no_program_for_this_machine_is_refused() {
    assert_eq!(said_of(b""), "this is not an ELF file");
    assert_eq!(said_of(b"#!/bin/sh\necho hello\n"), "this is not an ELF file");
    assert_eq!(said(|file| file.class = 1), "it is not a 64-bit ELF file");
    assert_eq!(said(|file| file.endianness = 2), "it is not little-endian");
    assert_eq!(said(|file| file.machine = 62), "it is for ELF machine 62, not for AArch64 (183)");
    assert!(
        said(|file| file.kind = ET_DYN).starts_with("its ELF type is 3, not 2: it must be linked at fixed addresses")
    );
}

#[test]
fn what_somebody_would_have_to_finish_at_load_time_is_refused() {
    let with = |kind| move |file: &mut Handmade| file.segments.push(Header { kind, ..file.segments[1] });
    assert_eq!(said(with(PT_DYNAMIC)), "it needs a dynamic linker, and there is none");
    assert_eq!(said(with(PT_INTERP)), "it needs a dynamic linker, and there is none");
    assert_eq!(said(with(PT_TLS)), "it uses thread-local storage, which nobody sets up");
}

#[test]
fn a_file_that_was_cut_short_is_refused_at_any_length() {
    let whole = Handmade::new().bytes();
    for length in 0..whole.len() {
        convert("uart", &whole[..length]).unwrap_err();
    }
    assert!(said_of(&whole[..40]).starts_with("the ELF file is broken or cut short"));
    assert!(said_of(&whole[..whole.len() - 1]).starts_with("the ELF file is broken or cut short"));
}

#[test]
fn damaged_files_never_panic() {
    let whole = Handmade::new().bytes();
    let mut state = 0x6c34_6b20_656c_6621_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let (mut accepted, mut file) = (0, whole.clone());
    for _ in 0..20_000 {
        let places = [random() % 64, 64 + random() % (3 * 56), whole.len() - 1 - random() % 256];
        for place in places.iter().take(1 + random() % 3) {
            file[*place] ^= 1 << (random() % 8);
        }
        if let Ok(image) = convert("uart", &file) {
            accepted += 1;
            write(&[image]).expect("what was accepted can be packed and read");
        }
        places.iter().for_each(|&place| file[place] = whole[place]);
    }
    assert!(accepted > 100, "{accepted} accepted: the test is blind");
}

#[test]
fn a_file_without_segments_is_refused() {
    assert_eq!(said(|file| file.segments.clear()), "it has no segment to load");
    assert_eq!(
        said(|file| file.segments.iter_mut().for_each(|header| header.kind = PT_NOTE)),
        "it has no segment to load"
    );
}

#[test]
fn more_segments_than_init_takes_are_refused_with_both_numbers() {
    let with = |count: usize| {
        let mut handmade = Handmade::new();
        let data = handmade.segments[2];
        let more = (handmade.segments.len()..count).map(|index| index as u64 * 0x10_0000);
        handmade.segments.extend(more.map(|offset| Header { address: data.address + offset, ..data }));
        convert("uart", &handmade.bytes())
    };
    assert_eq!(with(12).map(|image| image.segments.len()), Ok(12));
    let text = "program 'uart': it has 13 segments to load, and l4k-init takes 12: let its linker script put sections with the same rights into one segment";
    assert_eq!(with(13).unwrap_err().to_string(), text);
}

#[test]
fn write_and_execute_together_are_refused() {
    assert_eq!(
        said(|file| file.segments[2].flags = PF_R | PF_W | PF_X),
        "segment 2 at 0x203000..0x204234 is writable and executable"
    );
    assert_eq!(said(|file| file.segments[0].flags = PF_X), "segment 0 at 0x200000..0x201800 is not readable");
}

#[test]
fn addresses_outside_the_range_of_programs_are_refused() {
    for (address, size) in
        [(0, 0x10), (0xfff, 1), (0xffff_ffff_8000_0000, 0x1000), (1 << 47, 1), ((1 << 47) - 1, 2), (u64::MAX - 7, 16)]
    {
        let text = said(|file| {
            (file.segments[1].address, file.segments[1].memory_size, file.segments[1].align) = (address, size, 1);
        });
        let start = format!("segment 1 at {address:#x} with {size:#x} bytes is not between 0x1000 and 0x800000000000");
        assert!(text.starts_with(&start), "{text}");
    }
}

#[test]
fn overlapping_segments_are_refused() {
    assert_eq!(
        said(|file| file.segments[0].memory_size = 0x2900),
        "segment 0 at 0x200000..0x202900 and segment 1 at 0x202800..0x202900 overlap"
    );
    assert_eq!(
        said(|file| file.segments[0].memory_size = 0x2400),
        "segment 0 at 0x200000..0x202400 and segment 1 at 0x202800..0x202900 have a page in common, so their rights could not differ"
    );
    assert!(said(|file| file.segments.push(file.segments[1])).ends_with("overlap"));
}

#[test]
fn unaligned_segments_are_refused() {
    assert_eq!(
        said(|file| file.segments[1].offset += 8),
        "segment 1 at 0x202800..0x202900 is at 0x2808 in the file, which does not agree with its alignment 0x1000"
    );
    assert!(said(|file| file.segments[1].align = 3).ends_with("does not agree with its alignment 0x3"));
}

#[test]
fn contents_beyond_the_file_are_refused() {
    assert_eq!(
        said(|file| (file.segments[2].file_size, file.segments[2].memory_size) = (0x10_0000, 0x10_0000))
            .split(" beyond")
            .next(),
        Some("segment 2 at 0x203000..0x303000 has 0x100000 bytes of contents at 0x3000 in the file,")
    );
    assert!(said(|file| file.segments[2].offset = 0xffff_ffff_ffff_f000).contains(" beyond its end at "));
    assert_eq!(
        said(|file| file.segments[0].file_size = 0x1801),
        "segment 0 at 0x200000..0x201800 has 0x1801 bytes of contents, more than memory"
    );
}

/// As `strip` leaves it: the zeros of a program stood behind what is no longer there.
#[test]
fn a_segment_without_contents_may_lie_anywhere_in_the_file() {
    for offset in [0, 0x1234_5678, 0x7fff_ffff_ffff_f001, u64::MAX] {
        let mut handmade = Handmade::new();
        let data = &mut handmade.segments[2];
        (data.file_size, data.offset) = (0, offset);
        let image = convert("uart", &handmade.bytes()).unwrap();
        let data = &image.segments[2];
        assert_eq!((data.memory_size, data.contents.len()), (0x2000, 0), "{offset:#x}");
    }
}

#[test]
fn memory_that_no_machine_has_is_refused() {
    let said = said(|file| file.segments[2].memory_size = 1 << 46);
    let text = "its segments need 70368744189952 bytes, 70231305236480 more than the 137438953472 of all memory that the kernel can use; \
                the largest is segment 2 at 0x203000..0x400000203000";
    assert_eq!(said, text);
    let mut handmade = Handmade::new();
    handmade.segments[2].memory_size = 300 << 20;
    assert_eq!(convert("uart", &handmade.bytes()).unwrap().segments[2].memory_size, 300 << 20);
}

#[test]
fn an_entry_outside_the_code_is_refused() {
    // Nowhere, in the constants, behind the code but in its page, and between two instructions.
    for entry in [0, 0x20_2800, 0x20_1800, 0x20_0012] {
        assert_eq!(
            said(|file| file.entry = entry),
            format!("its entry {entry:#x} is not in an executable segment, or not a multiple of 4")
        );
    }
}

#[test]
fn the_abi_version_must_be_there_and_fit() {
    assert_eq!(said(|file| file.section.0 = ".other"), "it does not use l4k_sys::entry! (it has no section .l4k.abi)");
    assert_eq!(
        said(|file| file.section.1.extend([0; 4])),
        "its section .l4k.abi has 8 bytes, not 4: is l4k_sys::entry! used twice?"
    );
    let AbiVersion { major, minor } = AbiVersion::CURRENT;
    for (found_major, found_minor) in [(major + 1, 0), (major, minor + 1), (0xffff, 0xffff)] {
        let note = [found_major.to_le_bytes(), found_minor.to_le_bytes()].concat();
        assert_eq!(
            said(|file| file.section.1 = note),
            format!("it was built for ABI {found_major}.{found_minor}, and the kernel has ABI {major}.{minor}")
        );
    }
}

#[test]
fn headers_of_other_kinds_are_passed_over() {
    let mut handmade = Handmade::new();
    // GNU_STACK, as linkers write it: executable by its flags, and nothing.
    handmade.segments.push(Header { kind: 0x6474_e551, flags: PF_R | PF_W | PF_X, ..handmade.segments[0] });
    assert!(handmade.segments[3].kind != PT_LOAD);
    assert_eq!(convert("uart", &handmade.bytes()).unwrap().segments.len(), 3);
}
