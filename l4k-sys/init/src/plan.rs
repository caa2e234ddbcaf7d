//! How much memory and how many slots a program takes. Pure.
//!
//! The slots of a [`Home`](crate::Home), all in the starter's CNode and next to each other: the memory, the objects in the order of
//! [`Part`], copies of device frames, frames.

use l4k_sys::abi::FrameSize;
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::handle::NewObject;

use crate::description::{Description, SupplySource};
use crate::image::Image;
use crate::layout::Layout;

/// The single slots of a home, by their position in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Part {
    /// The untyped that everything else is made of.
    Memory = 0,
    /// The address space.
    AddressSpace = 1,
    /// The capability table.
    CNode = 2,
    /// The thread.
    Thread = 3,
    /// The scheduling context.
    SchedContext = 4,
    /// For a capability on its way: fault endpoint, interrupt.
    Passing = 5,
}

const PARTS: u64 = 6;

/// What a program takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where its memory lies.
    pub layout: Layout,
    /// Bits of the untyped for all of its objects.
    pub memory_bits: u8,
    /// Frames of 2 MiB: of segments.
    pub large_frames: u64,
    /// Frames of 4 KiB: segments, stack, message buffer.
    pub frames: u64,
    /// Copies of device frames.
    pub devices: u64,
}

impl Plan {
    /// The plan for a program; `None` if it does not fit an address space.
    #[must_use]
    pub fn new(image: &Image<'_>, description: &Description<'_>) -> Option<Plan> {
        let layout = Layout::new(image, description.devices)?;
        let large_frames = image.frames(FrameSize::Large);
        let frames = image.frames(FrameSize::Small) + image.stack_bytes / PAGE_SIZE + 1;
        let memory_bits = memory_bits(&layout, [large_frames, frames], description)?;
        Some(Plan { layout, memory_bits, large_frames, frames, devices: description.devices.len() as u64 })
    }

    /// Slots that a home for it has.
    #[must_use]
    pub const fn slots(&self) -> u64 {
        PARTS + self.devices + self.large_frames + self.frames
    }

    /// Position of the first copy of a device frame.
    #[must_use]
    pub const fn first_device(&self) -> u64 {
        PARTS
    }

    /// Position of the first frame of a size, and how many there are.
    #[must_use]
    pub const fn frames_of(&self, size: FrameSize) -> (u64, u64) {
        match size {
            FrameSize::Large => (PARTS + self.devices, self.large_frames),
            FrameSize::Small => (PARTS + self.devices + self.large_frames, self.frames),
            FrameSize::Huge => (PARTS, 0),
        }
    }
}

/// Follows the objects in the order in which [`build`](crate::build) makes them, each aligned to its size.
fn memory_bits(layout: &Layout, [large, frames]: [u64; 2], description: &Description<'_>) -> Option<u8> {
    let mut used = after(0, NewObject::Frame(FrameSize::Large), large)?;
    used = after(used, NewObject::AddressSpace(layout.space_bits), 1)?;
    used = after(used, NewObject::Frame(FrameSize::Small), frames)?;
    used = after(used, NewObject::CNode(description.cnode_bits), 1)?;
    used = after(used, NewObject::Thread, 1)?;
    used = after(used, NewObject::Reply, 1)?;
    for supply in description.supplies {
        used = match supply.source {
            SupplySource::Make(object) => after(used, object, 1)?,
            SupplySource::Irq(_) => after(used, NewObject::Irq, 1)?,
            _ => used,
        };
    }
    used = after(used, NewObject::SchedContext, 1)?;
    Some(used.checked_next_power_of_two()?.trailing_zeros() as u8)
}

fn after(used: u64, object: NewObject, count: u64) -> Option<u64> {
    let size = 1u64.checked_shl(u32::from(object.memory_bits()?))?;
    used.checked_next_multiple_of(size)?.checked_add(size.checked_mul(count)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::Supply;
    use crate::testing;

    #[test]
    fn memory_is_counted_with_alignment() {
        assert_eq!(after(1, NewObject::Frame(FrameSize::Small), 2), Some(3 * 4096));
        assert_eq!(after(0, NewObject::Frame(FrameSize::Small), u64::MAX), None);
        assert_eq!(after(0, NewObject::CNode(99), 1), None);
    }

    #[test]
    fn a_supplied_object_is_made_of_the_programs_memory() {
        let image = testing::image();
        let small = Plan::new(&image, &testing::description(&[])).unwrap();
        let supplies = [Supply::make(9, NewObject::Untyped(20))];
        let large = Plan::new(&image, &testing::description(&supplies)).unwrap();
        assert!(small.memory_bits < 20 && large.memory_bits > 20);
    }

    #[test]
    fn frames_are_those_of_segments_stack_and_buffer() {
        let image = testing::image();
        let plan = Plan::new(&image, &testing::description(&[])).unwrap();
        assert_eq!(plan.frames, testing::IMAGE_PAGES + testing::STACK_PAGES + 1);
        assert_eq!(plan.slots(), 6 + plan.frames);
    }
}
