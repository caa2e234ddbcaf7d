//! The first Rust code: from early tables to the first program.

use super::board::{Board, Controller, Cores};
use super::console::{say, set_up_console};
use super::core_setup::{account, end_identity, set_up_core};
use super::cores::{Started, let_others_in, start_others};
use super::description::Description;
use super::gic_v2::GicV2;
use super::gic_v3::Gic;
use super::image_layout::{IMAGE_PAGES, IMAGE_VIRTUAL, PAGE};
use super::instructions::publish_stores;
use super::interrupts::Interrupts;
use super::kernel_tables::{Identity, ReserveExhausted, TableBuilder, pages_needed};
use super::machine::Machine;
use super::memory_claims::{DISTRIBUTOR_BYTES, INTERFACE_BYTES, Sources, page_of, say_left_out, say_memory};
use super::redistributors::Redistributors;
use super::stop::stop;
use super::trap::{self, Symbols};
use crate::base::address::PhysicalAddress;
use crate::base::arch::CoreNumber;
use crate::kernel::Kernel;
use crate::machine::cpu::fitness::unfit;
use crate::machine::memory_map::{Claims, RANGES, Range, Ranges, bounds};
use crate::{BootError, BootInput};

/// Physical addresses of the image's parts.
#[derive(Clone, Copy, Debug)]
struct Image {
    start: u64,
    package: u64,
    package_end: u64,
}

