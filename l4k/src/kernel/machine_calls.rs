//! System calls on interrupts and on the kernel's console, and the probe.

use super::arguments::Arguments;
use crate::base::arch::{Arch, Line, LockTimes, Trigger};
use crate::base::firmware::FirmwareCall;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::irq::Acknowledge;
use crate::object::slot::Slot;
use crate::operation::next::{Next, Progress};
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::version::features;
use l4k_sys::abi::{Rights, VERSION_MAJOR, VERSION_MINOR};

/// Features of this kernel, see [`features`].
pub const FEATURES: u64 = if cfg!(feature = "debug") { features::DEBUG } else { 0 }
    | if cfg!(feature = "firmware-calls") { features::FIRMWARE_CALLS } else { 0 };

/// `Probe`.
pub fn probe<A: Arch>(system: &mut System<A>, &Arguments { caller, .. }: &Arguments) -> Result<Next, Error> {
    let version = (VERSION_MAJOR as u64) << 16 | VERSION_MINOR as u64;
    system.store.get_mut(caller).context.set_results(0, [version, FEATURES, 0, 0, 0, 0, 0], 0);
    Ok(Next::Settled)
}

/// `IrqControlIssue`.
pub fn issue<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    if system.capability(caller, x[0])? != Capability::IrqControl {
        return Err(Error::WrongKind);
    }
    let irq = system.irq_at(caller, x[1])?;
    let line = u16::try_from(x[2]).map(Line).map_err(|_| Error::InvalidInterrupt)?;
    let (trigger, acknowledge) = match x[3] {
        0 => (Trigger::Level, Acknowledge::ByDriver),
        1 => (Trigger::Edge, Acknowledge::ByDriver),
        3 => (Trigger::Edge, Acknowledge::Itself),
        _ => return Err(Error::InvalidArgument),
    };
    system.issue(irq, line, trigger, acknowledge)?;
    Ok(Next::Done)
}

/// `IrqBind`.
pub fn bind<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let irq = system.irq_at(caller, x[0])?;
    if x[1] == 0 {
        system.check_unbind_irq(irq)?;
        system.mask_irq(irq);
        return Ok(system.in_steps(|system| {
            let slot = irq.notification();
            if system.store.get(slot).capability == Capability::Empty {
                return Progress::Complete;
            }
            system.delete_plain_step(slot)
        }));
    }
    let notification = signalled(system, &Arguments { caller, x })?;
    system.bind_irq(irq, notification)?;
    Ok(Next::Done)
}

fn signalled<A: Arch>(system: &System<A>, &Arguments { caller, x }: &Arguments) -> Result<Ref<Slot>, Error> {
    let slot = system.look_up(caller, x[1])?;
    match system.store.get(slot).capability {
        Capability::Notification { rights, .. } if !rights.contains(Rights::SIGNAL) => Err(Error::MissingRight),
        Capability::Notification { .. } => Ok(slot),
        _ => Err(Error::WrongKind),
    }
}

/// `IrqAcknowledge`.
pub fn acknowledge<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let irq = system.irq_at(caller, x[0])?;
    system.acknowledge(irq)?;
    Ok(Next::Done)
}

/// `IrqRaise`.
pub fn raise<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let irq = system.irq_at(caller, x[0])?;
    system.raise_irq(irq)?;
    Ok(Next::Done)
}

/// `IrqSetCore`.
pub fn route<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let irq = system.irq_at(caller, x[0])?;
    system.route_irq(irq, x[1])?;
    Ok(Next::Done)
}

/// `FirmwareCall`. Made when the kernel's lock is given back.
pub fn call_firmware<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let Capability::SmcControl { badge } = system.capability(caller, x[0])? else {
        return Err(Error::WrongKind);
    };
    let function = u32::try_from(x[1]).map_err(|_| Error::InvalidArgument)?;
    if badge.is_set() && badge.value() != u64::from(function) {
        return Err(Error::MissingRight);
    }
    let arguments = [x[2], x[3], x[4], x[5], x[6], x[7]];
    system.core_mut(system.here).firmware = FirmwareCall { function, arguments };
    Ok(Next::Firmware)
}

/// `DebugWrite`.
pub fn write<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    check_console(system, &Arguments { caller, x }, Rights::PRINT)?;
    system.console_write(x[1], [x[2], x[3], x[4], x[5], x[6], x[7]])?;
    Ok(Next::Done)
}

/// `DebugExit`.
pub fn exit<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    check_console(system, &Arguments { caller, x }, Rights::CONTROL)?;
    let status = u8::try_from(x[1]).map_err(|_| Error::InvalidArgument)?;
    system.store.machine.end_machine(status);
    // It has not ended, and an exception in the kernel may have come instead: the way out must load all that exceptions change.
    system.unsettle(system.here);
    Ok(Next::Done)
}

/// `DebugNameThread`.
pub fn name<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    check_console(system, &Arguments { caller, x }, Rights::PRINT)?;
    let thread = system.thread_at(caller, x[1])?;
    system.name_thread(thread, x[2], [x[3], x[4]])?;
    Ok(Next::Done)
}

/// `DebugLockTimes`.
pub fn lock_times<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    check_console(system, &Arguments { caller, x }, Rights::PRINT)?;
    let core = system.core_numbered(x[1])?;
    let rate = system.store.machine.ticks_per_second();
    let times = system.store.machine.lock_times(core).ok_or(Error::NotSupported)?;
    let LockTimes { turns, waited, longest_wait, held, longest_hold } = times;
    let [a, b, c, d] = [waited, longest_wait, held, longest_hold].map(|time| rate.nanoseconds(time));
    Ok(system.answer([turns, a, b, c, d, 0, 0]))
}

fn check_console<A: Arch>(
    system: &System<A>,
    &Arguments { caller, x }: &Arguments,
    right: Rights,
) -> Result<(), Error> {
    match system.capability(caller, x[0])? {
        Capability::DebugConsole { rights } if rights.contains(right) => Ok(()),
        Capability::DebugConsole { .. } => Err(Error::MissingRight),
        _ => Err(Error::WrongKind),
    }
}
