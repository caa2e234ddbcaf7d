//! Booting on the simulated machine: what the first program finds in its memory, its slots and its registers, and what keeps a
//! machine from starting.

use l4k::base::address::PhysicalAddress;
use l4k::base::arch::{Line, Trigger};
use l4k::kernel::boot::{BootError, BootInput, Device, MemoryRange};
use l4k::machine::simulated::ram::store_of;
use l4k::machine::simulated::{RAM_START, Simulated};
use l4k::object::capability::{Capability, MemoryClass};
use l4k::object::thread::{State, ThreadSlot};
use l4k::{Kernel, Resume};
use l4k_model::world::CORE;
use l4k_sys::abi::boot::{BootInformation, Entry, slot};
use l4k_sys::abi::{ObjectKind, Rights, SystemCall, VERSION_MAJOR, VERSION_MINOR};
use l4k_sys::package::{FORMAT_VERSION, HEADER_BYTES, MAGIC, NAME_BYTES, PROGRAM_BYTES, SEGMENT_BYTES};

const PAGE: u64 = 4096;
const MIB: u64 = 1 << 20;

/// The slot of the untyped that the first objects are made of: the first behind the well-known ones that is filled.
const GROUND: u64 = 16;

/// Size of the simulated machine's memory.
const RAM: u64 = 16 * MIB;

/// Where the package is; memory that programs get ends there.
const PACKAGE: u64 = RAM_START + 12 * MIB;

/// A segment to be: address, bytes of memory, contents, rights.
type Segment<'a> = (u64, u64, &'a [u8], Rights);

const READ_EXECUTE: Rights = Rights::READ.union(Rights::EXECUTE);
const READ_WRITE: Rights = Rights::READ.union(Rights::WRITE);

const ENTRY: u64 = 0x20_0010;
const STACK: u64 = 0x3000;

/// A package of one program, in the format's bytes.
fn package(segments: &[Segment<'_>]) -> Vec<u8> {
    let mut records = Vec::new();
    let mut contents = Vec::new();
    let table_end = HEADER_BYTES + PROGRAM_BYTES + segments.len() * SEGMENT_BYTES;
    for (address, memory, bytes, rights) in segments {
        let offset = table_end.next_multiple_of(PAGE as usize) + contents.len();
        for word in [*address, *memory, offset as u64, bytes.len() as u64, rights.bits()] {
            records.extend(word.to_le_bytes());
        }
        contents.extend_from_slice(bytes);
        contents.resize(contents.len().next_multiple_of(PAGE as usize), 0xee);
    }
    let version = u32::from(VERSION_MAJOR) | u32::from(VERSION_MINOR) << 16;
    let size = table_end.next_multiple_of(PAGE as usize) + contents.len();
    let mut bytes = MAGIC.to_vec();
    bytes.extend([FORMAT_VERSION, version, 1, size as u32].map(u32::to_le_bytes).as_flattened());
    bytes.resize(HEADER_BYTES, 0);
    bytes.extend(b"first");
    bytes.resize(HEADER_BYTES + NAME_BYTES, 0);
    bytes.extend(ENTRY.to_le_bytes());
    bytes.extend([0, segments.len() as u32, STACK as u32, version].map(u32::to_le_bytes).as_flattened());
    bytes.resize(HEADER_BYTES + PROGRAM_BYTES, 0);
    bytes.extend(records);
    bytes.resize(table_end.next_multiple_of(PAGE as usize), 0);
    bytes.extend(contents);
    bytes
}

fn small_package() -> Vec<u8> {
    let code: Vec<u8> = (0..PAGE + 100).map(|index| (index * 7 % 251) as u8).collect();
    package(&[(0x20_0000, 2 * PAGE, &code, READ_EXECUTE), (0x20_4000, 3 * PAGE, b"data", READ_WRITE)])
}

const fn range(start: u64, bytes: u64) -> MemoryRange {
    MemoryRange { start: PhysicalAddress::truncated(start), bytes }
}

const MEMORY: &[MemoryRange] = &[range(RAM_START + 0x1000, 12 * MIB - 0x1000)];

fn input<'a>(package: &'a [u8]) -> BootInput<'a> {
    let package_address = PhysicalAddress::truncated(PACKAGE);
    BootInput { board: "bench", memory: MEMORY, device_memory: &[], devices: &[], package, package_address, cores: 3 }
}

