//! What the first program has to give to others.

use core::fmt;

use l4k_sys::abi::boot::{BootInformation, Entry, slot};
use l4k_sys::{AddressSpace, AsidPool, DebugConsole, IrqControl, SchedControl};

use crate::memory::UntypedPool;
use crate::slots::{SlotAllocator, SlotRange};
use crate::window::Window;

/// What the first program has to give to others.
#[derive(Debug)]
pub struct Resources {
    /// Free slots.
    pub slots: SlotAllocator,
    /// Untyped memory.
    pub memory: UntypedPool,
    /// Where it writes into the memory of others before they have it.
    pub window: Window,
}

/// The boot information lacks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceProblem {
    /// It names no free slots.
    NoFreeSlots,
    /// It does not say which addresses are in use.
    NoUsedAddresses,
}

impl fmt::Display for ResourceProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFreeSlots => write!(formatter, "the boot information names no free slots"),
            Self::NoUsedAddresses => write!(formatter, "the boot information does not say which addresses are in use"),
        }
    }
}

impl core::error::Error for ResourceProblem {}

impl Resources {
    /// The pool of address-space identifiers.
    pub const ASID_POOL: AsidPool = AsidPool::from_slot(slot::ASID_POOL);
    /// The processor time of the first core.
    pub const SCHED_CONTROL: SchedControl = SchedControl::from_slot(slot::SCHED_CONTROL);
    /// The authority over interrupts.
    pub const IRQ_CONTROL: IrqControl = IrqControl::from_slot(slot::IRQ_CONTROL);
    /// The first program's own space.
    pub const ADDRESS_SPACE: AddressSpace = AddressSpace::from_slot(slot::ADDRESS_SPACE);
    /// The kernel's console; the slot may be empty.
    pub const DEBUG_CONSOLE: DebugConsole = DebugConsole::from_slot(slot::DEBUG_CONSOLE);

    /// Everything that the boot information tells of.
    ///
    /// # Errors
    /// [`ResourceProblem`].
    pub fn new(information: &BootInformation<'_>) -> Result<Resources, ResourceProblem> {
        let free = |entry| match entry {
            Entry::FreeSlots { first, count } => Some(SlotRange { first, count }),
            _ => None,
        };
        let used_end = |entry| if let Entry::UsedAddresses { end, .. } = entry { Some(end) } else { None };
        let free = information.entries().find_map(free).ok_or(ResourceProblem::NoFreeSlots)?;
        let used_end = information.entries().find_map(used_end).ok_or(ResourceProblem::NoUsedAddresses)?;
        Ok(Resources {
            slots: SlotAllocator::new(free),
            memory: UntypedPool::new(information),
            window: Window::after(used_end),
        })
    }
}
