//! Interrupts as objects.

use super::slot::Slot;
use crate::base::arch::{Line, Mask};
use crate::base::store::{Object, Ref};

/// Who lets a line interrupt again after it fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledge {
    /// Its driver, when it has dealt with the device.
    ByDriver,
    /// Nobody has to: the line stays unmasked. For edges only.
    Itself,
}

/// An interrupt.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Irq {
    /// Capabilities to it.
    pub references: u32,
    /// The line it stands for, once issued.
    pub line: Option<Line>,
    /// Who lets the line interrupt again.
    pub acknowledge: Acknowledge,
    /// Whether its line is masked.
    pub mask: Mask,
    /// It fired while it was bound to nothing, or was raised while it was masked: it is signalled when the line would be unmasked next.
    pub missed: bool,
    /// The notification capability that is signalled when it fires.
    pub notification: Slot,
}

const _: () = assert!(core::mem::offset_of!(Irq, notification) == 32);

impl Irq {
    /// An interrupt that stands for nothing yet, without a capability to it.
    pub const NEW: Irq = Irq {
        references: 0,
        line: None,
        acknowledge: Acknowledge::ByDriver,
        mask: Mask::Masked,
        missed: false,
        notification: Slot::EMPTY,
    };
}

impl Object for Irq {
    const BITS: u8 = 6;
}

impl Ref<Irq> {
    /// The slot with the notification.
    #[must_use]
    pub const fn notification(self) -> Ref<Slot> {
        self.part(core::mem::offset_of!(Irq, notification) as u64)
    }
}
