//! The first Rust code: from early tables to the first program.

use super::board::{Board, Controller};
use super::console::{say, set_up_console};
use super::core_setup::{end_identity, set_up_core};
use super::cores::{CORES_MAX, Started, let_others_in, start_others};
use super::description::Description;
use super::gic_v2::GicV2;
use super::gic_v3::{Gic, REDISTRIBUTOR_BYTES};
use super::image_layout::{IMAGE_PAGES, IMAGE_VIRTUAL, PAGE};
use super::instructions::{bytes_at, publish_stores};
use super::interrupts::Interrupts;
use super::kernel_tables::{RESERVE_PAGES, ReserveExhausted, TableBuilder, WINDOW};
use super::machine::Machine;
use super::stop::stop;
use super::trap::{self, Symbols};
use crate::base::address::PhysicalAddress;
use crate::base::arch::CoreNumber;
use crate::kernel::Kernel;
use crate::machine::memory_map::{Ranges, bounds};
use crate::{BootError, BootInput};

/// Bytes of a GICv2's distributor and core interface, and of a GICv3's distributor.
const DISTRIBUTOR_BYTES: u64 = 0x1_0000;
const INTERFACE_BYTES: u64 = 0x2000;

/// Physical addresses of the image's parts.
#[derive(Clone, Copy, Debug)]
struct Image {
    start: u64,
    end: u64,
    package: u64,
    package_end: u64,
}

impl Image {
    fn new(symbols: &Symbols) -> Image {
        Image {
            start: symbols.physical(IMAGE_VIRTUAL),
            end: symbols.physical(symbols.image_end),
            package: symbols.physical(symbols.programs_start),
            package_end: symbols.physical(symbols.programs_end),
        }
    }

    /// Where tables go: behind everything that was loaded.
    const fn reserve(&self) -> u64 {
        self.package_end.next_multiple_of(PAGE)
    }

    const fn reserve_end(&self) -> u64 {
        self.reserve() + RESERVE_PAGES * PAGE
    }
}

/// Called by boot with the MMU on: what the loader passed in `x0`, the image's physical address, the exception level of entry.
pub extern "C" fn start(passed: u64, image: u64, level: u64) -> ! {
    let board = trap::board();
    let symbols = Symbols::get();
    set_up_core(CoreNumber(0));
    set_up_console(&board.console);
    say!("version {}, board {}, entered at EL{level}", env!("CARGO_PKG_VERSION"), board.name);
    if symbols.image_end - IMAGE_VIRTUAL + u64::from(symbols.stacks()) * PAGE > (IMAGE_PAGES - 1) * PAGE {
        fail(format_args!("the kernel's image is larger than 2 MiB"));
    }
    let description = match Description::find(passed, board, image) {
        Ok(description) => description,
        Err(problem) => fail(format_args!("{problem}")),
    };
    let image = Image::new(&symbols);
    let mut memory = Ranges::EMPTY;
    find_memory(&mut memory, &description, board, &image);
    let machine = match map_everything(board, &description, &memory, &image, &symbols) {
        Ok(machine) => machine,
        Err(ReserveExhausted) => fail(format_args!("too many ranges of memory for the kernel's tables")),
    };
    let cores = start_others(board.cores, &description, &symbols);
    say_cores(cores);
    let mut devices = Ranges::EMPTY;
    find_devices(&mut devices, board, &memory);
    free(&mut memory, &description, board, &image);
    let input = input(board, &image, &memory, &devices, cores.up);
    if let Err(error) = trap::with_kernel(|kernel| boot(kernel, machine, &input)) {
        fail(format_args!("{error}"));
    }
    let_others_in(cores);
    trap::enter_first_program()
}

/// A message on the early console, then the end.
#[cold]
#[inline(never)]
fn fail(message: core::fmt::Arguments<'_>) -> ! {
    say!("cannot start: {message}");
    stop()
}

/// How many cores there are and what becomes of them.
fn say_cores(Started { there, wanted, up }: Started) {
    if up != wanted {
        say!("{up} of {wanted} cores are up: the others did not answer");
    } else if there > wanted {
        say!("{there} cores, of which {up} are used");
    } else if wanted > 1 {
        say!("{up} cores are up");
    }
}

