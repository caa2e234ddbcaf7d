//! The first Rust code: from early tables to the first program.

use super::board::Board;
use super::console::say;
use super::core_setup::set_up_core;
use super::device_tree::{Controller, DeviceTree};
use super::gic_v2::GicV2;
use super::gic_v3;
use super::image_layout::{IMAGE_PAGES, IMAGE_VIRTUAL};
use super::instructions::{bytes_at, invalidate_all, publish_stores};
use super::interrupts::Interrupts;
use super::kernel_tables::{RESERVE_PAGES, ReserveExhausted, TableBuilder, WINDOW};
use super::machine::Machine;
use super::memory_map::{RANGES, Ranges};
use super::panic::stop;
use super::trap::{self, Symbols};
use crate::BootInput;
use crate::base::address::PhysicalAddress;
use crate::base::arch::{Arch, SpaceRoot};
use crate::kernel::Kernel;

const PAGE: u64 = 4096;

/// Bytes of a GICv2's distributor and core interface, and of a GICv3's distributor and one redistributor.
const DISTRIBUTOR_BYTES: u64 = 0x1_0000;
const INTERFACE_BYTES: u64 = 0x2000;
const REDISTRIBUTOR_BYTES: u64 = 0x2_0000;

/// Physical addresses of the image's parts.
#[derive(Clone, Copy, Debug)]
struct Image {
    start: u64,
    end: u64,
    package: u64,
    package_end: u64,
}

impl Image {
    fn new(physical: u64, symbols: &Symbols) -> Image {
        let physical_of = |address: u64| address - IMAGE_VIRTUAL + physical;
        Image {
            start: physical,
            end: physical_of(symbols.image_end),
            package: physical_of(symbols.programs_start),
            package_end: physical_of(symbols.programs_end),
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

/// Called by boot with the MMU on: the device tree's address or 0, the image's physical address, the exception level of entry.
pub extern "C" fn start(device_tree: u64, image: u64, level: u64) -> ! {
    let board = trap::board();
    let symbols = Symbols::get();
    set_up_core();
    say!("version {}, board {}, entered at EL{level}", env!("CARGO_PKG_VERSION"), board.name);
    let image = Image::new(image, &symbols);
    if symbols.image_end - IMAGE_VIRTUAL > (IMAGE_PAGES - 1) * PAGE {
        fail(format_args!("the kernel's image is larger than 2 MiB"));
    }
    let tree = find_tree(device_tree, board);
    let memory = memory_of(&tree, &image);
    let machine = match map_everything(&tree, &memory, &image, &symbols) {
        Ok(machine) => machine,
        Err(ReserveExhausted) => fail(format_args!("too many ranges of memory for the kernel's tables")),
    };
    let cores = tree.cores();
    if cores > 1 {
        say!("{cores} cores, of which this version uses one");
    }
    let free = free_memory(&tree, memory, &image);
    trap::with_kernel(|kernel| boot(kernel, machine, board, &free, &image));
    trap::enter_first_program()
}

/// A message on the early console, then the end.
fn fail(message: core::fmt::Arguments<'_>) -> ! {
    say!("cannot start: {message}");
    stop()
}

fn find_tree(passed: u64, board: &Board) -> DeviceTree {
    let address = if passed != 0 { Some(passed) } else { board.device_tree };
    let Some(address) = address else { fail(format_args!("the loader passed no device tree")) };
    match DeviceTree::at(address) {
        Ok(tree) => tree,
        Err(reason) => fail(format_args!("device tree at {address:#x}: {reason}")),
    }
}

/// RAM, which must hold everything that was loaded and the kernel's tables.
fn memory_of(tree: &DeviceTree, image: &Image) -> Ranges {
    let mut memory = Ranges::EMPTY;
    tree.memory(|range| memory.add(range));
    if memory.dropped > 0 {
        say!("{} KiB of memory are out of the kernel's reach", memory.dropped / 1024);
    }
    if !memory.contain((image.start, image.reserve_end())) {
        let needed = (image.reserve_end() - image.start) / 1024;
        fail(format_args!(
            "memory too small for the image: {needed} KiB from {:#x} are needed, {} KiB are there in all",
            image.start,
            memory.bytes() / 1024
        ));
    }
    memory
}

fn map_everything(
    tree: &DeviceTree,
    memory: &Ranges,
    image: &Image,
    symbols: &Symbols,
) -> Result<Machine, ReserveExhausted> {
    let physical_of = |address: u64| address - IMAGE_VIRTUAL + image.start;
    let mut tables = TableBuilder::new(physical_of(symbols.early_tables), image.reserve());
    let mut mapped = *memory;
    mapped.remove((image.start, image.end));
    for (start, end) in mapped.iter() {
        tables.map_memory(start, end)?;
    }
    let mut interrupts = match tree.controller() {
        Some(Controller::V2(distributor, interface)) => {
            let distributor = tables.map_device(distributor, DISTRIBUTOR_BYTES)?;
            let interface = tables.map_device(interface, INTERFACE_BYTES)?;
            Interrupts::V2(GicV2::new(distributor, interface))
        }
        Some(Controller::V3(distributor, redistributor)) => {
            let distributor = tables.map_device(distributor, DISTRIBUTOR_BYTES)?;
            let redistributor = tables.map_device(redistributor, REDISTRIBUTOR_BYTES)?;
            publish_stores();
            match gic_v3::at(distributor, redistributor) {
                Some(gic) => Interrupts::V3(gic),
                None => fail(format_args!("the device tree's GICv3 is none")),
            }
        }
        None => fail(format_args!("the device tree names no interrupt controller that the kernel knows")),
    };
    publish_stores();
    interrupts.set_up();
    Ok(Machine { interrupts, empty_table: physical_of(symbols.empty_table) })
}

/// RAM that nobody uses. The device tree's own memory is given up: everything was read from it.
fn free_memory(tree: &DeviceTree, mut memory: Ranges, image: &Image) -> Ranges {
    memory.remove((image.start, image.reserve_end()));
    tree.reserved(|range| memory.remove(range));
    memory
}

fn boot(kernel: &mut Kernel<Machine>, machine: Machine, board: &Board, free: &Ranges, image: &Image) {
    kernel.system.store.machine = machine;
    // The identity mapping ends here: user addresses are the programs'.
    kernel.system.store.machine.enter_space(SpaceRoot::Nothing);
    invalidate_all();
    let (memory, count): (_, usize) = free.as_memory();
    let package = bytes_at(WINDOW + image.package, image.package_end - image.package);
    let input = BootInput {
        board: board.name,
        memory: memory.get(..count.min(RANGES)).unwrap_or(&[]),
        device_memory: board.device_memory,
        devices: board.devices,
        package,
        package_address: PhysicalAddress::truncated(image.package),
        cores: 1,
    };
    say!("{} KiB of memory free, package of {} KiB", free.bytes() / 1024, package.len() / 1024);
    if let Err(error) = kernel.boot(&input) {
        fail(format_args!("{error}"));
    }
}
