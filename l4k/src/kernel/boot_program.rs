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

/// Pages of the boot information without what it says of untypeds, and bytes that it says of each of these.
const INFORMATION_PAGES: u64 = 3;
const UNTYPED_BYTES: u64 = 40;

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
    /// Pages of the boot information.
    pub information_pages: u64,
    frames: Frames,
    package_frames: Frames,
}

/// Frames in all.
#[derive(Clone, Copy, Debug, Default)]
struct Frames {
    count: u64,
    /// With what their alignment may cost.
    bytes: u64,
}

impl Frames {
    #[inline(never)]
    fn add(&mut self, address: u64, bytes: u64) {
        for run in (Runs { address, bytes }) {
            let skipped = if run.size == FrameSize::Small { 0 } else { run.size.bytes() };
            self.count += run.count;
            self.bytes += skipped + run.count * run.size.bytes();
        }
    }
}

/// Frames of one size behind one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    address: u64,
    size: FrameSize,
    count: u64,
}

/// The frames for so many bytes at an address, both multiples of a page: large ones where they fit.
#[derive(Clone, Debug)]
struct Runs {
    address: u64,
    bytes: u64,
}

impl Iterator for Runs {
    type Item = Run;

    #[inline(never)]
    fn next(&mut self) -> Option<Run> {
        let Self { address, bytes } = *self;
        let size = FrameSize::at_start_of(address, bytes);
        let large = FrameSize::Large.bytes();
        let length = match size {
            FrameSize::Small => bytes.min((address + 1).next_multiple_of(large) - address),
            _ => bytes / large * large,
        };
        *self = Runs { address: address + length, bytes: bytes - length };
        (length != 0).then_some(Run { address, size, count: length / size.bytes() })
    }
}

impl Layout {
    /// Lays out a program's parts, with room to tell of so many untypeds.
    pub fn of<'a>(program: &Program<'_>, input: &BootInput<'_>, untypeds: u64) -> Result<Layout, BootError<'a>> {
        let (mut start, mut top, mut frames) = (USER_END, USER_START, Frames::default());
        for segment in program.segments() {
            start = start.min(segment.virtual_address());
            top = top.max(segment.virtual_address() + segment.memory_size());
            frames.add(segment.virtual_address(), segment.memory_size());
        }
        let stack = top + PAGE_SIZE;
        let stack_top = stack + u64::from(program.stack_size());
        let buffer = stack_top + PAGE_SIZE;
        let information = buffer + 2 * PAGE_SIZE;
        let information_pages = INFORMATION_PAGES + (untypeds * UNTYPED_BYTES).div_ceil(PAGE_SIZE);
        frames.add(stack, stack_top - stack);
        frames.add(buffer, PAGE_SIZE);
        frames.add(information, information_pages * PAGE_SIZE);
        let package_bytes = (input.package.len() as u64).next_multiple_of(PAGE_SIZE);
        let package = place_of_package(information + (information_pages + 1) * PAGE_SIZE, input);
        let mut package_frames = Frames::default();
        package_frames.add(package, package_bytes);
        let end = package + package_bytes;
        if end >= USER_END {
            return Err(BootError::AddressesExhausted);
        }
        let buffer_slot = 0;
        Ok(Layout {
            start,
            stack,
            stack_top,
            buffer,
            buffer_slot,
            information,
            package,
            end,
            information_pages,
            frames,
            package_frames,
        })
    }

    /// Bytes of normal memory that it needs.
    pub const fn frame_bytes(&self) -> u64 {
        self.frames.bytes
    }

    /// Slots that its frames and the package's need.
    pub const fn slots(&self) -> u64 {
        self.frames.count + self.package_frames.count
    }
}

