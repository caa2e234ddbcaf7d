//! System calls on the slots of CNodes.

use super::arguments::Arguments;
use crate::base::address::Badge;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::slot::Slot;
use crate::operation::next::Next;
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::Rights;

/// Destination and source of a slot operation.
fn slots<A: Arch>(system: &System<A>, &Arguments { caller, x }: &Arguments) -> Result<(Ref<Slot>, Ref<Slot>), Error> {
    let target = system.table(caller, x[0])?.slot(x[1])?;
    let source = system.table(caller, x[2])?.slot(x[3])?;
    if system.store.get(source).capability.is_gone() {
        return Err(Error::SlotEmpty);
    }
    Ok((target, source))
}

/// `CNodeCopy`.
pub fn copy<A: Arch>(system: &mut System<A>, arguments: &Arguments) -> Result<Next, Error> {
    let (target, source) = slots(system, arguments)?;
    let rights = Rights::from_bits(arguments.x[4]).ok_or(Error::InvalidRights)?;
    system.copy(source, target, rights, Badge::NONE)?;
    Ok(Next::Done)
}

/// `CNodeMint`.
pub fn mint<A: Arch>(system: &mut System<A>, arguments: &Arguments) -> Result<Next, Error> {
    let (target, source) = slots(system, arguments)?;
    let rights = Rights::from_bits(arguments.x[4]).ok_or(Error::InvalidRights)?;
    let badge = Badge::new(arguments.x[5]);
    if !badge.is_set() {
        return Err(Error::InvalidBadge);
    }
    system.copy(source, target, rights, badge)?;
    Ok(Next::Done)
}

/// `CNodeMove`.
pub fn relocate<A: Arch>(system: &mut System<A>, arguments: &Arguments) -> Result<Next, Error> {
    let (target, source) = slots(system, arguments)?;
    if system.store.get(target).capability != Capability::Empty {
        return Err(Error::SlotOccupied);
    }
    system.relocate(source, target);
    Ok(Next::Done)
}

/// `CNodeSwap`.
pub fn swap<A: Arch>(system: &mut System<A>, arguments: &Arguments) -> Result<Next, Error> {
    let (target, source) = slots(system, arguments)?;
    if system.store.get(target).capability.is_gone() {
        return Err(Error::SlotEmpty);
    }
    system.exchange(target, source);
    Ok(Next::Done)
}

/// `CNodeDelete`.
pub fn delete<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let slot = system.table(caller, x[0])?.slot(x[1])?;
    Ok(system.delete(slot))
}

/// `CNodeRevoke`.
pub fn revoke<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let slot = system.table(caller, x[0])?.slot(x[1])?;
    if system.store.get(slot).capability.is_gone() {
        return Err(Error::SlotEmpty);
    }
    Ok(system.revoke(slot))
}

/// `CNodeQuery`.
pub fn query<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let slot = system.table(caller, x[0])?.slot(x[1])?;
    let capability = system.store.get(slot).capability;
    let kind = capability.kind().map_or(0, |kind| kind as u64);
    Ok(system.answer([kind, capability.rights().bits(), capability.badge().value(), 0, 0, 0, 0]))
}
