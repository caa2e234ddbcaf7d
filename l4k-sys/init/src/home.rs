//! The home of a program: memory and slots that are set aside for it and outlive it, so that it can be started again.

use l4k_sys::abi::{FrameSize, ThreadState};
use l4k_sys::handle::{NewObject, ThreadStatus};
use l4k_sys::{AddressSpace, CNode, Error, SchedContext, Thread};

use crate::build;
use crate::description::Description;
use crate::failure::{AtStep, Cause, Failure, Step, Stepped};
use crate::image::Image;
use crate::plan::{Part, Plan};
use crate::resources::Resources;
use crate::slots::SlotRange;

/// Memory and slots set aside for one program.
#[derive(Clone, Copy, Debug)]
pub struct Home {
    slots: SlotRange,
    plan: Plan,
}

impl Home {
    /// Sets aside what a program takes.
    ///
    /// # Errors
    /// A [`Failure`]; nothing is set aside then.
    pub fn reserve<'a>(
        resources: &mut Resources,
        image: &Image<'a>,
        description: &Description<'_>,
    ) -> Result<Home, Failure<'a>> {
        let failure = |(step, cause)| Failure { program: image.name, step, cause };
        let plan = Plan::new(image, description).ok_or((Step::Check, Cause::TooLarge)).map_err(failure)?;
        let slots = resources.slots.take_range(plan.slots());
        let slots = slots.ok_or((Step::Reserve, Cause::NoSlots)).map_err(failure)?;
        let home = Home { slots, plan };
        if let Err(error) = resources.memory.make(NewObject::Untyped(plan.memory_bits), home.slot(Part::Memory)) {
            resources.slots.give_back(slots);
            return Err(failure((Step::Reserve, error.into())));
        }
        Ok(home)
    }

    /// Starts the program; whatever was left of an earlier run is destroyed before.
    ///
    /// # Errors
    /// A [`Failure`]; nothing of the program is left then.
    pub fn start<'a>(
        &self,
        resources: &mut Resources,
        image: &Image<'a>,
        description: &Description<'_>,
        arguments: [u64; 3],
    ) -> Result<(), Failure<'a>> {
        let built = self.destroy().at(Step::Reserve);
        let built = built.and_then(|()| build::program(self, resources, image, description, arguments));
        built.map_err(|(step, cause)| {
            let _ = self.destroy();
            Failure { program: image.name, step, cause }
        })
    }

    /// Destroys everything of the program. Whoever waits for it wakes with `PeerGone`.
    ///
    /// # Errors
    /// None that a kernel of this ABI version is known to have.
    pub fn destroy(&self) -> Result<(), Error> {
        let memory = self.slot(Part::Memory);
        CNode::OWN.at(memory).revoke()?;
        // What is left are copies of the starter's own capabilities.
        self.slots.iter().filter(|slot| *slot != memory).try_for_each(|slot| CNode::OWN.at(slot).delete())
    }

    /// Destroys the program and gives everything back that was set aside for it.
    ///
    /// # Errors
    /// As [`destroy`](Self::destroy).
    pub fn give_back(self, resources: &mut Resources) -> Result<(), Error> {
        self.destroy()?;
        CNode::OWN.at(self.slot(Part::Memory)).delete()?;
        resources.slots.give_back(self.slots);
        Ok(())
    }

    /// The program's thread.
    #[must_use]
    pub const fn thread(&self) -> Thread {
        Thread::from_slot(self.slot(Part::Thread))
    }

    /// The program's address space, for whoever puts more threads into it.
    #[must_use]
    pub const fn address_space(&self) -> AddressSpace {
        AddressSpace::from_slot(self.slot(Part::AddressSpace))
    }

    /// The program's time. A server that works on its callers' time has it unbound as soon as it waits for them.
    #[must_use]
    pub const fn context(&self) -> SchedContext {
        SchedContext::from_slot(self.slot(Part::SchedContext))
    }

    /// Where the program's thread is; `None` if there is no program.
    #[must_use]
    pub fn status(&self) -> Option<ThreadStatus> {
        self.thread().query().ok()
    }

    /// Whether the program runs or waits, as opposed to not being there or having stopped.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let stopped = [Some(ThreadState::Suspended), Some(ThreadState::Faulted)];
        self.status().is_some_and(|status| !stopped.contains(&status.state))
    }

    /// Bytes set aside.
    #[must_use]
    pub const fn memory_bytes(&self) -> u64 {
        1 << self.plan.memory_bits
    }

    pub(crate) const fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) const fn slot(&self, part: Part) -> u64 {
        self.slots.first + part as u64
    }

    /// Slot of a copy of a device frame.
    pub(crate) fn device_slot(&self, index: u64) -> Stepped<u64> {
        self.position(self.plan.first_device(), index, self.plan.devices)
    }

    /// Slot of a frame.
    pub(crate) fn frame_slot(&self, size: FrameSize, index: u64) -> Stepped<u64> {
        let (first, count) = self.plan.frames_of(size);
        self.position(first, index, count)
    }

    /// The same image and description always have the same plan; another one is refused before it reaches foreign slots.
    fn position(&self, first: u64, index: u64, count: u64) -> Stepped<u64> {
        if index < count { Ok(self.slots.first + first + index) } else { Err((Step::Reserve, Cause::NoSlots)) }
    }
}