/// A machine whose memory is full of what was there before.
fn dirty_machine(package: &[u8]) -> Kernel<Simulated> {
    let mut kernel = Kernel::new(store_of(Simulated::new(RAM as usize)));
    let store = &mut kernel.system.store;
    store.bytes_mut(PhysicalAddress::truncated(RAM_START), RAM).fill(0xa5);
    store.copy_in(PhysicalAddress::truncated(PACKAGE), package);
    kernel
}

fn refusal<'a>(input: &BootInput<'a>) -> BootError<'a> {
    Kernel::new(store_of(Simulated::new(RAM as usize))).boot(input).expect_err("a machine that cannot start")
}

/// A machine that has booted, with what its first program was told.
struct Booted {
    kernel: Kernel<Simulated>,
    information: Vec<u8>,
}

impl Booted {
    fn with(input: &BootInput<'_>) -> Booted {
        let mut kernel = dirty_machine(if input.package.len() < 4 << 20 { input.package } else { &[] });
        kernel.boot(input).expect("a machine that starts");
        let Resume::Thread(thread) = kernel.start(CORE) else { panic!("the first program does not run") };
        let [address, length] = [0, 1].map(|register| kernel.system.store.get(thread).context.x[register]);
        let mut booted = Booted { kernel, information: Vec::new() };
        booted.information = (0..length).map(|offset| booted.byte(address + offset)).collect();
        booted
    }

    fn small() -> Booted {
        Booted::with(&input(&small_package()))
    }

    fn capability(&self, number: u64) -> Capability {
        let current = self.kernel.system.core(CORE).current.expect("the first program");
        let capability = self.kernel.system.store.get(current.slot(ThreadSlot::CNode)).capability;
        let Capability::CNode { object, .. } = capability else { panic!("{capability:?}") };
        self.kernel.system.store.get(object.slot(number as u32)).capability
    }

    fn translate(&self, address: u64) -> Option<(u64, Rights)> {
        self.kernel.system.store.machine.translate(address)
    }

    fn byte(&self, address: u64) -> u8 {
        let (physical, _) = self.translate(address).expect("a mapped address");
        self.kernel.system.store.machine.byte(physical)
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        BootInformation::new(&self.information).entries()
    }

    /// Start, length and kind of every untyped that was told, with its slot.
    fn untypeds(&self) -> Vec<(u64, u64, bool, u64)> {
        let mut all: Vec<_> = self
            .entries()
            .filter_map(|entry| match entry {
                Entry::Untyped { slot, address, size_bits, device } => Some((address, 1 << size_bits, device, slot)),
                _ => None,
            })
            .collect();
        all.sort_unstable();
        all
    }

    fn used_addresses(&self) -> (u64, u64) {
        let used = |entry| if let Entry::UsedAddresses { start, end } = entry { Some((start, end)) } else { None };
        self.entries().find_map(used).expect("the addresses in use")
    }

    fn package_place(&self) -> (u64, u64) {
        let place = |entry| if let Entry::Package { address, length } = entry { Some((address, length)) } else { None };
        self.entries().find_map(place).expect("the package")
    }

    /// Pages in use by rights, as runs: first address, bytes, rights.
    fn runs(&self) -> Vec<(u64, u64, Rights)> {
        let (start, end) = self.used_addresses();
        assert_eq!(self.translate(start - PAGE), None, "mapped below what is told");
        assert_eq!(self.translate(end), None, "mapped above what is told");
        let mut runs: Vec<(u64, u64, Rights)> = Vec::new();
        for page in (start..end).step_by(PAGE as usize) {
            let Some((_, rights)) = self.translate(page) else { continue };
            match runs.last_mut() {
                Some((first, bytes, before)) if *first + *bytes == page && *before == rights => *bytes += PAGE,
                _ => runs.push((page, PAGE, rights)),
            }
        }
        runs
    }

