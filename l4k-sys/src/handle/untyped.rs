//! Untyped memory, and what can be made of it.

use super::Place;
use crate::abi::object::FLOATING_POINT_THREAD_BITS;
use crate::abi::{Error, FrameSize, ObjectKind, SystemCall};
use crate::system::query;

/// An object to be made, with its size where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewObject {
    /// A smaller untyped of so many bits.
    Untyped(u8),
    /// A CNode of 2^n slots.
    CNode(u8),
    /// A thread.
    Thread,
    /// A thread with FP/SIMD registers.
    FloatingPointThread,
    /// An endpoint.
    Endpoint,
    /// A notification.
    Notification,
    /// A reply object.
    Reply,
    /// A scheduling context.
    SchedContext,
    /// An address space of so many bits, tables included.
    AddressSpace(u8),
    /// A frame.
    Frame(FrameSize),
    /// A pool of address-space identifiers.
    AsidPool,
    /// An interrupt, to be issued.
    Irq,
}

impl NewObject {
    /// Its kind.
    #[must_use]
    pub const fn kind(self) -> ObjectKind {
        match self {
            Self::Untyped(_) => ObjectKind::Untyped,
            Self::CNode(_) => ObjectKind::CNode,
            Self::Thread | Self::FloatingPointThread => ObjectKind::Thread,
            Self::Endpoint => ObjectKind::Endpoint,
            Self::Notification => ObjectKind::Notification,
            Self::Reply => ObjectKind::Reply,
            Self::SchedContext => ObjectKind::SchedContext,
            Self::AddressSpace(_) => ObjectKind::AddressSpace,
            Self::Frame(_) => ObjectKind::Frame,
            Self::AsidPool => ObjectKind::AsidPool,
            Self::Irq => ObjectKind::Irq,
        }
    }

    /// The size argument of a retype.
    #[must_use]
    pub const fn size_argument(self) -> u64 {
        match self {
            Self::Untyped(bits) | Self::CNode(bits) | Self::AddressSpace(bits) => bits as u64,
            Self::Frame(size) => size as u64,
            Self::FloatingPointThread => FLOATING_POINT_THREAD_BITS as u64,
            _ => 0,
        }
    }

    /// The memory that it takes, in bits; `None` if its size is out of range.
    #[must_use]
    pub const fn memory_bits(self) -> Option<u8> {
        self.kind().object_bits(self.size_argument())
    }
}

/// What an untyped says of itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UntypedStatus {
    /// Physical address.
    pub physical_address: u64,
    /// Size in bits.
    pub size_bits: u8,
    /// Bytes from its beginning to the first free one.
    pub used_bytes: u64,
    /// Which memory it is.
    pub memory: MemoryKind,
}

/// Which memory an untyped covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// Ordinary memory.
    Normal,
    /// Registers of devices.
    Device,
}

/// A capability to untyped memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Untyped(u64);

impl Untyped {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> Untyped {
        Untyped(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Makes `count` objects, with capabilities in `first` and the slots after it. Returns the physical address of the first.
    ///
    /// # Errors
    /// `InvalidKind`, `InvalidSize`, `InvalidCount` (0, or above 256), `SlotOutOfRange`, `SlotOccupied`, `MissingRight` (the
    /// destination CNode), `NotEnoughMemory`, `DeviceMemory` (something else than frames or untyped out of device memory).
    pub fn retype(self, object: NewObject, first: Place, count: u64) -> Result<u64, Error> {
        let (kind, size) = (object.kind() as u64, object.size_argument());
        let arguments = [self.0, kind, size, first.cnode.slot(), first.slot, count];
        Ok(query(SystemCall::UntypedRetype, arguments)?[1])
    }

    /// Makes one object at a physical address: a device's registers, a buffer for a device.
    ///
    /// # Errors
    /// As [`retype`](Self::retype); `Misaligned` for the address; `NotEnoughMemory` if it is not free.
    pub fn retype_at(self, object: NewObject, place: Place, physical_address: u64) -> Result<(), Error> {
        let (kind, size) = (object.kind() as u64, object.size_argument());
        let arguments = [self.0, kind, size, place.cnode.slot(), place.slot, 1, physical_address];
        query(SystemCall::UntypedRetypeAt, arguments).map(|_| ())
    }

    /// Where it lies and how much of it is free.
    ///
    /// # Errors
    /// None of its own.
    pub fn query(self) -> Result<UntypedStatus, Error> {
        let [_, physical_address, size_bits, used_bytes, device, ..] = query(SystemCall::UntypedQuery, [self.0])?;
        let memory = if device == 0 { MemoryKind::Normal } else { MemoryKind::Device };
        Ok(UntypedStatus { physical_address, size_bits: size_bits as u8, used_bytes, memory })
    }
}