/// Where the package goes: the first place behind an address, or for a large one the first that agrees with its place in memory, so that large frames fit.
fn place_of_package(first: u64, input: &BootInput<'_>) -> u64 {
    let large = FrameSize::Large.bytes();
    if (input.package.len() as u64) < large {
        return first;
    }
    let offset = input.package_address.value() % large;
    (first + large - offset - 1) / large * large + offset
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
    let bytes = layout.information_pages * PAGE_SIZE;
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
    let bytes = (input.package.len() as u64).next_multiple_of(PAGE_SIZE);
    for run in (Runs { address: layout.package, bytes }) {
        let first = cursor.take(run.count)?;
        for index in 0..run.count {
            let address = run.address + index * run.size.bytes();
            let frame = Frame {
                rights: Rights::READ,
                size: run.size,
                memory: MemoryClass::Normal,
                address: input.package_address.add(address - layout.package),
                mapping: None,
            };
            let slot = ground.slot(first + index)?;
            *system.store.get_mut(slot) = Slot { capability: frame.pack(), ..Slot::EMPTY };
            map(system, slot, space, address, Rights::READ)?;
        }
    }
    Ok(())
}

/// Maps a frame as normal memory. Nobody makes a call yet, so that nothing interrupts it.
fn map<A: Arch>(
    system: &mut System<A>,
    slot: Ref<Slot>,
    space: Ref<AddressSpace>,
    address: u64,
    rights: Rights,
) -> Result<(), Error> {
    let wanted = Wanted { rights, attributes: MapAttributes::NORMAL };
    system.map(slot, space, address, wanted).map(|_| ())
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
    let mut start = None;
    for run in (Runs { address: part.address, bytes: part.bytes }) {
        let shape = Shape::new(ObjectKind::Frame as u64, run.size as u64)?;
        let mut done = 0;
        while done < run.count {
            let count = (run.count - done).min(RETYPE_COUNT_MAX);
            let first = cursor.take(count)?;
            let next = system.retype(ground.untyped, shape, window(ground, first, count)?, None)?;
            let Next::Value(base) = next else { return Err(BootError::Operation(Error::NotEnoughMemory)) };
            let base = PhysicalAddress::truncated(base);
            start = start.or(Some(base));
            for index in 0..count {
                let address = run.address + (done + index) * run.size.bytes();
                fill(system, base.add(index * run.size.bytes()), contents, (address - part.address, run.size.bytes()));
                map(system, ground.slot(first + index)?, space, address, part.rights)?;
            }
            done += count;
        }
    }
    start.ok_or(BootError::Operation(Error::InvalidSize))
}

/// Copies what a part's contents have for a frame: so many bytes from an offset.
fn fill<A: Arch>(system: &mut System<A>, frame: PhysicalAddress, contents: &[u8], (offset, bytes): (u64, u64)) {
    let rest = contents.get(offset as usize..).unwrap_or(&[]);
    system.store.copy_in(frame, rest.get(..bytes as usize).unwrap_or(rest));
}

fn space_of<A: Arch>(system: &System<A>, ground: Ground) -> Result<Ref<AddressSpace>, Error> {
    match system.store.get(ground.slot(slot::ADDRESS_SPACE)?).capability {
        Capability::AddressSpace { object } => Ok(object),
        _ => Err(Error::WrongKind),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    const MIB: u64 = 1 << 20;

    #[test]
    fn frames_are_large_where_they_fit() {
        let small = |address, count| Run { address, size: FrameSize::Small, count };
        let large = |address, count| Run { address, size: FrameSize::Large, count };
        let all = |address, bytes| Runs { address, bytes }.collect::<Vec<Run>>();
        assert_eq!(all(0x1000, 0x3000), [small(0x1000, 3)]);
        assert_eq!(all(2 * MIB, 2 * MIB - 4096), [small(2 * MIB, 511)]);
        assert_eq!(all(MIB, 6 * MIB), [small(MIB, 256), large(2 * MIB, 2), small(6 * MIB, 256)]);
        assert_eq!(all(2 * MIB, 300 * MIB), [large(2 * MIB, 150)]);
        assert_eq!(all(0, 0), []);
    }

    #[test]
    fn frames_are_counted_with_their_alignment() {
        let mut frames = Frames::default();
        frames.add(MIB, 6 * MIB);
        assert_eq!((frames.count, frames.bytes), (256 + 2 + 256, 6 * MIB + 2 * MIB));
    }
}
