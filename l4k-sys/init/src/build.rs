//! Builds a program in its home: address space, frames, memory contents, capabilities, thread. Called by [`Home::start`].

use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::object::RETYPE_COUNT_MAX;
use l4k_sys::abi::{Error, FrameSize, MapAttributes, Rights, boot};
use l4k_sys::handle::{NewObject, StartRegisters};
use l4k_sys::startup::{DEBUG_CONSOLE, REPLY, SUPERVISOR, THREAD};
use l4k_sys::{AddressSpace, CNode, Endpoint, Frame, Irq, Untyped};

use crate::description::{Description, Supply, SupplySource};
use crate::failure::{AtStep, Step, Stepped};
use crate::home::Home;
use crate::image::{Image, Segment};
use crate::plan::Part;
use crate::resources::Resources;

const READ_WRITE: Rights = Rights::READ.union(Rights::WRITE);

/// Builds and starts a program. What was made before a failure is left to the caller.
pub(crate) fn program(
    home: &Home,
    resources: &mut Resources,
    image: &Image<'_>,
    description: &Description<'_>,
    arguments: [u64; 3],
) -> Stepped<()> {
    let builder = Builder { home, description };
    // What has the largest alignment comes first: nothing is lost before it.
    builder.frames(FrameSize::Large)?;
    builder.address_space()?;
    builder.frames(FrameSize::Small)?;
    let buffer = builder.load(resources, image)?;
    builder.devices()?;
    builder.cnode()?;
    builder.standard_supplies()?;
    for supply in description.supplies {
        builder.supply(supply).at(Step::Slot(supply.slot))?;
    }
    builder.thread(image, buffer, arguments)?;
    builder.time()?;
    home.thread().resume().at(Step::Start)
}

/// The frames that are not mapped yet.
struct Frames<'a> {
    home: &'a Home,
    large: u64,
    small: u64,
}

impl Frames<'_> {
    fn next(&mut self, size: FrameSize) -> Stepped<Frame> {
        let index = if size == FrameSize::Large { &mut self.large } else { &mut self.small };
        let slot = self.home.frame_slot(size, *index)?;
        *index += 1;
        Ok(Frame::from_slot(slot))
    }
}

struct Builder<'a> {
    home: &'a Home,
    description: &'a Description<'a>,
}

