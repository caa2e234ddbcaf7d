//! `retype`: objects out of untyped memory.

use super::next::{Next, Progress};
use super::system::System;
use crate::base::address::{Badge, PhysicalAddress, SizeBits};
use crate::base::arch::Arch;
use crate::base::index::{confined, within};
use crate::base::store::{Ref, Store, UNIT};
use crate::object::address_space::AddressSpace;
use crate::object::asid_pool::AsidPool;
use crate::object::capability::{Capability, MemoryClass};
use crate::object::cnode::CNode;
use crate::object::frame::Frame;
use crate::object::irq::Irq;
use crate::object::slot::{Links, Slot};
use crate::object::thread::{Thread, Use};
use l4k_sys::Error;
use l4k_sys::abi::object::{FLOATING_POINT_THREAD_BITS, RETYPE_COUNT_MAX};
use l4k_sys::abi::{FrameSize, ObjectKind, Rights};

/// What is to be made, its size checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    kind: ObjectKind,
    argument: u64,
    object: SizeBits,
}

/// The number behind the last of a kind.
const KINDS_END: u64 = ObjectKind::DebugConsole as u64 + 1;

impl Shape {
    /// Checks a kind and a size argument.
    ///
    /// # Errors
    /// `InvalidKind`, `InvalidSize`.
    pub fn new(kind: u64, size_bits: u64) -> Result<Shape, Error> {
        let kind = ObjectKind::from_number(confined(kind, KINDS_END)).ok_or(Error::InvalidKind)?;
        if matches!(
            kind,
            ObjectKind::SchedControl | ObjectKind::IrqControl | ObjectKind::SmcControl | ObjectKind::DebugConsole
        ) {
            return Err(Error::InvalidKind);
        }
        let object = kind.object_bits(size_bits).and_then(SizeBits::new).ok_or(Error::InvalidSize)?;
        Ok(Shape { kind, argument: size_bits, object })
    }

    /// Whether it can be made of this memory: device memory gives frames and untypeds of whole pages.
    ///
    /// # Errors
    /// `DeviceMemory`.
    const fn check_memory(&self, memory: MemoryClass) -> Result<(), Error> {
        match (memory, self.kind) {
            (MemoryClass::Normal, _) | (MemoryClass::Device, ObjectKind::Frame) => Ok(()),
            (MemoryClass::Device, ObjectKind::Untyped) if self.object.value() >= 12 => Ok(()),
            _ => Err(Error::DeviceMemory),
        }
    }
}

/// Slots that new capabilities go to.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    cnode: Ref<CNode>,
    last: u32,
    first: u32,
    count: u32,
}

impl Window {
    /// Checks a range of slots of a CNode of 2^`size_bits` slots.
    ///
    /// # Errors
    /// `InvalidCount`, `SlotOutOfRange`.
    pub fn new(cnode: Ref<CNode>, size_bits: u8, first: u64, count: u64) -> Result<Window, Error> {
        if count == 0 || count > RETYPE_COUNT_MAX {
            return Err(Error::InvalidCount);
        }
        if first == 0 || first >= 1 << size_bits || (1 << size_bits) - first < count {
            return Err(Error::SlotOutOfRange);
        }
        Ok(Window { cnode, last: ((1u64 << size_bits) - 1) as u32, first: first as u32, count: count as u32 })
    }

    fn slots(self) -> impl Iterator<Item = Ref<Slot>> {
        (self.first..self.first + self.count).map(move |index| self.cnode.slot(within(u64::from(index), self.last)))
    }
}

