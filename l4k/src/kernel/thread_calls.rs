//! System calls on threads and scheduling contexts.

use super::arguments::Arguments;
use super::ipc_calls::waitable;
use crate::base::address::Badge;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::debugging::Stepping;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::slot::Slot;
use crate::object::thread::Suspension;
use crate::operation::next::{Next, Progress};
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, Rights};

/// `ThreadConfigure`.
pub fn configure<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    let slot_of = |address, kind| slot_of_kind(system, &Arguments { caller, x }, address, kind);
    let cnode = slot_of(x[1], ObjectKind::CNode)?;
    let space = slot_of(x[2], ObjectKind::AddressSpace)?;
    let fault_endpoint = match x[3] {
        0 => None,
        address => Some(slot_of(address, ObjectKind::Endpoint)?),
    };
    system.configure(thread, cnode, space, fault_endpoint)
}

/// `ThreadSetPriority`.
pub fn set_priority<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    system.set_priority(caller, thread, x[1], x[2])?;
    Ok(Next::Done)
}

/// `ThreadWriteRegisters`.
pub fn write_registers<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    if system.store_registers(thread)? == Progress::More {
        return Ok(Next::Restart);
    }
    system.write_registers(thread, x[1], x[2], [x[3], x[4], x[5]])?;
    Ok(Next::Done)
}

/// `ThreadReadRegisters`.
pub fn read_registers<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    if system.store_registers(thread)? == Progress::More {
        return Ok(Next::Restart);
    }
    let values = system.read_registers(thread, x[1])?;
    Ok(system.answer(values))
}

/// `ThreadSetRegisters`.
pub fn set_registers<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    if system.store_registers(thread)? == Progress::More {
        return Ok(Next::Restart);
    }
    system.set_registers(thread, x[1], x[2], [x[3], x[4], x[5], x[6], x[7]])?;
    Ok(Next::Done)
}

/// `ThreadSetBreakpoint`.
pub fn set_breakpoint<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    if system.store_registers(thread)? == Progress::More {
        return Ok(Next::Restart);
    }
    system.set_breakpoint(thread, x[1], x[2], x[3], x[4])?;
    Ok(Next::Done)
}

/// `ThreadQueryBreakpoint`.
pub fn query_breakpoint<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    let values = system.query_breakpoint(thread, x[1])?;
    Ok(system.answer(values))
}

/// `ThreadSetStepping`.
pub fn set_stepping<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    if system.store_registers(thread)? == Progress::More {
        return Ok(Next::Restart);
    }
    let stepping = match x[1] {
        0 => Stepping::Off,
        1 => Stepping::On,
        _ => return Err(Error::InvalidArgument),
    };
    system.set_stepping(thread, stepping)?;
    Ok(Next::Done)
}

/// `ThreadResume`.
pub fn resume<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    system.resume(thread)?;
    Ok(Next::Done)
}

/// `ThreadSuspend`. Suspending oneself returns when somebody resumes the thread.
pub fn suspend<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    system.suspend(thread, Suspension::Stopped);
    Ok(Next::Done)
}

/// `ThreadCancel`.
pub fn cancel<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    system.cancel(thread)?;
    Ok(Next::Done)
}

/// `ThreadBindNotification`.
pub fn bind_notification<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    if x[1] == 0 {
        system.unbind_notification(thread)?;
    } else {
        let notification = waitable(system, &Arguments { caller, x }, x[1])?;
        system.bind_notification(thread, notification)?;
    }
    Ok(Next::Done)
}

/// `ThreadQuery`.
pub fn query<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    let values = system.query_thread(thread);
    Ok(system.answer(values))
}

/// `ThreadSetBuffer`.
pub fn set_buffer<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    let frame = match x[1] {
        0 => None,
        address => Some(slot_of_kind(system, &Arguments { caller, x }, address, ObjectKind::Frame)?),
    };
    system.set_buffer(thread, frame, x[2])?;
    Ok(Next::Done)
}

/// `ThreadSetTimeoutEndpoint`.
pub fn set_timeout_endpoint<A: Arch>(
    system: &mut System<A>,
    &Arguments { caller, x }: &Arguments,
) -> Result<Next, Error> {
    let thread = system.thread_at(caller, x[0])?;
    let endpoint = match x[1] {
        0 => None,
        address => Some(slot_of_kind(system, &Arguments { caller, x }, address, ObjectKind::Endpoint)?),
    };
    system.set_timeout_endpoint(thread, endpoint)
}

/// `SchedControlConfigure`.
pub fn configure_context<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let Capability::SchedControl { core } = system.capability(caller, x[0])? else {
        return Err(Error::WrongKind);
    };
    let context = system.context_at(caller, x[1])?;
    system.configure_context(context, CoreNumber(core), x[2], x[3])?;
    Ok(Next::Done)
}

/// `SchedContextBind`.
pub fn bind_context<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let context = system.context_at(caller, x[0])?;
    match system.capability(caller, x[1])? {
        Capability::Thread { object } => system.bind_context(context, object)?,
        Capability::Notification { rights, .. } if !rights.contains(Rights::WAIT) => return Err(Error::MissingRight),
        Capability::Notification { object, .. } => system.bind_context_to_signals(context, object)?,
        _ => return Err(Error::WrongKind),
    }
    Ok(Next::Done)
}

/// `SchedContextSetBadge`.
pub fn set_context_badge<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let context = system.context_at(caller, x[0])?;
    system.store.get_mut(context).badge = Badge::new(x[1]);
    Ok(Next::Done)
}

/// `SchedContextUnbind`.
pub fn unbind_context<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let context = system.context_at(caller, x[0])?;
    system.unbind_context(context)?;
    Ok(Next::Done)
}

/// `SchedContextQuery`.
pub fn query_context<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let context = system.context_at(caller, x[0])?;
    let values = system.query_context(context);
    Ok(system.answer(values))
}

fn slot_of_kind<A: Arch>(
    system: &System<A>,
    &Arguments { caller, .. }: &Arguments,
    address: u64,
    kind: ObjectKind,
) -> Result<Ref<Slot>, Error> {
    let slot = system.look_up(caller, address)?;
    if system.store.get(slot).capability.kind() != Some(kind) {
        return Err(Error::WrongKind);
    }
    Ok(slot)
}
