//! What a program is given when it is started.

use l4k_sys::abi::{FrameSize, Rights};
use l4k_sys::handle::NewObject;
use l4k_sys::{Badge, Endpoint, Frame, Nanoseconds};

use crate::boot::Interrupt;

/// Everything about a program that its image does not say.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// Who hears of its faults and its end, and is its [`SUPERVISOR`](l4k_sys::startup::SUPERVISOR): an endpoint in the
    /// starter's CNode, without a badge.
    pub supervisor: Endpoint,
    /// By which the supervisor tells it from others.
    pub badge: Badge,
    /// Its priority.
    pub priority: u8,
    /// The highest priority that it may give to others.
    pub maximum_priority: u8,
    /// Its time slice; or, with a period, its budget in each period.
    pub time_slice: Nanoseconds,
    /// The period in which it gets no more than its budget. `None`: its budget is a time slice, and the next follows at once.
    pub period: Option<Nanoseconds>,
    /// Who hears that the time it works on is used up before the period is over, with the program's badge: an endpoint in the starter's CNode, without
    /// a badge. `None`: nobody; it waits for its next refill.
    pub timeouts: Option<Endpoint>,
    /// Its capability table has 2^n slots.
    pub cnode_bits: u8,
    /// What else goes into its slots.
    pub supplies: &'a [Supply],
    /// Devices that are mapped for it.
    pub devices: &'a [DeviceMapping],
}

impl<'a> Description<'a> {
    /// A program with these supplies and nothing out of the ordinary: priority 100, a time slice of 10 milliseconds, 32 slots, no devices. What
    /// shall be different is named: `Description { priority: 200, ..Description::new(supervisor, badge, &supplies) }`.
    #[must_use]
    pub const fn new(supervisor: Endpoint, badge: Badge, supplies: &'a [Supply]) -> Description<'a> {
        Description {
            supervisor,
            badge,
            priority: 100,
            maximum_priority: 100,
            time_slice: Nanoseconds::from_milliseconds(10),
            period: None,
            timeouts: None,
            cnode_bits: 5,
            supplies,
            devices: &[],
        }
    }
}

/// What goes into one of its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supply {
    /// The slot.
    pub slot: u64,
    /// What.
    pub source: SupplySource,
}

/// Where a capability for a program comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupplySource {
    /// A copy of a capability of the starter, with fewer rights.
    Copy {
        /// Slot in the starter's CNode.
        from: u64,
        /// Its rights.
        rights: Rights,
    },
    /// The same with a badge.
    Mint {
        /// Slot in the starter's CNode.
        from: u64,
        /// Its rights.
        rights: Rights,
        /// Its badge.
        badge: Badge,
    },
    /// A badged copy of a capability that was supplied before.
    MintOwn {
        /// Slot in the program's CNode.
        from: u64,
        /// Its rights.
        rights: Rights,
        /// Its badge.
        badge: Badge,
    },
    /// A new object out of the program's memory.
    Make(NewObject),
    /// An interrupt.
    Irq(Interrupt),
}

impl Supply {
    /// A copy of a capability of the starter.
    #[must_use]
    pub const fn copy(slot: u64, from: u64, rights: Rights) -> Supply {
        Supply { slot, source: SupplySource::Copy { from, rights } }
    }

    /// A badged copy of a capability of the starter.
    #[must_use]
    pub const fn mint(slot: u64, from: u64, rights: Rights, badge: Badge) -> Supply {
        Supply { slot, source: SupplySource::Mint { from, rights, badge } }
    }

    /// A new object out of the program's memory.
    #[must_use]
    pub const fn make(slot: u64, object: NewObject) -> Supply {
        Supply { slot, source: SupplySource::Make(object) }
    }
}

/// A device that is mapped for a program, readable and writable.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeviceMapping {
    /// Frame of its registers, in the starter's CNode. Each program gets a copy for its mapping.
    pub frame: Frame,
    /// Size of the frame.
    pub size: FrameSize,
    /// Where it is mapped.
    pub address: u64,
}