impl<A: Arch> System<A> {
    /// Makes as many objects as the window has slots. Answers with the physical address of the first.
    ///
    /// # Errors
    /// `WrongKind`, `DeviceMemory`, `SlotOccupied`, `AsidsExhausted`, those of [`Untyped::place`](super::untyped::Untyped::place).
    pub fn retype(
        &mut self,
        untyped_slot: Ref<Slot>,
        shape: Shape,
        window: Window,
        at: Option<u64>,
    ) -> Result<Next, Error> {
        let untyped = self.untyped_in(untyped_slot)?;
        shape.check_memory(untyped.memory)?;
        if window.slots().any(|slot| !matches!(self.store.get(slot).capability, Capability::Empty)) {
            return Err(Error::SlotOccupied);
        }
        if shape.kind == ObjectKind::AsidPool && (window.count != 1 || self.free_pool_place().is_none()) {
            return Err(Error::AsidsExhausted);
        }
        let offset = untyped.place(shape.object, u64::from(window.count), at)?;
        if !untyped.in_use {
            while self.reset_step(untyped_slot) == Progress::More {
                if self.store.machine.interrupt_pending() {
                    return Ok(Next::Restart);
                }
            }
        }
        self.set_watermark(untyped_slot, offset + shape.object.bytes() * u64::from(window.count));
        let first = untyped.base.add(offset);
        let mut address = first;
        for slot in window.slots() {
            if let Some(capability) = self.make(shape, address, untyped.memory) {
                self.add_reference(&capability);
                self.insert_child(untyped_slot, slot, capability);
            }
            address = address.add(shape.object.bytes());
        }
        Ok(Next::Value(first.value()))
    }

    /// Makes one object in memory that is zero and unused, with no capability to it yet. Most objects begin as zero bytes. `None` only outside object memory, where no normal untyped lies.
    fn make(&mut self, shape: Shape, address: PhysicalAddress, memory: MemoryClass) -> Option<Capability> {
        let store = &mut self.store;
        Some(match shape.kind {
            ObjectKind::Untyped => Capability::Untyped { size_bits: shape.object, memory, watermark: 0, base: address },
            ObjectKind::Frame => {
                let size = FrameSize::from_bits(shape.argument)?;
                Frame { rights: Rights::ALL, size, memory, address, mapping: None }.pack()
            }
            ObjectKind::CNode => self.make_cnode(address, shape.argument as u8)?,
            ObjectKind::Thread => {
                let object = make_thread(store, address, shape.object)?;
                store.get_mut(object).mark = self.watch.threads.enter(object);
                Capability::Thread { object }
            }
            ObjectKind::Endpoint => {
                Capability::Endpoint { rights: Rights::ALL, object: store.adopt(address)?, badge: Badge::NONE }
            }
            ObjectKind::Notification => {
                Capability::Notification { rights: Rights::ALL, object: store.adopt(address)?, badge: Badge::NONE }
            }
            ObjectKind::Reply => Capability::Reply { object: store.adopt(address)? },
            ObjectKind::SchedContext => Capability::SchedContext { object: store.adopt(address)? },
            ObjectKind::AddressSpace => {
                let object = store.adopt(address)?;
                AddressSpace::begin(store.get_mut(object), shape.object);
                Capability::AddressSpace { object }
            }
            ObjectKind::AsidPool => self.make_pool(address)?,
            ObjectKind::Irq => Capability::Irq { object: store.create(address, Irq::NEW)? },
            ObjectKind::SchedControl | ObjectKind::IrqControl | ObjectKind::SmcControl | ObjectKind::DebugConsole => {
                return None;
            }
        })
    }

    /// Makes a CNode of 2^`size_bits` empty slots, with no capability to it yet: its memory is zero, which is what empty slots are.
    pub fn make_cnode(&mut self, address: PhysicalAddress, size_bits: u8) -> Option<Capability> {
        let capability = Capability::CNodeHeader { size_bits, references: 0 };
        let header = Slot { capability, links: Links::NONE };
        let object = self.store.create(address, CNode { header })?;
        Some(Capability::CNode { size_bits, rights: Rights::ALL, object, last: (1 << size_bits) - 1 })
    }

    fn make_pool(&mut self, address: PhysicalAddress) -> Option<Capability> {
        let (number, generation) = self.free_pool_place()?;
        let object = self.store.adopt(address)?;
        AsidPool::begin(self.store.get_mut(object), number, generation);
        self.enter_pool(number, object);
        Some(Capability::AsidPool { object })
    }
}

/// A thread; one of the larger size has its FP/SIMD registers in the second half, which is zero.
fn make_thread<A: Arch>(store: &mut Store<A>, address: PhysicalAddress, size: SizeBits) -> Option<Ref<Thread>> {
    let thread = store.adopt(address)?;
    Thread::begin(store.get_mut(thread));
    if size.value() == FLOATING_POINT_THREAD_BITS {
        let object = store.get_mut(thread);
        object.floating_point = Some(thread.floating_point());
        object.units = Use::Yes;
    }
    Some(thread)
}

const _: () = assert!(UNIT == 1 << l4k_sys::abi::object::SMALLEST_UNTYPED_BITS);
