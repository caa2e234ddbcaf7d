//! What the suite has for all tests together: the memory that each test makes its objects of, slots, and the partner's image.

use l4k_init::slots::SlotRange;
use l4k_init::{Home, Image, ImageError, Resources};
use l4k_sys::abi::boot::{self, BootInformation};
use l4k_sys::handle::NewObject;
use l4k_sys::package::Package;
use l4k_sys::{CNode, Thread, Untyped};

use super::failure::{Failure, Outcome};
use super::partner;

/// Memory of a test, in bits.
pub const MEMORY_BITS: u8 = 23;

/// Slots of a test.
const SLOTS: u64 = 512;

/// Priority of the suite itself.
pub const PRIORITY: u8 = 100;

/// What all tests share.
pub struct System {
    /// What the kernel gave.
    pub resources: Resources,
    /// What the kernel told.
    pub information: BootInformation<'static>,
    /// Of which a test makes its objects; whole between two tests.
    pub memory: Untyped,
    /// Which a test fills; empty between two tests.
    pub slots: SlotRange,
    /// The partner's program.
    pub image: Image<'static>,
    /// Where it lives.
    pub home: Home,
    /// The hostile program.
    pub hostile: Image<'static>,
}

impl System {
    /// Sets memory and slots aside.
    pub fn new(information: BootInformation<'static>, package: &Package<'static>) -> Outcome<System> {
        let problem = |what| Failure::new(format_args!("no {what}"));
        let mut resources = Resources::new(&information).map_err(|problem| Failure::new(format_args!("{problem}")))?;
        let memory = resources.slots.take().ok_or(problem("slot"))?;
        resources.memory.make(NewObject::Untyped(MEMORY_BITS), memory)?;
        let slots = resources.slots.take_range(SLOTS).ok_or(problem("slots"))?;
        let failed = |failure: l4k_init::Failure<'_>| Failure::new(format_args!("{failure}"));
        let unusable = |error: ImageError<'_, '_>| Failure::new(format_args!("{error}"));
        let image = Image::find(package, "partner").map_err(unusable)?;
        let home = partner::reserve(&mut resources, &image).map_err(failed)?;
        let hostile = Image::find(package, "hostile").map_err(unusable)?;
        Thread::from_slot(boot::slot::THREAD).set_priority(PRIORITY, 255)?;
        Ok(System { resources, information, memory: Untyped::from_slot(memory), slots, image, home, hostile })
    }

    /// Destroys everything of the last test, and sees to it that nothing is left.
    pub fn clean(&mut self) -> Outcome {
        self.home.destroy()?;
        CNode::OWN.at(self.memory.slot()).revoke()?;
        self.slots.iter().try_for_each(|slot| CNode::OWN.at(slot).delete())?;
        Thread::from_slot(boot::slot::THREAD).set_priority(PRIORITY, 255)?;
        let used = self.memory.query()?.used_bytes;
        if used != 0 {
            return Err(Failure::new(format_args!("{used} bytes of its memory stayed in use after the revoke")));
        }
        Ok(())
    }

    /// Tables of the suite's own address space that are free.
    pub fn free_tables(&self) -> Outcome<u64> {
        Ok(Resources::ADDRESS_SPACE.query()?.free_tables)
    }
}