    /// A system call of the first program; its x0 afterwards.
    fn call(&mut self, call: SystemCall, arguments: &[u64]) -> u64 {
        let thread = self.kernel.system.core(CORE).current.expect("the first program");
        let context = &mut self.kernel.system.store.get_mut(thread).context;
        context.x[..arguments.len()].copy_from_slice(arguments);
        context.x[8] = call as u64;
        context.begin_system_call();
        let _ = self.kernel.handle(CORE, l4k::base::arch::Event::SystemCall);
        self.kernel.system.store.get(thread).context.x[0]
    }
}

#[test]
fn first_program_starts_at_its_entry_with_stack_and_information() {
    let booted = Booted::small();
    let thread = booted.kernel.system.core(CORE).current.expect("the first program");
    let thread = booted.kernel.system.store.get(thread);
    assert_eq!((thread.state, thread.priority, thread.maximum_priority), (State::Ready, 255, 255));
    assert_eq!(thread.context.pc, ENTRY);
    assert_eq!(thread.context.x[1], booted.information.len() as u64);
    assert_eq!(thread.context.x[2..], [0; 29]);
    assert_eq!(booted.translate(thread.context.sp), None, "nothing lies above the stack");
    assert_eq!(booted.translate(thread.context.sp - 16).map(|(_, rights)| rights), Some(READ_WRITE));
    let Capability::Frame { .. } = thread.slots[ThreadSlot::Buffer as usize].capability else { panic!("a buffer") };
    let buffer = booted.kernel.system.store.machine.processors[0].buffer_address;
    assert_eq!(booted.translate(buffer).map(|(_, rights)| rights), Some(READ_WRITE));
    let slice = thread.running_on.map(|context| booted.kernel.system.query_context(context)[0]);
    assert_eq!(slice, Some(10_000_000));
}

#[test]
fn parts_of_the_first_program_lie_apart_with_their_own_rights() {
    let booted = Booted::small();
    let package = small_package().len() as u64;
    let stack = 0x20_7000 + PAGE;
    let buffer = stack + STACK + PAGE;
    let information = buffer + 2 * PAGE;
    assert_eq!(
        booted.runs(),
        [
            (0x20_0000, 2 * PAGE, READ_EXECUTE),
            (0x20_4000, 3 * PAGE, READ_WRITE),
            (stack, STACK, READ_WRITE),
            (buffer, PAGE, READ_WRITE),
            (information, 4 * PAGE, Rights::READ),
            (information + 5 * PAGE, package, Rights::READ),
        ]
    );
    assert_eq!(booted.package_place(), (information + 5 * PAGE, package));
    assert_eq!(booted.used_addresses(), (0x20_0000, information + 5 * PAGE + package));
}

#[test]
fn memory_of_the_first_program_is_its_contents_and_zero_behind() {
    let booted = Booted::small();
    for offset in 0..2 * PAGE {
        let expected = if offset < PAGE + 100 { (offset * 7 % 251) as u8 } else { 0 };
        assert_eq!(booted.byte(0x20_0000 + offset), expected, "code at {offset}");
    }
    for offset in 0..3 * PAGE {
        let expected = b"data".get(offset as usize).copied().unwrap_or(0);
        assert_eq!(booted.byte(0x20_4000 + offset), expected, "data at {offset}");
    }
    let mut pages = std::collections::BTreeSet::new();
    let (ground, bytes) = booted.untypeds().iter().find(|u| u.3 == GROUND).map(|u| (u.0, u.1)).expect("the ground");
    for (first, bytes_of_run, rights) in booted.runs().into_iter().take(5) {
        for page in (first..first + bytes_of_run).step_by(PAGE as usize) {
            let (physical, _) = booted.translate(page).expect("mapped");
            assert!(pages.insert(physical), "{physical:#x} is mapped twice");
            assert!((ground..ground + bytes).contains(&physical), "{physical:#x} is not of the ground");
            if rights == READ_WRITE && first > 0x20_7000 {
                assert!((0..PAGE).all(|offset| booted.byte(page + offset) == 0), "{page:#x} is not zero");
            }
        }
    }
}

