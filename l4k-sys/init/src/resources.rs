//! What the first program has to give to others.

use core::fmt;

use l4k_sys::abi::boot::{BootInformation, Entry, slot};
use l4k_sys::abi::{Error, FrameSize};
use l4k_sys::handle::NewObject;
use l4k_sys::{AddressSpace, AsidPool, DebugConsole, Frame, IrqControl, SchedControl, SmcControl};

use crate::device_error::{Address, DeviceError};
use crate::device_memory::DevicePool;
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
    /// Device memory.
    pub devices: DevicePool,
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
    /// Authority over calls of firmware. Its slot is empty if the kernel was built without the feature `firmware-calls`.
    pub const SMC_CONTROL: SmcControl = SmcControl::from_slot(slot::SMC_CONTROL);

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
            devices: DevicePool::new(information),
            window: Window::after(used_end),
        })
    }

    /// Makes an object of device memory in a free slot of one's own, at a physical address.
    ///
    /// # Errors
    /// Those of [`DevicePool::make`].
    pub fn make_at(&mut self, object: NewObject, slot: u64, physical_address: u64) -> Result<(), DeviceError> {
        self.devices.make(&mut self.slots, object, slot, physical_address)
    }

    /// Makes an object of normal memory in a new slot.
    ///
    /// # Errors
    /// `SlotOutOfRange` without slots; those of [`UntypedPool::make`].
    pub fn make(&mut self, object: NewObject) -> Result<u64, Error> {
        let slot = self.slots.take().ok_or(Error::SlotOutOfRange)?;
        match self.memory.make(object, slot) {
            Ok(()) => Ok(slot),
            Err(error) => {
                self.slots.give_back(SlotRange { first: slot, count: 1 });
                Err(error)
            }
        }
    }

    /// A small frame of device memory at a physical address, in a new slot.
    ///
    /// # Errors
    /// Those of [`DevicePool::make`].
    pub fn device_frame(&mut self, physical_address: u64) -> Result<Frame, DeviceError> {
        let slot = self.slots.take().ok_or(DeviceError::NoSlots(Address(physical_address)))?;
        match self.make_at(NewObject::Frame(FrameSize::Small), slot, physical_address) {
            Ok(()) => Ok(Frame::from_slot(slot)),
            Err(error) => {
                self.slots.give_back(SlotRange { first: slot, count: 1 });
                Err(error)
            }
        }
    }
}
