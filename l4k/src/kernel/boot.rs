//! From bare memory to a first program that can run: the last thing that the kernel does on its own account.

use super::boot_information::write_information;
pub use super::boot_input::{BootInput, Device, MemoryRange};
use super::boot_memory::{self, SlotCursor};
use super::boot_program::{self, Layout};
use super::entry::Kernel;
use super::machine_calls::FEATURES;
use crate::base::address::Badge;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::slot::Slot;
use crate::object::thread::ThreadSlot;
use crate::operation::retype::Shape;
use crate::operation::system::System;
use core::fmt;
use l4k_sys::Error;
use l4k_sys::abi::boot::slot;
use l4k_sys::abi::version::features;
use l4k_sys::abi::{ObjectKind, Rights};
use l4k_sys::package::{Package, PackageError};

/// Size of the first program's address-space object in bits: 62 lower tables.
const SPACE_BITS: u64 = 18;

/// Slice of the first program in nanoseconds.
const SLICE: u64 = 10_000_000;

/// Priority of the first program, and the highest that it can give.
const PRIORITY: u8 = 255;

/// Why the machine cannot start.
#[derive(Debug)]
pub enum BootError<'a> {
    /// The package of programs is damaged.
    Package(PackageError<'a>),
    /// The package holds no program.
    NoProgram,
    /// No range of free memory holds the first program and its objects.
    MemoryTooSmall {
        /// Bytes needed in one piece.
        needed: u64,
        /// Bytes free in all.
        free: u64,
    },
    /// The first program's address range is full.
    AddressesExhausted,
    /// The CNode of the first program is full.
    SlotsExhausted,
    /// The boot information does not fit its pages.
    InformationTooLong,
    /// An operation on the first objects failed.
    Operation(Error),
}

impl From<Error> for BootError<'_> {
    fn from(error: Error) -> Self {
        BootError::Operation(error)
    }
}

impl fmt::Display for BootError<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Package(error) => write!(formatter, "the package of programs cannot be used: {error}"),
            Self::NoProgram => formatter.write_str("the package holds no program"),
            Self::MemoryTooSmall { needed, free } => write!(
                formatter,
                "memory too small: the first program needs {} KiB in one piece, {} KiB are free in all",
                needed / 1024,
                free / 1024
            ),
            Self::AddressesExhausted => formatter.write_str("no addresses left for the first program's stack"),
            Self::SlotsExhausted => formatter.write_str("the first program's CNode is too small"),
            Self::InformationTooLong => formatter.write_str("the boot information is too long"),
            Self::Operation(error) => write!(formatter, "making the first program failed: {error}"),
        }
    }
}

/// What boot works with: the CNode being filled and the untyped that the first objects are made of.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    /// The first program's CNode.
    pub table: super::arguments::Table,
    /// The untyped that holds all of it.
    pub untyped: Ref<Slot>,
}

impl Ground {
    /// A slot by its number; boot's numbers are below the CNode's size.
    pub fn slot(self, number: u64) -> Result<Ref<Slot>, Error> {
        self.table.slot(number)
    }
}

impl<A: Arch> Kernel<A> {
    /// Makes the first program and gives it everything there is.
    ///
    /// # Errors
    /// [`BootError`]; the machine cannot start then.
    pub fn boot<'a>(&mut self, input: &BootInput<'a>) -> Result<(), BootError<'a>> {
        let package = Package::parse(input.package).map_err(BootError::Package)?;
        let program = package.programs().next().ok_or(BootError::NoProgram)?;
        let mut layout = Layout::of(&program, input.package.len() as u64)?;
        let system = &mut self.system;

        let needed = boot_memory::bytes_needed(layout.frames(), SPACE_BITS);
        let (ground, block) = boot_memory::lay_ground(system, input, needed)?;
        let mut cursor = SlotCursor::new();
        make_objects(system, ground)?;
        boot_program::load(system, ground, &mut cursor, &program, &layout)?;
        boot_program::map_package(system, ground, &mut cursor, input, &layout)?;
        let information = boot_program::map_information(system, ground, &mut cursor, &mut layout)?;
        let untypeds = boot_memory::give_untypeds(system, ground, &mut cursor, input, block)?;
        let length = write_information(system, input, &layout, &cursor, &untypeds, information)?;
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
    give(slot::SCHED_CONTROL, Capability::SchedControl { core: 0 })?;
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
