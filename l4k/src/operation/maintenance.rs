//! Cache maintenance in steps: a frame can be large, and every line takes an instruction.

use super::next::Next;
use super::system::System;
use crate::base::address::PhysicalAddress;
use crate::base::arch::{Arch, CacheOperation};
use crate::base::store::Ref;
use crate::object::capability::MemoryClass;
use crate::object::frame::Frame;
use crate::object::slot::Slot;
use l4k_sys::Error;
use l4k_sys::abi::{Maintenance, Rights};

/// Bytes between two preemption points.
const CHUNK: u64 = 4096;

/// A stretch of memory, and what its caches have to do.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    start: PhysicalAddress,
    bytes: u64,
    operation: CacheOperation,
}

impl Stretch {
    /// A whole frame.
    #[must_use]
    pub const fn of(frame: &Frame, operation: CacheOperation) -> Stretch {
        Stretch { start: frame.address, bytes: frame.size.bytes(), operation }
    }
}

impl<A: Arch> System<A> {
    /// Maintains a stretch from an offset on. [`Next::RestartAt`] with the offset to go on at, if an interrupt came first.
    pub fn maintain(&mut self, Stretch { start, bytes, operation }: Stretch, from: u64) -> Next {
        let mut offset = from.min(bytes);
        while offset < bytes {
            let step = (bytes - offset).min(CHUNK);
            self.maintain_cache(start.add(offset), step, operation);
            offset += step;
            if offset < bytes && self.store.machine.interrupt_pending() {
                return Next::RestartAt(offset);
            }
        }
        Next::Done
    }

    /// Maintains a piece, and waits for it. Instructions that were cleaned to where fetches see them are fetched anew by all cores.
    #[inline(never)]
    pub fn maintain_cache(&mut self, start: PhysicalAddress, bytes: u64, operation: CacheOperation) {
        self.store.machine.maintain_lines(start, bytes, operation);
        match operation {
            CacheOperation::CleanToUnification => {
                self.store.machine.complete_maintenance();
                self.forget_instructions();
            }
            // Whoever asks for these may tell a device next, and a device need not be in the cores' shareability domain.
            CacheOperation::Clean | CacheOperation::CleanAndInvalidate => self.store.machine.complete_for_devices(),
        }
    }

    /// All cores forget what they have fetched. No `isb`: the kernel itself executes none of it, and the return to a program synchronises.
    pub(super) fn forget_instructions(&mut self) {
        self.store.machine.forget_instructions();
        self.store.machine.complete_maintenance();
    }

    /// `maintain` on part of the frame in a slot, `from` of it being done already.
    ///
    /// # Errors
    /// `WrongKind`; `DeviceMemory`; `MissingRight` without read; `InvalidArgument` for a range that is empty or leaves the frame.
    pub fn maintain_frame(
        &mut self,
        slot: Ref<Slot>,
        operation: Maintenance,
        offset: u64,
        length: u64,
        from: u64,
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
        Ok(self.maintain(Stretch { start: frame.address.add(offset), bytes: length, operation }, from))
    }
}
