//! Cache maintenance in steps: a frame can be large, and every line takes an instruction.

use super::next::Next;
use super::system::System;
use crate::base::address::PhysicalAddress;
use crate::base::arch::{Arch, CacheOperation};
use crate::base::registers::NUMBER;
use crate::base::store::Ref;
use crate::object::capability::MemoryClass;
use crate::object::restart::{Restart, Stretch};
use crate::object::slot::Slot;
use l4k_sys::Error;
use l4k_sys::abi::{Maintenance, Rights};

/// Bytes between two preemption points.
const CHUNK: u64 = 4096;

impl<A: Arch> System<A> {
    /// Maintains a stretch for the calling thread, which remembers how far it came if an interrupt comes first. The same call on the same
    /// stretch goes on there; another begins at the beginning. At boot nobody calls, and nothing interrupts.
    ///
    /// What all cores have to take part in comes once, at the end, however long the stretch is: they would wait for
    /// each other at every page.
    pub fn maintain(&mut self, stretch: Stretch) -> Next {
        let Stretch { start, bytes, operation } = stretch;
        let mut offset = self.take_restart(stretch);
        while offset < bytes {
            let step = (bytes - offset).min(CHUNK);
            self.store.machine.maintain_lines(start.add(offset), step, operation);
            offset += step;
            if offset < bytes
                && let Some(caller) = self.caller
                && self.store.machine.interrupt_pending()
            {
                // The call can go on on another core, which could not wait for what this one has begun.
                self.complete_lines(operation);
                let caller = self.store.get_mut(caller);
                caller.restart = Restart { call: caller.context.x[NUMBER], stretch, done: offset };
                return Next::Restart;
            }
        }
        self.complete_lines(operation);
        if operation == CacheOperation::CleanToUnification {
            self.forget_instructions();
        }
        Next::Done
    }

    /// Takes what the calling thread remembers of an interrupted call: how much of this stretch the same call has maintained.
    fn take_restart(&mut self, stretch: Stretch) -> u64 {
        let Some(caller) = self.caller else { return 0 };
        let caller = self.store.get_mut(caller);
        let restart = core::mem::replace(&mut caller.restart, Restart::NONE);
        restart.done_of(caller.context.x[NUMBER], stretch)
    }

    /// Cleans the lines of memory that is to be new, and waits for it.
    #[inline(never)]
    pub fn clean(&mut self, start: PhysicalAddress, bytes: u64) {
        self.store.machine.maintain_lines(start, bytes, CacheOperation::Clean);
        self.complete_lines(CacheOperation::Clean);
    }

    /// Waits until the lines that this core has maintained are so for whoever has to see it.
    fn complete_lines(&mut self, operation: CacheOperation) {
        match operation {
            CacheOperation::CleanToUnification => self.store.machine.complete_maintenance(),
            // Whoever asks for these may tell a device next, and a device need not be in the cores' shareability domain.
            CacheOperation::Clean | CacheOperation::CleanAndInvalidate => self.store.machine.complete_for_devices(),
        }
    }

    /// All cores forget what they have fetched. No `isb`: the kernel itself executes none of it, and the return to a program synchronises.
    pub(super) fn forget_instructions(&mut self) {
        self.store.machine.forget_instructions();
        self.store.machine.complete_maintenance();
    }

    /// `maintain` on part of the frame in a slot.
    ///
    /// # Errors
    /// `WrongKind`; `DeviceMemory`; `MissingRight` without read; `InvalidArgument` for a range that is empty or leaves the frame.
    pub fn maintain_frame(
        &mut self,
        slot: Ref<Slot>,
        operation: Maintenance,
        offset: u64,
        length: u64,
    ) -> Result<Next, Error> {
        let frame = self.frame_in(slot)?;
        if frame.memory == MemoryClass::Device {
            return Err(Error::DeviceMemory);
        }
        if !frame.rights.contains(Rights::READ) {
            return Err(Error::MissingRight);
        }
        let end = offset.checked_add(length).ok_or(Error::InvalidArgument)?;
        if length == 0 || end > frame.size.bytes() {
            return Err(Error::InvalidArgument);
        }
        let operation = match operation {
            Maintenance::Clean => CacheOperation::Clean,
            Maintenance::CleanAndInvalidate => CacheOperation::CleanAndInvalidate,
            Maintenance::PublishCode => CacheOperation::CleanToUnification,
        };
        Ok(self.maintain(Stretch { start: frame.address.add(offset), bytes: length, operation }))
    }
}
