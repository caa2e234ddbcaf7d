//! Untyped memory: what is free of it, and making it whole again.
//!
//! Memory above the watermark is zero and in no object. When an untyped has no children, all of it is free: before its next use
//! what lies below the watermark is cleared, from the top down, a chunk a step, and the watermark follows. The zeros are written back to
//! memory at once: nobody who maps it uncached, and no device, sees what was there before.

use super::next::Progress;
use super::system::System;
use crate::base::address::{PhysicalAddress, SizeBits};
use crate::base::arch::Arch;
use crate::base::store::{Ref, UNIT};
use crate::object::capability::{Capability, MemoryClass};
use crate::object::slot::Slot;
use l4k_sys::Error;

/// Bytes cleared between two preemption points.
const CHUNK: u64 = 4096;

/// An untyped capability, unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untyped {
    /// First byte.
    pub base: PhysicalAddress,
    /// Size.
    pub size: SizeBits,
    /// Kind of memory.
    pub memory: MemoryClass,
    /// Offset of the first byte above what was handed out since it was whole.
    pub watermark: u64,
    /// Whether anything made from it is left.
    pub in_use: bool,
}

impl Untyped {
    /// Offset of the first free byte.
    #[must_use]
    pub const fn free_offset(&self) -> u64 {
        if self.in_use { self.watermark } else { 0 }
    }

    /// Offset at which `count` objects of a size can be made next, or at which they were asked for.
    ///
    /// # Errors
    /// `NotEnoughMemory`; `Misaligned` and `InvalidAddress` for an address asked for.
    pub fn place(&self, object: SizeBits, count: u64, at: Option<u64>) -> Result<u64, Error> {
        let offset = match at {
            None => self.free_offset().next_multiple_of(object.bytes()),
            Some(address) => {
                if address & (object.bytes() - 1) != 0 {
                    return Err(Error::Misaligned);
                }
                let offset = address.checked_sub(self.base.value()).ok_or(Error::InvalidAddress)?;
                if offset >= self.size.bytes() {
                    return Err(Error::InvalidAddress);
                }
                if offset < self.free_offset() {
                    return Err(Error::NotEnoughMemory);
                }
                offset
            }
        };
        let bytes = object.bytes().checked_mul(count).ok_or(Error::NotEnoughMemory)?;
        match offset.checked_add(bytes) {
            Some(end) if end <= self.size.bytes() => Ok(offset),
            _ => Err(Error::NotEnoughMemory),
        }
    }
}

impl<A: Arch> System<A> {
    /// The untyped in a slot.
    ///
    /// # Errors
    /// `WrongKind`.
    pub fn untyped_in(&self, slot: Ref<Slot>) -> Result<Untyped, Error> {
        let Slot { capability, links } = *self.store.get(slot);
        let Capability::Untyped { size_bits, memory, watermark, base } = capability else {
            return Err(Error::WrongKind);
        };
        let watermark = u64::from(watermark) * UNIT;
        Ok(Untyped { base, size: size_bits, memory, watermark, in_use: links.child.is_some() })
    }

    /// Sets how far an untyped was handed out.
    pub fn set_watermark(&mut self, slot: Ref<Slot>, offset: u64) {
        if let Capability::Untyped { watermark, .. } = &mut self.store.get_mut(slot).capability {
            *watermark = offset.div_ceil(UNIT) as u32;
        }
    }

    /// Clears one more chunk of an untyped without children. Device memory is never touched.
    pub fn reset_step(&mut self, slot: Ref<Slot>) -> Progress {
        let Ok(untyped) = self.untyped_in(slot) else { return Progress::Complete };
        if untyped.in_use || untyped.watermark == 0 {
            return Progress::Complete;
        }
        if untyped.memory == MemoryClass::Device {
            self.set_watermark(slot, 0);
            return Progress::Complete;
        }
        let start = (untyped.watermark - 1) / CHUNK * CHUNK;
        let (place, bytes) = (untyped.base.add(start), untyped.watermark - start);
        self.store.zero(place, bytes);
        self.clean(place, bytes);
        self.set_watermark(slot, start);
        if start == 0 { Progress::Complete } else { Progress::More }
    }
}