impl Builder<'_> {
    fn memory(&self) -> Untyped {
        Untyped::from_slot(self.home.slot(Part::Memory))
    }

    fn space(&self) -> AddressSpace {
        AddressSpace::from_slot(self.home.slot(Part::AddressSpace))
    }

    /// The program's CNode.
    fn table(&self) -> CNode {
        CNode::from_slot(self.home.slot(Part::CNode))
    }

    fn make(&self, object: NewObject, part: Part) -> Result<(), Error> {
        self.memory().retype(object, CNode::OWN.at(self.home.slot(part)), 1).map(|_| ())
    }

    fn address_space(&self) -> Stepped<()> {
        let bits = self.home.plan().layout.space_bits;
        self.make(NewObject::AddressSpace(bits), Part::AddressSpace).at(Step::AddressSpace)?;
        Resources::ASID_POOL.assign(self.space()).at(Step::AddressSpace)
    }

    fn frames(&self, size: FrameSize) -> Stepped<()> {
        let (_, frames) = self.home.plan().frames_of(size);
        let mut made = 0;
        while made < frames {
            let count = (frames - made).min(RETYPE_COUNT_MAX);
            let first = CNode::OWN.at(self.home.frame_slot(size, made)?);
            self.memory().retype(NewObject::Frame(size), first, count).at(Step::Frames)?;
            made += count;
        }
        Ok(())
    }

    /// Fills and maps the frames in the order of segments, stack and message buffer. Returns the last.
    fn load(&self, resources: &mut Resources, image: &Image<'_>) -> Stepped<Frame> {
        let layout = self.home.plan().layout;
        let mut frames = Frames { home: self.home, large: 0, small: 0 };
        for segment in &image.segments {
            self.load_segment(resources, segment, &mut frames)?;
        }
        let mut address = layout.stack.start;
        while address < layout.stack.end {
            let frame = frames.next(FrameSize::Small)?;
            frame.map(self.space(), address, READ_WRITE, MapAttributes::NORMAL).at(Step::Stack)?;
            address += PAGE_SIZE;
        }
        let buffer = frames.next(FrameSize::Small)?;
        buffer.map(self.space(), layout.buffer, READ_WRITE, MapAttributes::NORMAL).at(Step::MessageBuffer)?;
        Ok(buffer)
    }

    fn load_segment(&self, resources: &mut Resources, segment: &Segment<'_>, frames: &mut Frames<'_>) -> Stepped<()> {
        let step = Step::Segment { address: segment.address };
        let mut contents = segment.contents;
        for (address, size) in segment.frames() {
            let frame = frames.next(size)?;
            let (bytes, rest) = contents.split_at(contents.len().min(size.bytes() as usize));
            contents = rest;
            // New frames are zero: one without contents needs no writing.
            if !bytes.is_empty() {
                resources.window.write(Resources::ADDRESS_SPACE, frame, bytes).at(step)?;
            }
            frame.map(self.space(), address, segment.rights, MapAttributes::NORMAL).at(step)?;
        }
        Ok(())
    }

    fn devices(&self) -> Stepped<()> {
        for (index, device) in (0..).zip(self.description.devices) {
            let step = Step::Device { address: device.address };
            let copy = self.home.device_slot(index)?;
            CNode::OWN.at(copy).copy_from(CNode::OWN.at(device.frame.slot()), READ_WRITE).at(step)?;
            let frame = Frame::from_slot(copy);
            frame.map(self.space(), device.address, READ_WRITE, MapAttributes::NORMAL).at(step)?;
        }
        Ok(())
    }

    fn cnode(&self) -> Stepped<()> {
        self.make(NewObject::CNode(self.description.cnode_bits), Part::CNode).at(Step::CNode)?;
        self.make(NewObject::Thread, Part::Thread).at(Step::Thread)
    }

    /// The slots of [`startup`](l4k_sys::startup).
    fn standard_supplies(&self) -> Stepped<()> {
        let Description { supervisor, badge, .. } = *self.description;
        let standard = [
            Supply::mint(SUPERVISOR.slot(), supervisor.slot(), Rights::CALL, badge),
            Supply::copy(THREAD.slot(), self.home.slot(Part::Thread), Rights::ALL),
            Supply::make(REPLY.slot(), NewObject::Reply),
        ];
        for supply in &standard {
            self.supply(supply).at(Step::Slot(supply.slot))?;
        }
        let console = Supply::copy(DEBUG_CONSOLE.slot(), boot::slot::DEBUG_CONSOLE, Rights::PRINT);
        match self.supply(&console) {
            // A kernel without a debug console leaves the slot empty.
            Ok(()) | Err(Error::SlotEmpty) => Ok(()),
            Err(error) => Err(error).at(Step::Slot(console.slot)),
        }
    }

    fn supply(&self, supply: &Supply) -> Result<(), Error> {
        let place = self.table().at(supply.slot);
        match supply.source {
            SupplySource::Copy { from, rights } => place.copy_from(CNode::OWN.at(from), rights),
            SupplySource::Mint { from, rights, badge } => place.mint_from(CNode::OWN.at(from), rights, badge),
            SupplySource::MintOwn { from, rights, badge } => place.mint_from(self.table().at(from), rights, badge),
            SupplySource::Make(object) => self.memory().retype(object, place, 1).map(|_| ()),
            SupplySource::Irq(interrupt) => {
                self.make(NewObject::Irq, Part::Passing)?;
                let slot = self.home.slot(Part::Passing);
                Resources::IRQ_CONTROL.issue(Irq::from_slot(slot), interrupt.number, interrupt.trigger)?;
                place.move_from(CNode::OWN.at(slot))
            }
        }
    }

    fn thread(&self, image: &Image<'_>, buffer: Frame, arguments: [u64; 3]) -> Stepped<()> {
        let Description { supervisor, priority, maximum_priority, .. } = *self.description;
        let layout = self.home.plan().layout;
        let thread = self.home.thread();
        let registers = StartRegisters { instruction_pointer: image.entry, stack_pointer: layout.stack.end, arguments };
        let (table, space) = (self.table(), self.space());
        self.with_badge(supervisor, |faults| thread.configure(table, space, Some(faults))).at(Step::Thread)?;
        if let Some(timeouts) = self.description.timeouts {
            self.with_badge(timeouts, |timeouts| thread.set_timeout_endpoint(Some(timeouts))).at(Step::Thread)?;
        }
        thread.set_buffer(buffer, layout.buffer).at(Step::MessageBuffer)?;
        thread.set_priority(priority, maximum_priority).at(Step::Thread)?;
        thread.write_registers(registers).at(Step::Thread)?;
        // Only for the kernel's messages, and only if it has any.
        let _ = Resources::DEBUG_CONSOLE.name_thread(thread, image.name);
        Ok(())
    }

    /// Does something with an endpoint of the starter that has the program's badge.
    fn with_badge(&self, endpoint: Endpoint, act: impl FnOnce(Endpoint) -> Result<(), Error>) -> Result<(), Error> {
        let place = CNode::OWN.at(self.home.slot(Part::Passing));
        place.mint_from(CNode::OWN.at(endpoint.slot()), Rights::CALL, self.description.badge)?;
        act(Endpoint::from_slot(place.slot))?;
        place.delete()
    }

    fn time(&self) -> Stepped<()> {
        let Description { time_slice: budget, period, .. } = *self.description;
        let context = self.home.context();
        self.make(NewObject::SchedContext, Part::SchedContext).at(Step::Time)?;
        Resources::SCHED_CONTROL.configure(context, budget, period.unwrap_or(budget)).at(Step::Time)?;
        context.bind(self.home.thread()).at(Step::Time)
    }
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
