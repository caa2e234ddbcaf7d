//! Interrupts.

use super::Notification;
use crate::abi::{Error, SystemCall};
use crate::system::perform;

/// A capability to one interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Irq(u64);

impl Irq {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> Irq {
        Irq(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Lets the interrupt signal a notification, with that capability's badge, and unmasks it.
    ///
    /// # Errors
    /// `NotIssued`; `AlreadyBound`; `MissingRight` if the notification lacks the signal right.
    pub fn bind(self, notification: Notification) -> Result<(), Error> {
        perform(SystemCall::IrqBind, [self.0, notification.slot()])
    }

    /// Masks the interrupt and undoes [`bind`](Self::bind).
    ///
    /// # Errors
    /// `NotBound`.
    pub fn unbind(self) -> Result<(), Error> {
        perform(SystemCall::IrqBind, [self.0, 0])
    }

    /// Unmasks the interrupt after it was handled.
    ///
    /// # Errors
    /// `NotIssued`; `NotBound`.
    pub fn acknowledge(self) -> Result<(), Error> {
        perform(SystemCall::IrqAcknowledge, [self.0])
    }

    /// Makes the interrupt pending, as its device would.
    ///
    /// # Errors
    /// `NotIssued`.
    pub fn raise(self) -> Result<(), Error> {
        perform(SystemCall::IrqRaise, [self.0])
    }

    /// Sends the interrupt to a core from now on. Before, it goes to the core that issued it.
    ///
    /// # Errors
    /// `NotIssued`; `InvalidCore`.
    pub fn set_core(self, core: u64) -> Result<(), Error> {
        perform(SystemCall::IrqSetCore, [self.0, core])
    }
}

/// What makes an interrupt fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A level that stays until the device is content.
    Level,
    /// An edge.
    Edge,
    /// An edge; the line stays unmasked after each, and needs no acknowledgement.
    SelfAcknowledgingEdge,
}

impl Trigger {
    /// The trigger with this number in the boot information.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Trigger> {
        match number {
            0 => Some(Self::Level),
            1 => Some(Self::Edge),
            _ => None,
        }
    }

    const fn number(self) -> u64 {
        match self {
            Self::Level => 0,
            Self::Edge => 1,
            Self::SelfAcknowledgingEdge => 3,
        }
    }
}

/// The capability to issue interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct IrqControl(u64);

impl IrqControl {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> IrqControl {
        IrqControl(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Makes a new Irq object stand for an interrupt of the machine. It stays masked until it is bound.
    ///
    /// # Errors
    /// `InvalidInterrupt`; `InterruptTaken`.
    pub fn issue(self, irq: Irq, number: u32, trigger: Trigger) -> Result<(), Error> {
        perform(SystemCall::IrqControlIssue, [self.0, irq.slot(), u64::from(number), trigger.number()])
    }
}
