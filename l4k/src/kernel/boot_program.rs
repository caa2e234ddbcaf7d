//! The first program in memory: where its parts are, and their frames.

use super::boot_error::BootError;
use super::boot_input::BootInput;
use super::boot_memory::{SlotCursor, window};
use super::ground::Ground;
use crate::base::address::PhysicalAddress;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::address_space::AddressSpace;
use crate::object::capability::{Capability, MemoryClass};
use crate::object::frame::Frame;
use crate::object::slot::Slot;
use crate::operation::mapping::Wanted;
use crate::operation::next::Next;
use crate::operation::retype::Shape;
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::boot::slot;
use l4k_sys::abi::memory::{PAGE_SIZE, USER_END, USER_START};
use l4k_sys::abi::object::RETYPE_COUNT_MAX;
use l4k_sys::abi::{FrameSize, MapAttributes, ObjectKind, Rights};
use l4k_sys::package::Program;

/// Pages of the boot information.
pub const INFORMATION_PAGES: u64 = 4;

/// Addresses of the first program's parts behind its segments, each apart from the next by an unmapped page.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Lowest address in use.
    pub start: u64,
    /// First byte of the stack.
    pub stack: u64,
    /// First byte above the stack.
    pub stack_top: u64,
    /// The message buffer.
    pub buffer: u64,
    /// Slot of the message buffer's frame.
    pub buffer_slot: u64,
    /// The boot information.
    pub information: u64,
    /// The package.
    pub package: u64,
    /// First address above everything.
    pub end: u64,
    segment_pages: u64,
}

impl Layout {
    /// Lays out a program's parts.
    pub fn of<'a>(program: &Program<'_>, package_bytes: u64) -> Result<Layout, BootError<'a>> {
        let (mut start, mut top, mut segment_pages) = (USER_END, USER_START, 0);
        for segment in program.segments() {
            start = start.min(segment.virtual_address());
            top = top.max(segment.virtual_address() + segment.memory_size());
            segment_pages += segment.memory_size() / PAGE_SIZE;
        }
        let stack = top + PAGE_SIZE;
        let stack_top = stack + u64::from(program.stack_size());
        let buffer = stack_top + PAGE_SIZE;
        let information = buffer + 2 * PAGE_SIZE;
        let package = information + (INFORMATION_PAGES + 1) * PAGE_SIZE;
        let end = package + package_bytes.next_multiple_of(PAGE_SIZE);
        if end >= USER_END {
            return Err(BootError::AddressesExhausted);
        }
        Ok(Layout { start, stack, stack_top, buffer, buffer_slot: 0, information, package, end, segment_pages })
    }

    /// Frames of normal memory that it needs.
    pub const fn frames(&self) -> u64 {
        self.segment_pages + (self.stack_top - self.stack) / PAGE_SIZE + 1 + INFORMATION_PAGES
    }
}

/// Loads the segments and makes the stack.
pub fn load<'a, A: Arch>(
    system: &mut System<A>,
    ground: Ground,
    cursor: &mut SlotCursor,
    program: &Program<'_>,
    layout: &Layout,
) -> Result<(), BootError<'a>> {
    for segment in program.segments() {
        let rights = Rights::from_bits(u64::from(segment.rights())).ok_or(Error::InvalidRights)?;
        let part = Part { address: segment.virtual_address(), bytes: segment.memory_size(), rights };
        place(system, ground, cursor, part, segment.contents())?;
    }
    let stack = Part {
        address: layout.stack,
        bytes: layout.stack_top - layout.stack,
        rights: Rights::READ.union(Rights::WRITE),
    };
    place(system, ground, cursor, stack, &[])?;
    Ok(())
}

