//! Capabilities: 16 bytes that name an object and say what may be done with it.

use super::address_space::AddressSpace;
use super::asid_pool::AsidPool;
use super::cnode::CNode;
use super::endpoint::Endpoint;
use super::frame::{FrameShape, PackedMapping};
use super::irq::Irq;
use super::notification::Notification;
use super::reply::Reply;
use super::sched_context::SchedContext;
use super::slot::Slot;
use super::thread::Thread;
use crate::base::address::{Badge, PhysicalAddress, SizeBits};
use crate::base::store::Ref;
use l4k_sys::abi::{ObjectKind, Rights};

/// What kind of memory an untyped or a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum MemoryClass {
    /// RAM.
    Normal = 0,
    /// Registers of devices: never read or written by the kernel.
    Device = 1,
}

/// A capability. All-zero memory is [`Empty`](Self::Empty); the variants' fields are ordered so that each fits 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Capability {
    /// No capability.
    Empty = 0,
    /// Slot 0 of a CNode: not a capability but the table's own header, which no capability address reaches.
    CNodeHeader {
        /// 2^n slots.
        size_bits: u8,
        /// Capabilities to this CNode.
        references: u32,
    },
    /// An untyped whose deletion has begun: its children are being handed on, so nothing may be made of it any more.
    Leaving,
    /// Memory.
    Untyped {
        /// Size.
        size_bits: SizeBits,
        /// Kind of memory.
        memory: MemoryClass,
        /// Units of 32 bytes from the base up to which memory was handed out.
        watermark: u32,
        /// First byte.
        base: PhysicalAddress,
    },
    /// A table of capabilities.
    CNode {
        /// 2^n slots.
        size_bits: u8,
        /// `MANAGE`.
        rights: Rights,
        /// The table.
        object: Ref<CNode>,
        /// The last slot: what the look-up needs, 2^n - 1.
        last: u32,
    },
    /// A thread.
    Thread {
        /// The thread.
        object: Ref<Thread>,
    },
    /// An endpoint.
    Endpoint {
        /// `CALL`, `RECEIVE`, `GRANT`.
        rights: Rights,
        /// The endpoint.
        object: Ref<Endpoint>,
        /// What the receiver is told.
        badge: Badge,
    },
    /// A notification.
    Notification {
        /// `SIGNAL`, `WAIT`.
        rights: Rights,
        /// The notification.
        object: Ref<Notification>,
        /// What a signal ors in; 0 signals bit 0.
        badge: Badge,
    },
    /// A reply object.
    Reply {
        /// The reply object.
        object: Ref<Reply>,
    },
    /// Processor time.
    SchedContext {
        /// The scheduling context.
        object: Ref<SchedContext>,
    },
    /// A user address space.
    AddressSpace {
        /// The space.
        object: Ref<AddressSpace>,
    },
    /// A frame; see [`Frame`](super::frame::Frame) for its unpacked form.
    Frame {
        /// Rights, size and memory class.
        shape: FrameShape,
        /// Identifier of the space that it is mapped in, 0 if it is not.
        asid: u16,
        /// Physical address divided by 4096.
        number: u32,
        /// Where it is mapped.
        mapping: PackedMapping,
    },
    /// A pool of address-space identifiers.
    AsidPool {
        /// The pool.
        object: Ref<AsidPool>,
    },
    /// An interrupt.
    Irq {
        /// The interrupt.
        object: Ref<Irq>,
    },
    /// Authority over a core's time.
    SchedControl {
        /// The core.
        core: u8,
    },
    /// Authority to issue interrupts.
    IrqControl,
    /// Authority to call firmware.
    SmcControl {
        /// The one function that may be called; any if it is not set.
        badge: Badge,
    },
    /// The kernel's console.
    DebugConsole {
        /// `PRINT`, `CONTROL`.
        rights: Rights,
    },
    /// What is left in the slot of a CNode's last capability until the CNode is empty. Nothing can be put there, and it cannot be moved.
    Remnant {
        /// The CNode; its header is a [`DyingRoot`](Self::DyingRoot) that names this slot.
        object: Ref<CNode>,
    },
    /// Header of a dying CNode with which a deletion began. It is the last of the deletion's list.
    DyingRoot {
        /// 2^n slots.
        size_bits: u8,
        /// Slots still to be emptied.
        cursor: u32,
        /// First of the list: the CNode that is emptied now.
        latest: Ref<CNode>,
        /// Where its remnant is, if the CNode that this is in is not emptied.
        remnant: Option<Ref<Slot>>,
    },
    /// Header of a dying CNode that was found inside another one.
    DyingInner {
        /// 2^n slots.
        size_bits: u8,
        /// Slots still to be emptied.
        cursor: u32,
        /// Next of the list: the CNode that it was found inside.
        below: Ref<CNode>,
        /// The last of the list, or one that is nearer to it.
        root: Ref<CNode>,
    },
}

const _: () = assert!(size_of::<Capability>() == 16);

impl Capability {
    /// The kind of object, `None` for what no program can use: an empty slot, a CNode's header, an untyped that is leaving, what is left of a CNode.
    #[must_use]
    pub const fn kind(&self) -> Option<ObjectKind> {
        Some(match self {
            Self::Empty
            | Self::CNodeHeader { .. }
            | Self::Leaving
            | Self::Remnant { .. }
            | Self::DyingRoot { .. }
            | Self::DyingInner { .. } => return None,
            Self::Untyped { .. } => ObjectKind::Untyped,
            Self::CNode { .. } => ObjectKind::CNode,
            Self::Thread { .. } => ObjectKind::Thread,
            Self::Endpoint { .. } => ObjectKind::Endpoint,
            Self::Notification { .. } => ObjectKind::Notification,
            Self::Reply { .. } => ObjectKind::Reply,
            Self::SchedContext { .. } => ObjectKind::SchedContext,
            Self::AddressSpace { .. } => ObjectKind::AddressSpace,
            Self::Frame { .. } => ObjectKind::Frame,
            Self::AsidPool { .. } => ObjectKind::AsidPool,
            Self::Irq { .. } => ObjectKind::Irq,
            Self::SchedControl { .. } => ObjectKind::SchedControl,
            Self::IrqControl => ObjectKind::IrqControl,
            Self::SmcControl { .. } => ObjectKind::SmcControl,
            Self::DebugConsole { .. } => ObjectKind::DebugConsole,
        })
    }

    /// Whether a program finds nothing in the slot: it is empty, or kept until a CNode is.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Empty | Self::Remnant { .. })
    }

    /// Its rights; kinds without rights of their own have none.
    #[must_use]
    pub const fn rights(&self) -> Rights {
        match self {
            Self::CNode { rights, .. }
            | Self::Endpoint { rights, .. }
            | Self::Notification { rights, .. }
            | Self::DebugConsole { rights } => *rights,
            Self::Frame { shape, .. } => shape.rights(),
            _ => Rights::NONE,
        }
    }

    /// Its badge, if its kind has badges.
    #[must_use]
    pub const fn badge(&self) -> Badge {
        match self {
            Self::Endpoint { badge, .. } | Self::Notification { badge, .. } | Self::SmcControl { badge } => *badge,
            _ => Badge::NONE,
        }
    }
}
