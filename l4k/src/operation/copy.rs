//! Copies of capabilities: children of what they came from, never with more rights.

use super::system::System;
use crate::base::address::Badge;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::frame::Frame;
use crate::object::slot::Slot;
use l4k_sys::Error;
use l4k_sys::abi::Rights;

/// What a copy of `capability` with these rights and this badge is.
///
/// # Errors
/// `SlotEmpty`, `NotCopyable`; `AlreadyBadged` if a badge is to be set on a capability that has one or has no use for it;
/// `InvalidBadge` for one that is no function of firmware.
pub fn derive(capability: &Capability, rights: Rights, badge: Badge) -> Result<Capability, Error> {
    check_badge(capability, badge)?;
    Ok(match *capability {
        Capability::Empty
        | Capability::CNodeHeader { .. }
        | Capability::Leaving
        | Capability::Remnant { .. }
        | Capability::DyingRoot { .. }
        | Capability::DyingInner { .. } => return Err(Error::SlotEmpty),
        Capability::Untyped { .. } => return Err(Error::NotCopyable),
        Capability::CNode { size_bits, rights: held, object, last } => {
            Capability::CNode { size_bits, rights: held.intersection(rights), object, last }
        }
        Capability::Endpoint { rights: held, object, badge: old } => {
            let badge = if badge.is_set() { badge } else { old };
            Capability::Endpoint { rights: held.intersection(rights), object, badge }
        }
        Capability::Notification { rights: held, object, badge: old } => {
            let badge = if badge.is_set() { badge } else { old };
            Capability::Notification { rights: held.intersection(rights), object, badge }
        }
        Capability::SmcControl { badge: old } => {
            Capability::SmcControl { badge: if badge.is_set() { badge } else { old } }
        }
        Capability::DebugConsole { rights: held } => Capability::DebugConsole { rights: held.intersection(rights) },
        Capability::Frame { shape, asid, number, mapping } => {
            let frame = Frame::unpack(shape, asid, number, mapping);
            Frame { rights: frame.rights.intersection(rights), mapping: None, ..frame }.pack()
        }
        Capability::Thread { .. }
        | Capability::Reply { .. }
        | Capability::SchedContext { .. }
        | Capability::AddressSpace { .. }
        | Capability::AsidPool { .. }
        | Capability::Irq { .. }
        | Capability::SchedControl { .. }
        | Capability::IrqControl => *capability,
    })
}

/// Whether a copy can have this badge; none is always possible.
fn check_badge(capability: &Capability, badge: Badge) -> Result<(), Error> {
    if badge.is_set() && (capability.badge().is_set() || !takes_badge(capability)) {
        return Err(Error::AlreadyBadged);
    }
    if matches!(capability, Capability::SmcControl { .. }) && badge.value() > u64::from(u32::MAX) {
        return Err(Error::InvalidBadge);
    }
    Ok(())
}

const fn takes_badge(capability: &Capability) -> bool {
    matches!(capability, Capability::Endpoint { .. } | Capability::Notification { .. } | Capability::SmcControl { .. })
}

impl<A: Arch> System<A> {
    /// Copies the capability in `source` into the empty slot `target`.
    ///
    /// # Errors
    /// `SlotOccupied` and those of [`derive()`].
    pub fn copy(&mut self, source: Ref<Slot>, target: Ref<Slot>, rights: Rights, badge: Badge) -> Result<(), Error> {
        if self.store.get(target).capability != Capability::Empty {
            return Err(Error::SlotOccupied);
        }
        let capability = derive(&self.store.get(source).capability, rights, badge)?;
        self.add_reference(&capability);
        self.insert_child(source, target, capability);
        Ok(())
    }

    /// Counts one more capability to an object. There are fewer slots in memory than a counter counts.
    pub fn add_reference(&mut self, capability: &Capability) {
        if let Some(count) = self.references(capability) {
            *count += 1;
        }
    }

    /// The counter of capabilities of an object; kinds without an object have none.
    pub fn references(&mut self, capability: &Capability) -> Option<&mut u32> {
        Some(match *capability {
            Capability::CNode { object, .. } => match &mut self.store.get_mut(object).header.capability {
                Capability::CNodeHeader { references, .. } => references,
                _ => return None,
            },
            Capability::Thread { object } => &mut self.store.get_mut(object).references,
            Capability::Endpoint { object, .. } => &mut self.store.get_mut(object).references,
            Capability::Notification { object, .. } => &mut self.store.get_mut(object).references,
            Capability::Reply { object } => &mut self.store.get_mut(object).references,
            Capability::SchedContext { object } => &mut self.store.get_mut(object).references,
            Capability::AddressSpace { object } => &mut self.store.get_mut(object).references,
            Capability::AsidPool { object } => &mut self.store.get_mut(object).references,
            Capability::Irq { object } => &mut self.store.get_mut(object).references,
            _ => return None,
        })
    }
}