/// Makes the message buffer and the pages of the boot information. Returns the address of the latter in physical memory, and the
/// buffer's slot in the layout.
pub fn map_information<'a, A: Arch>(
    system: &mut System<A>,
    ground: Ground,
    cursor: &mut SlotCursor,
    layout: &mut Layout,
) -> Result<PhysicalAddress, BootError<'a>> {
    layout.buffer_slot = cursor.free()[0];
    let rights = Rights::READ.union(Rights::WRITE);
    place(system, ground, cursor, Part { address: layout.buffer, bytes: PAGE_SIZE, rights }, &[])?;
    let bytes = INFORMATION_PAGES * PAGE_SIZE;
    let pages = Part { address: layout.information, bytes, rights: Rights::READ };
    place(system, ground, cursor, pages, &[])
}

/// Maps the package, readable, as frames that are nobody's children: it is part of the image and never becomes free memory.
pub fn map_package<'a, A: Arch>(
    system: &mut System<A>,
    ground: Ground,
    cursor: &mut SlotCursor,
    input: &BootInput<'_>,
    layout: &Layout,
) -> Result<(), BootError<'a>> {
    let space = space_of(system, ground)?;
    let pages = (input.package.len() as u64).div_ceil(PAGE_SIZE);
    let first = cursor.take(pages)?;
    for page in 0..pages {
        let frame = Frame {
            rights: Rights::READ,
            size: FrameSize::Small,
            memory: MemoryClass::Normal,
            address: input.package_address.add(page * PAGE_SIZE),
            mapping: None,
        };
        let slot = ground.slot(first + page)?;
        *system.store.get_mut(slot) = Slot { capability: frame.pack(), ..Slot::EMPTY };
        map(system, slot, space, layout.package + page * PAGE_SIZE, Rights::READ)?;
    }
    Ok(())
}

/// Maps a small frame as normal memory: its maintenance is one step, which is never interrupted.
fn map<A: Arch>(
    system: &mut System<A>,
    slot: Ref<Slot>,
    space: Ref<AddressSpace>,
    address: u64,
    rights: Rights,
) -> Result<(), Error> {
    let wanted = Wanted { rights, attributes: MapAttributes::NORMAL };
    system.map(slot, space, address, wanted, 0).map(|_| ())
}

/// A part of the program's memory.
#[derive(Clone, Copy, Debug)]
struct Part {
    address: u64,
    bytes: u64,
    rights: Rights,
}

/// Makes frames for a part, fills them from the beginning with `contents` and maps them. Returns the first frame's address.
fn place<'a, A: Arch>(
    system: &mut System<A>,
    ground: Ground,
    cursor: &mut SlotCursor,
    part: Part,
    contents: &[u8],
) -> Result<PhysicalAddress, BootError<'a>> {
    let space = space_of(system, ground)?;
    let shape = Shape::new(ObjectKind::Frame as u64, FrameSize::Small as u64)?;
    let pages = part.bytes / PAGE_SIZE;
    let mut chunks = contents.chunks(PAGE_SIZE as usize);
    let mut start = None;
    let mut done = 0;
    while done < pages {
        let count = (pages - done).min(RETYPE_COUNT_MAX);
        let first = cursor.take(count)?;
        let next = system.retype(ground.untyped, shape, window(ground, first, count)?, None)?;
        let Next::Value(base) = next else { return Err(BootError::Operation(Error::NotEnoughMemory)) };
        let base = PhysicalAddress::truncated(base);
        start = start.or(Some(base));
        for page in 0..count {
            if let Some(chunk) = chunks.next() {
                system.store.copy_in(base.add(page * PAGE_SIZE), chunk);
            }
            let address = part.address + (done + page) * PAGE_SIZE;
            map(system, ground.slot(first + page)?, space, address, part.rights)?;
        }
        done += count;
    }
    start.ok_or(BootError::Operation(Error::InvalidSize))
}

fn space_of<A: Arch>(system: &System<A>, ground: Ground) -> Result<Ref<AddressSpace>, Error> {
    match system.store.get(ground.slot(slot::ADDRESS_SPACE)?).capability {
        Capability::AddressSpace { object } => Ok(object),
        _ => Err(Error::WrongKind),
    }
}
