//! From bare memory to a first program that can run: the last thing that the kernel does on its own account.

pub use super::boot_error::BootError;
use super::boot_information::write_information;
pub use super::boot_input::{BootInput, Device, MemoryRange};
use super::boot_memory::{self, SlotCursor};
use super::boot_program::{self, Layout};
use super::entry::Kernel;
use super::ground::Ground;
use super::machine_calls::FEATURES;
use crate::base::address::Badge;
use crate::base::arch::{Arch, CoreNumber, MAX_CORES};
use crate::object::capability::Capability;
use crate::object::slot::Slot;
use crate::object::thread::ThreadSlot;
use crate::operation::retype::Shape;
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::boot::slot;
use l4k_sys::abi::version::features;
use l4k_sys::abi::{ObjectKind, Rights};
use l4k_sys::package::Package;

/// Size of the first program's address-space object in bits: 62 lower tables.
const SPACE_BITS: u64 = 18;

/// Slice of the first program in nanoseconds.
const SLICE: u64 = 10_000_000;

/// Priority of the first program, and the highest that it can give.
const PRIORITY: u8 = 255;

impl<A: Arch> Kernel<A> {
    /// Makes the first program and gives it everything there is.
    ///
    /// # Errors
    /// [`BootError`]; the machine cannot start then.
    pub fn boot<'a>(&mut self, input: &BootInput<'a>) -> Result<(), BootError<'a>> {
        let package = Package::parse(input.package).map_err(BootError::Package)?;
        let program = package.programs().next().ok_or(BootError::NoProgram)?;
        let untypeds = boot_memory::untypeds(input);
        let mut layout = Layout::of(&program, input, untypeds)?;
        let system = &mut self.system;

        let mut cursor = SlotCursor::new(layout.slots() + untypeds + MAX_CORES as u64);
        let needed = boot_memory::bytes_needed(layout.frame_bytes(), cursor.bits(), SPACE_BITS);
        let (ground, block) = boot_memory::lay_ground(system, input, needed, cursor.bits())?;
        make_objects(system, ground)?;
        let time = give_time(system, ground, &mut cursor, input.cores)?;
        boot_program::load(system, ground, &mut cursor, &program, &layout)?;
        boot_program::map_package(system, ground, &mut cursor, input, &layout)?;
        let information = boot_program::map_information(system, ground, &mut cursor, &mut layout)?;
        let untypeds = boot_memory::give_untypeds(system, ground, &mut cursor, input, block)?;
        let length = write_information(system, input, &layout, &cursor, &untypeds, time, information)?;
        start_thread(system, ground, program.entry(), &layout, length)
    }
}

fn make_objects<A: Arch>(system: &mut System<A>, ground: Ground) -> Result<(), Error> {
    let make = |system: &mut System<A>, kind: ObjectKind, bits, number| -> Result<(), Error> {
        let window = boot_memory::window(ground, number, 1)?;
        let _ = system.retype(ground.untyped, Shape::new(kind as u64, bits)?, window, None)?;
        Ok(())
    };
    make(system, ObjectKind::Thread, 0, slot::THREAD)?;
    make(system, ObjectKind::SchedContext, 0, slot::SCHED_CONTEXT)?;
    make(system, ObjectKind::AsidPool, 0, slot::ASID_POOL)?;
    make(system, ObjectKind::AddressSpace, SPACE_BITS, slot::ADDRESS_SPACE)?;
    let mut give = |number, capability| -> Result<(), Error> {
        *system.store.get_mut(ground.slot(number)?) = Slot { capability, ..Slot::EMPTY };
        Ok(())
    };
    give(slot::IRQ_CONTROL, Capability::IrqControl)?;
    if FEATURES & features::FIRMWARE_CALLS != 0 {
        give(slot::SMC_CONTROL, Capability::SmcControl { badge: Badge::NONE })?;
    }
    if FEATURES & features::DEBUG != 0 {
        give(slot::DEBUG_CONSOLE, Capability::DebugConsole { rights: Rights::ALL })?;
    }
    let pool = system.store.get(ground.slot(slot::ASID_POOL)?).capability;
    let space = system.store.get(ground.slot(slot::ADDRESS_SPACE)?).capability;
    if let (Capability::AsidPool { object: pool }, Capability::AddressSpace { object: space }) = (pool, space) {
        system.assign_asid(pool, space)?;
    }
    Ok(())
}

/// The authority over each core's time: the first in its own slot, the others behind each other, from the slot that is returned on.
fn give_time<'a, A: Arch>(
    system: &mut System<A>,
    ground: Ground,
    cursor: &mut SlotCursor,
    cores: u32,
) -> Result<u64, BootError<'a>> {
    let cores = cores.clamp(1, MAX_CORES as u32) as u8;
    system.core_count = cores;
    let others = cursor.take(u64::from(cores) - 1)?;
    for core in 0..cores {
        let number = if core == 0 { slot::SCHED_CONTROL } else { others + u64::from(core) - 1 };
        *system.store.get_mut(ground.slot(number)?) =
            Slot { capability: Capability::SchedControl { core }, ..Slot::EMPTY };
    }
    Ok(others)
}

fn start_thread<'a, A: Arch>(
    system: &mut System<A>,
    ground: Ground,
    entry: u64,
    layout: &Layout,
    information_length: u64,
) -> Result<(), BootError<'a>> {
    let thread = system.store.get(ground.slot(slot::THREAD)?).capability;
    let context = system.store.get(ground.slot(slot::SCHED_CONTEXT)?).capability;
    let (Capability::Thread { object: thread }, Capability::SchedContext { object: context }) = (thread, context)
    else {
        return Err(BootError::Operation(Error::WrongKind));
    };
    for (number, which) in [(slot::CNODE, ThreadSlot::CNode), (slot::ADDRESS_SPACE, ThreadSlot::AddressSpace)] {
        system.copy(ground.slot(number)?, thread.slot(which), Rights::ALL, Badge::NONE)?;
    }
    system.set_buffer(thread, Some(ground.slot(layout.buffer_slot)?), layout.buffer)?;
    system.write_registers(thread, entry, layout.stack_top, [layout.information, information_length, 0])?;
    let object = system.store.get_mut(thread);
    object.priority = PRIORITY;
    object.maximum_priority = PRIORITY;
    system.configure_context(context, CoreNumber(0), SLICE, SLICE)?;
    system.bind_context(context, thread)?;
    system.resume(thread)?;
    Ok(())
}