/// Finds RAM, which must hold everything that was loaded and the kernel's tables.
#[inline(never)]
fn find_memory(memory: &mut Ranges, description: &Description, board: &Board, image: &Image) {
    description.memory(|range| memory.add(range));
    say!("{} MiB of memory by {}", memory.bytes() >> 20, description.name());
    if memory.dropped > 0 {
        say!("{} KiB of memory are out of the kernel's reach", memory.dropped / 1024);
    }
    let reserved = board.reserved.iter().map(bounds);
    if let Some((start, end)) =
        reserved.into_iter().find(|(start, end)| *start < image.reserve_end() && image.start < *end)
    {
        fail(format_args!(
            "the image at {:#x} lies in memory that the board needs: {start:#x} to {end:#x}",
            image.start
        ));
    }
    if !memory.contain((image.start, image.reserve_end())) {
        let needed = (image.reserve_end() - image.start) / 1024;
        fail(format_args!(
            "memory too small for the image: {needed} KiB from {:#x} are needed, {} KiB are there in all",
            image.start,
            memory.bytes() / 1024
        ));
    }
}

#[inline(never)]
fn map_everything(
    board: &Board,
    description: &Description,
    memory: &Ranges,
    image: &Image,
    symbols: &Symbols,
) -> Result<Machine, ReserveExhausted> {
    let mut tables = TableBuilder::new(symbols.physical(symbols.early_tables), image.reserve());
    for (start, end) in memory.iter() {
        tables.map_memory(start, end.min(image.start))?;
        tables.map_memory(start.max(image.end), end)?;
    }
    let mut interrupts = match board.interrupt_controller.or_else(|| description.controller()) {
        Some(Controller::V2(distributor, interface)) => {
            let distributor = tables.map_device(distributor, DISTRIBUTOR_BYTES)?;
            let interface = tables.map_device(interface, INTERFACE_BYTES)?;
            publish_stores();
            let mut gic = GicV2::new(distributor, interface);
            gic.set_up();
            Interrupts::V2(gic)
        }
        Some(Controller::V3(distributor, redistributor)) => {
            let distributor = tables.map_device(distributor, DISTRIBUTOR_BYTES)?;
            let mut count = 0;
            description.cores(|_| count += 1);
            let count = count.clamp(1, CORES_MAX as u32);
            let redistributors = tables.map_device(redistributor, u64::from(count) * REDISTRIBUTOR_BYTES)?;
            publish_stores();
            match Gic::at(distributor, redistributors, count) {
                Some(gic) => Interrupts::V3(gic),
                None => fail(format_args!("the device tree's GICv3 is none")),
            }
        }
        None => fail(format_args!("the device tree names no interrupt controller that the kernel knows")),
    };
    interrupts.set_up_core(CoreNumber(0));
    let empty_table = symbols.physical(symbols.empty_table);
    Ok(Machine { interrupts, empty_table, conduit: description.conduit() })
}

/// Leaves RAM that nobody uses. The description's own memory is given up: everything was read from it.
#[inline(never)]
fn free(memory: &mut Ranges, description: &Description, board: &Board, image: &Image) {
    memory.remove((image.start, image.reserve_end()));
    description.reserved(|range| memory.remove(range));
    board.reserved.iter().for_each(|range| memory.remove(bounds(range)));
}

/// The board's device memory, without what turned out to be RAM: what a graphics processor has for itself depends on the board's set-up.
#[inline(never)]
fn find_devices(devices: &mut Ranges, board: &Board, memory: &Ranges) {
    board.device_memory.iter().for_each(|range| devices.add(bounds(range)));
    memory.iter().for_each(|range| devices.remove(range));
}

/// What the kernel has to know.
fn input<'a>(board: &'a Board, image: &Image, memory: &'a Ranges, devices: &'a Ranges, cores: u32) -> BootInput<'a> {
    let package = bytes_at(WINDOW + image.package, image.package_end - image.package);
    say!("{} KiB of memory free, package of {} KiB", memory.bytes() / 1024, package.len() / 1024);
    BootInput {
        board: board.name,
        memory: memory.as_memory(),
        device_memory: devices.as_memory(),
        devices: board.devices,
        package,
        package_address: PhysicalAddress::truncated(image.package),
        cores,
    }
}

/// Boots the kernel.
#[inline(never)]
fn boot<'a>(kernel: &mut Kernel<Machine>, machine: Machine, input: &BootInput<'a>) -> Result<(), BootError<'a>> {
    end_identity(machine.empty_table);
    kernel.system.store.machine = machine;
    kernel.boot(input)
}