#[test]
fn package_is_mapped_where_it_lies_and_is_nobodys_child() {
    let bytes = small_package();
    let booted = Booted::small();
    let (address, length) = booted.package_place();
    for offset in (0..length).step_by(PAGE as usize) {
        assert_eq!(booted.translate(address + offset), Some((PACKAGE + offset, Rights::READ)));
    }
    assert!((0..length).all(|offset| booted.byte(address + offset) == bytes[offset as usize]));
    for (start, bytes, _, _) in booted.untypeds() {
        assert!(start + bytes <= PACKAGE || start >= PACKAGE + length, "an untyped covers the package");
    }
}

#[test]
fn well_known_slots_hold_what_the_abi_says() {
    let booted = Booted::small();
    let kinds = [
        (slot::CNODE, ObjectKind::CNode),
        (slot::THREAD, ObjectKind::Thread),
        (slot::ADDRESS_SPACE, ObjectKind::AddressSpace),
        (slot::ASID_POOL, ObjectKind::AsidPool),
        (slot::SCHED_CONTEXT, ObjectKind::SchedContext),
        (slot::IRQ_CONTROL, ObjectKind::IrqControl),
        (slot::DEBUG_CONSOLE, ObjectKind::DebugConsole),
        (slot::SCHED_CONTROL, ObjectKind::SchedControl),
        (GROUND, ObjectKind::Untyped),
    ];
    for (number, kind) in kinds {
        assert_eq!(booted.capability(number).kind(), Some(kind), "slot {number}");
    }
    for number in slot::SMC_CONTROL + 1..GROUND {
        assert_eq!(booted.capability(number), Capability::Empty, "slot {number}");
    }
    let told = |entry| if let Entry::FreeSlots { first, count } = entry { Some((first, count)) } else { None };
    let (first, count) = booted.entries().find_map(told).expect("the free slots");
    assert_eq!(first + count, 4096);
    assert!((GROUND..first).all(|number| booted.capability(number) != Capability::Empty));
    assert!((first..first + count).all(|number| booted.capability(number) == Capability::Empty));
}

#[test]
fn every_page_of_memory_is_in_one_untyped_and_told_as_it_is() {
    let bytes = small_package();
    let memory = [range(0, 0x5000), range(RAM_START + 0x3000, 12 * MIB - 0x3000), range(0x20_0000_0000, 0x7000)];
    let device_memory = [range(0, 1 << 37), range(0x80_0900_0000, 0x3000)];
    let booted = Booted::with(&BootInput { memory: &memory, device_memory: &device_memory, ..input(&bytes) });
    for (wanted_device, mut ranges) in [(false, memory.to_vec()), (true, device_memory.to_vec())] {
        if !wanted_device {
            ranges[0] = range(0x1000, 0x4000);
        }
        let untypeds: Vec<_> = booted.untypeds().into_iter().filter(|untyped| untyped.2 == wanted_device).collect();
        let mut covered = untypeds.iter();
        for range in ranges {
            let (mut next, end) = (range.start.value(), range.start.value() + range.bytes);
            while next < end {
                let (start, bytes, _, _) = covered.next().expect("more untypeds");
                assert_eq!((*start, start % bytes), (next, 0), "a gap, an overlap or a place that is not aligned");
                next += bytes;
            }
            assert_eq!(next, end, "an untyped leaves its range");
        }
        assert_eq!(covered.next(), None, "more untypeds than memory");
    }
    for (start, bytes, device, number) in booted.untypeds() {
        let Capability::Untyped { size_bits, memory, base, .. } = booted.capability(number) else { panic!("{number}") };
        assert_eq!((base.value(), size_bits.bytes(), memory == MemoryClass::Device), (start, bytes, device));
        assert!(bytes <= 1 << 36, "offsets are 32 bits in units of 32 bytes");
    }
}

