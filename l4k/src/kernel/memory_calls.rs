//! System calls on untyped memory, frames and address spaces.

use super::arguments::Arguments;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::capability::{Capability, MemoryClass};
use crate::object::slot::Slot;
use crate::operation::mapping::Wanted;
use crate::operation::next::Next;
use crate::operation::retype::{Shape, Window};
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::{Maintenance, MapAttributes, Rights};

/// `UntypedRetype` and `UntypedRetypeAt`.
#[inline(always)]
pub fn retype<A: Arch>(
    system: &mut System<A>,
    &Arguments { caller, x }: &Arguments,
    at: Option<u64>,
) -> Result<Next, Error> {
    let untyped = system.look_up(caller, x[0])?;
    system.untyped_in(untyped)?;
    let shape = Shape::new(x[1], x[2])?;
    let table = system.table(caller, x[3])?;
    let window = Window::new(table.object, table.size_bits, x[4], x[5])?;
    system.retype(untyped, shape, window, at)
}

/// `UntypedQuery`.
pub fn query_untyped<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let slot = system.look_up(caller, x[0])?;
    let untyped = system.untyped_in(slot)?;
    let device = u64::from(untyped.memory == MemoryClass::Device);
    let size = u64::from(untyped.size.value());
    Ok(system.answer([untyped.base.value(), size, untyped.free_offset(), device, 0, 0, 0]))
}

/// `FrameMap`.
pub fn map<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let frame = frame_slot(system, &Arguments { caller, x })?;
    let Capability::AddressSpace { object: space } = system.store.get(system.look_up_at_once(caller, x[1])?).capability
    else {
        return Err(Error::WrongKind);
    };
    let wanted = wanted(x[3], x[4])?;
    match system.fast_map(frame, space, x[2], wanted) {
        Some(()) => Ok(Next::Done),
        None => system.map(frame, space, x[2], wanted),
    }
}

/// `FrameUnmap`.
pub fn unmap<A: Arch>(system: &mut System<A>, arguments: &Arguments) -> Result<Next, Error> {
    let frame = frame_slot(system, arguments)?;
    system.unmap(frame)?;
    Ok(Next::Done)
}

/// `FrameProtect`.
pub fn protect<A: Arch>(system: &mut System<A>, arguments: &Arguments) -> Result<Next, Error> {
    let frame = frame_slot(system, arguments)?;
    system.protect(frame, wanted(arguments.x[1], arguments.x[2])?)
}

#[inline(always)]
fn wanted(rights: u64, attributes: u64) -> Result<Wanted, Error> {
    let rights = Rights::from_bits(rights).ok_or(Error::InvalidRights)?;
    let attributes = MapAttributes::from_bits(attributes).ok_or(Error::InvalidAttributes)?;
    Ok(Wanted { rights, attributes })
}

/// `FrameMaintain`.
pub fn maintain<A: Arch>(system: &mut System<A>, arguments: &Arguments) -> Result<Next, Error> {
    let frame = frame_slot(system, arguments)?;
    let operation = Maintenance::from_number(arguments.x[1]).ok_or(Error::InvalidArgument)?;
    system.maintain_frame(frame, operation, arguments.x[2], arguments.x[3])
}

/// `FrameQuery`.
pub fn query_frame<A: Arch>(system: &mut System<A>, arguments: &Arguments) -> Result<Next, Error> {
    let slot = frame_slot(system, arguments)?;
    let frame = system.frame_in(slot)?;
    let device = u64::from(frame.memory == MemoryClass::Device);
    let page = frame.mapping.map_or(0, |mapping| mapping.page.value());
    Ok(system.answer([frame.address.value(), frame.size as u64, frame.rights.bits(), device, page, 0, 0]))
}

/// `AsidPoolAssign`.
pub fn assign<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let pool = system.pool_at(caller, x[0])?;
    let space = system.space_at(caller, x[1])?;
    system.assign_asid(pool, space)?;
    Ok(Next::Done)
}

/// `AddressSpaceQuery`.
pub fn query_space<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let space = system.store.get(system.space_at(caller, x[0])?);
    let [tables, free] = [space.tables(), space.free_tables()].map(u64::from);
    Ok(system.answer([tables, free, u64::from(space.identity.get().is_some()), 0, 0, 0, 0]))
}

#[inline(always)]
fn frame_slot<A: Arch>(system: &System<A>, &Arguments { caller, x }: &Arguments) -> Result<Ref<Slot>, Error> {
    let slot = system.look_up_at_once(caller, x[0])?;
    match system.store.get(slot).capability {
        Capability::Frame { .. } => Ok(slot),
        _ => Err(Error::WrongKind),
    }
}