impl Image {
    fn new(symbols: &Symbols) -> Image {
        Image {
            start: symbols.physical(IMAGE_VIRTUAL),
            package: symbols.physical(symbols.programs_start),
            package_end: symbols.physical(symbols.programs_end),
        }
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
    check_core(board, level);
    let identity = Identity::new(symbols.early_tables, image);
    let description = match Description::find(passed, board, identity) {
        Ok(description) => description,
        Err(problem) => fail(format_args!("{problem}")),
    };
    let image = Image::new(&symbols);
    let controller = board.interrupt_controller.or_else(|| description.controller());
    let sources = Sources { description: &description, board, controller, image: (image.start, image.package_end) };
    check_memory(&sources, &image);
    let (mut memory, mut devices) = (Ranges::EMPTY, Ranges::EMPTY);
    let tables = find_memory(&mut memory, &sources, identity);
    let machine = match map_everything(&sources, &memory, &image, &symbols, tables) {
        Ok(machine) => machine,
        Err(ReserveExhausted) => fail(format_args!("the kernel's tables are too small for this machine")),
    };
    let cores = match start_others(board.cores, &description, &machine.interrupts, &symbols) {
        Ok(cores) => cores,
        Err(problem) => fail(format_args!("{problem}")),
    };
    say_cores(cores);
    find_devices(&mut devices, &sources);
    let input = input(board, &image, &memory, &devices, cores.up);
    if let Err(error) = trap::with_kernel(|kernel| boot(kernel, machine, &input)) {
        fail(format_args!("{error}"));
    }
    let_others_in(cores);
    trap::enter_first_program()
}

/// The core that starts must be one that the kernel can run on, and in a state that it can go on from.
#[inline(never)]
fn check_core(board: &Board, level: u64) {
    if level == 3 && !Symbols::has_secure_set_up() {
        fail(format_args!(
            "entered at EL3, and the board {} sets nothing up there: start it at EL2 or EL1",
            board.name
        ));
    }
    if let Some(problem) = unfit(account(), account()) {
        fail(format_args!("{problem}"));
    }
}

/// A message on the early console, then the end.
#[cold]
#[inline(never)]
fn fail(message: core::fmt::Arguments<'_>) -> ! {
    say!("cannot start: {message}");
    stop()
}

/// How many cores there are and what becomes of them. Those that did not start were named.
fn say_cores(Started { there, wanted, up }: Started) {
    if up < wanted {
        say!("{up} of {wanted} cores are up");
    } else if there > wanted {
        say!("{there} cores, of which {up} are used");
    } else if wanted > 1 {
        say!("{up} cores are up");
    }
}

/// RAM must hold everything that was loaded.
#[inline(never)]
fn check_memory(sources: &Sources<'_>, image: &Image) {
    say_memory(sources);
    let reserved = sources.board.reserved.iter().map(bounds);
    if let Some((start, end)) =
        reserved.into_iter().find(|(start, end)| *start < image.package_end && image.start < *end)
    {
        fail(format_args!(
            "the image at {:#x} lies in memory that the board needs: {start:#x} to {end:#x}",
            image.start
        ));
    }
    if !sources.ram().pieces().any(|(start, end)| start <= image.start && image.package_end <= end) {
        fail(format_args!(
            "memory too small for the image: {} KiB from {:#x} are needed in one piece",
            (image.package_end - image.start) / 1024,
            image.start
        ));
    }
}

/// Finds free RAM, and in it a place for the kernel's tables, which is returned: boot reaches them in the image's gibibyte only, and the description must
/// stay as long as it is read.
#[inline(never)]
fn find_memory(memory: &mut Ranges, sources: &Sources<'_>, identity: Identity) -> Range {
    let beside = sources.free(sources.description.place());
    // The tables may part one piece more. The package is mapped beside the pieces.
    let pieces = beside.pieces().take(RANGES).count().min(RANGES) + 2;
    let spin_tables = if let Cores::SpinTable(places) = sources.board.cores { places.len() } else { 0 };
    let bytes = pages_needed((pieces + spin_tables) as u64) * PAGE;
    let (first, last) = identity.reach();
    let place = beside.pieces().find_map(|(start, end)| {
        let start = start.max(first).checked_next_multiple_of(PAGE)?;
        let tables = (start, start.checked_add(bytes)?);
        (tables.1 <= end.min(last)).then_some(tables)
    });
    let Some(tables) = place.filter(|(start, _)| identity.map(*start, bytes).is_some()) else {
        fail(format_args!(
            "memory too small for the kernel's tables: {} KiB are needed in one piece, in the gibibyte of the image",
            bytes / 1024
        ));
    };
    memory.find(&sources.free(tables));
    say_left_out("memory", memory);
    tables
}

/// Finds device memory for programs.
#[inline(never)]
fn find_devices(devices: &mut Ranges, sources: &Sources<'_>) {
    devices.find(&sources.devices());
    say_left_out("device memory", devices);
}

#[inline(never)]
fn map_everything(
    sources: &Sources<'_>,
    memory: &Ranges,
    image: &Image,
    symbols: &Symbols,
    place: Range,
) -> Result<Machine, ReserveExhausted> {
    let mut tables = TableBuilder::new(symbols.physical(symbols.early_tables), place);
    for (start, end) in memory.iter() {
        tables.map_memory(start, end)?;
    }
    tables.map_memory(image.package, image.package_end)?;
    if let Cores::SpinTable(places) = sources.board.cores {
        for (page, end) in places.iter().map(|place| page_of(*place)) {
            tables.map_memory(page, end)?;
        }
    }
    let mut interrupts = map_controller(sources, &mut tables)?;
    if interrupts.set_up_core(CoreNumber(0)).is_none() {
        fail(format_args!("the GICv3 has no redistributor for the first core"));
    }
    let empty_table = symbols.physical(symbols.empty_table);
    Ok(Machine { interrupts, empty_table, conduit: sources.description.conduit() })
}

#[inline(never)]
fn map_controller(sources: &Sources<'_>, tables: &mut TableBuilder) -> Result<Interrupts, ReserveExhausted> {
    Ok(match sources.controller {
        Some(Controller::V2(distributor, interface)) => {
            let distributor = tables.map_device(distributor, DISTRIBUTOR_BYTES)?;
            let interface = tables.map_device(interface, INTERFACE_BYTES)?;
            publish_stores();
            let mut gic = GicV2::new(distributor, interface);
            gic.set_up();
            Interrupts::V2(gic)
        }
        Some(Controller::V3(distributor, _)) => {
            let distributor = tables.map_device(distributor, DISTRIBUTOR_BYTES)?;
            let redistributors = Redistributors::find(sources.board, sources.description, tables)?;
            publish_stores();
            match Gic::at(distributor, redistributors) {
                Some(gic) => Interrupts::V3(gic),
                None => fail(format_args!("the device tree's GICv3 is none")),
            }
        }
        None => fail(format_args!("the device tree names no interrupt controller that the kernel knows")),
    })
}

/// What the kernel has to know.
fn input<'a>(board: &'a Board, image: &Image, memory: &'a Ranges, devices: &'a Ranges, cores: u32) -> BootInput<'a> {
    let package = Symbols::get().package();
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