#[test]
fn device_pages_can_be_framed_at_once_and_memory_is_cleared_first() {
    let bytes = small_package();
    let device_memory = [range(0x0900_0000, 0x1000)];
    let mut booted = Booted::with(&BootInput { device_memory: &device_memory, ..input(&bytes) });
    let told = |entry| if let Entry::FreeSlots { first, .. } = entry { Some(first) } else { None };
    let free = booted.entries().find_map(told).expect("free slots");
    let untypeds = booted.untypeds();
    let device = untypeds.iter().find(|untyped| untyped.2).expect("the device").3;
    assert_eq!(booted.call(SystemCall::UntypedRetype, &[device, ObjectKind::Frame as u64, 12, 0, free, 1]), 0);
    let (start, size, _, normal) = *untypeds.iter().find(|u| !u.2 && u.3 != GROUND).expect("memory");
    assert_eq!(booted.kernel.system.store.machine.byte(start), 0xa5, "boot has cleared what it need not");
    let frame = [normal, ObjectKind::Frame as u64, 12, 0, free + 1, 1];
    assert_eq!(booted.call(SystemCall::UntypedRetype, &frame), 0);
    assert!((start..start + size).all(|address| booted.kernel.system.store.machine.byte(address) == 0));
}

/// There is an authority over the time of each core, and it is where the information says.
fn check_time(booted: &Booted) {
    let time: Vec<_> = booted
        .entries()
        .filter_map(|entry| match entry {
            Entry::SchedControl { slot, core } => Some((slot, core)),
            _ => None,
        })
        .collect();
    assert_eq!(time.iter().map(|(_, core)| *core).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(time[0].0, slot::SCHED_CONTROL);
    for (number, core) in time {
        assert_eq!(booted.capability(number), Capability::SchedControl { core: core as u8 });
    }
}

#[test]
fn information_tells_kernel_board_time_and_devices() {
    let bytes = small_package();
    let device = |role, interrupt, clock_hertz| Device {
        role,
        compatible: "maker,thing",
        registers: range(0x0900_0000, 0x2000),
        interrupt,
        clock_hertz,
    };
    let devices = [
        device("console", Some((Line(33), Trigger::Level)), 24_000_000),
        device("clock", Some((Line(34), Trigger::Edge)), 0),
        device("entropy", None, 0),
    ];
    let booted = Booted::with(&BootInput { devices: &devices, ..input(&bytes) });
    let mut entries = booted.entries();
    let Some(Entry::Kernel { major, minor, cores, features, ticks_per_second }) = entries.next() else { panic!() };
    assert_eq!((major, minor, cores, ticks_per_second), (VERSION_MAJOR, VERSION_MINOR, 3, 1_000_000_000));
    assert_eq!(features & l4k_sys::abi::version::features::DEBUG, l4k_sys::abi::version::features::DEBUG);
    assert!(booted.entries().any(|entry| entry == Entry::Board { name: "bench" }));
    check_time(&booted);
    let told: Vec<Entry<'_>> = booted.entries().filter(|entry| matches!(entry, Entry::Device { .. })).collect();
    let expected = |role, interrupt, trigger, clock_hertz| {
        let (address, length) = (0x0900_0000, 0x2000);
        Entry::Device { address, length, interrupt, trigger, role, compatible: "maker,thing", clock_hertz }
    };
    let console = expected("console", Some(33), 0, Some(24_000_000));
    assert_eq!(told, [console, expected("clock", Some(34), 1, None), expected("entropy", None, 0, None)]);
    assert!(!booted.entries().any(|entry| matches!(entry, Entry::Unknown { .. })));
}

#[test]
fn ground_holds_programs_of_any_size_and_is_not_twice_too_large() {
    for pages in [1, 79, 80, 81, 200, 300, 600] {
        let bytes = package(&[(0x20_0000, pages * PAGE, b"code", READ_EXECUTE)]);
        let tiny = [range(RAM_START, PAGE), range(RAM_START + 0x10_0000, 2 * PAGE)];
        let BootError::MemoryTooSmall { needed, free } = refusal(&BootInput { memory: &tiny, ..input(&bytes) }) else {
            panic!("{pages} pages");
        };
        assert_eq!(free, 3 * PAGE);
        let start = RAM_START + needed;
        let exact = [range(RAM_START, PAGE), range(start, needed)];
        let booted = Booted::with(&BootInput { memory: &exact, ..input(&bytes) });
        assert_eq!(booted.runs()[0], (0x20_0000, pages * PAGE, READ_EXECUTE));
        let Capability::Untyped { watermark, base, .. } = booted.capability(GROUND) else { panic!("no ground") };
        assert_eq!(base.value(), start);
        // The space's own size may be skipped in front of it, and is not counted as used in vain.
        let used = u64::from(watermark) * 32;
        assert!(used <= needed && used + (1 << 18) > needed / 2, "{pages} pages: {used} of {needed}");
    }
}

#[test]
fn program_that_leaves_no_addresses_is_refused() {
    let end = l4k_sys::abi::memory::USER_END;
    // Stack, buffer, information and package with the pages between them.
    let behind = PAGE + STACK + PAGE + 2 * PAGE + 5 * PAGE;
    let with_data_at = |address| package(&[(0x20_0000, PAGE, b"x", READ_EXECUTE), (address, PAGE, b"", READ_WRITE)]);
    let package_bytes = with_data_at(0x30_0000).len() as u64;
    let last = end - behind - package_bytes - 2 * PAGE;
    let _ = Booted::with(&input(&with_data_at(last)));
    let error = refusal(&input(&with_data_at(last + PAGE))).to_string();
    assert_eq!(error, "no addresses left for the first program's stack");
}

#[test]
fn a_program_that_fits_no_memory_is_refused_with_figures() {
    let code = vec![0; 4 << 20];
    let segments: [Segment<'_>; 4] =
        std::array::from_fn(|index| (0x20_0000 + (index as u64) * 0x100_0000, 4 << 20, code.as_slice(), READ_EXECUTE));
    let bytes = package(&segments);
    let memory = [range(RAM_START, RAM)];
    // 16 MiB in large frames; the 32 MiB of ground for them are not there.
    let refused = refusal(&BootInput { memory: &memory, ..input(&bytes) });
    assert!(matches!(refused, BootError::MemoryTooSmall { needed, free: RAM } if needed == 32 * MIB), "{refused:?}");
}

/// More pages than the CNode has slots: what lies at multiples of 2 MiB is mapped by large frames.
#[test]
fn a_package_of_any_size_is_mapped_where_it_lies() {
    for mebibytes in [1, 2, 3, 16, 40, 300] {
        let mut padded = small_package();
        padded.resize((mebibytes * MIB + 3 * PAGE) as usize, 0);
        let booted = Booted::with(&input(&padded));
        let (address, length) = booted.package_place();
        assert_eq!(length, padded.len() as u64);
        for offset in (0..length).step_by(PAGE as usize * 37).chain([length - 1]) {
            let found = booted.translate(address + offset);
            assert_eq!(found, Some((PACKAGE + offset, Rights::READ)), "{mebibytes} MiB at {offset:#x}");
        }
        assert_eq!(booted.translate(address + length.next_multiple_of(PAGE)), None);
    }
}

#[test]
fn devices_that_do_not_fit_the_information_are_refused() {
    let bytes = small_package();
    let role = "r".repeat(1000);
    let device = Device { role: &role, compatible: "", registers: range(0, PAGE), interrupt: None, clock_hertz: 0 };
    let fits = vec![device; 15];
    let booted = Booted::with(&BootInput { devices: &fits, cores: 1, ..input(&bytes) });
    assert_eq!(booted.entries().filter(|entry| matches!(entry, Entry::Device { .. })).count(), 15);
    let too_many = [device; 16];
    let refused = refusal(&BootInput { devices: &too_many, ..input(&bytes) });
    assert_eq!(refused.to_string(), "the boot information is too long");
}

#[test]
fn machine_that_cannot_start_says_why() {
    let mut bytes = small_package();
    bytes[0] = 0;
    let text = refusal(&input(&bytes)).to_string();
    assert_eq!(text, "the package of programs cannot be used: this is no package of programs");
    let bytes = small_package();
    let memory = [range(RAM_START, 64 << 10)];
    let text = refusal(&BootInput { memory: &memory, ..input(&bytes) }).to_string();
    assert_eq!(text, "memory too small: the first program needs 1024 KiB in one piece, 64 KiB are free in all");
    assert_eq!(BootError::NoProgram.to_string(), "the package holds no program");
    let text = BootError::from(l4k_sys::Error::NotEnoughMemory).to_string();
    assert!(text.starts_with("making the first program failed: "), "{text}");
}
