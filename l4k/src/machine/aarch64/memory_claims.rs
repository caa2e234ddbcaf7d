//! What is said of the machine's memory: by the loader's description, by the board, and by where the image lies. Finds what the kernel and programs may use.

use super::board::{Board, Controller, Cores};
use super::console::say;
use super::description::Description;
use super::image_layout::PAGE;
use super::redistributors::each_region;
use crate::machine::memory_map::{Claim, Claims, Extent, LeftOut, Range, Ranges, bounds};

/// Bytes of a GICv2's distributor and core interface, and of a GICv3's distributor.
pub const DISTRIBUTOR_BYTES: u64 = 0x1_0000;
pub const INTERFACE_BYTES: u64 = 0x2000;

/// Who says something.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The loader.
    pub description: &'a Description,
    /// The board.
    pub board: &'a Board,
    /// The interrupt controller that is used.
    pub controller: Option<Controller>,
    /// The image with its package.
    pub image: Range,
}

impl Sources<'_> {
    /// The interrupt controller's registers.
    fn registers(&self, mut found: impl FnMut(Range)) {
        let mut block = |start, bytes| found(Extent { start, bytes }.clipped());
        match self.controller {
            None => {}
            Some(Controller::V2(distributor, interface)) => {
                block(distributor, DISTRIBUTOR_BYTES);
                block(interface, INTERFACE_BYTES);
            }
            Some(Controller::V3(distributor, _)) => {
                block(distributor, DISTRIBUTOR_BYTES);
                each_region(self.board, self.description, |region, _| block(region.start, region.bytes));
            }
        }
    }
}

/// All RAM, whoever has it. What goes beyond the last address is not believed.
#[derive(Debug)]
pub struct Ram<'a>(pub &'a Sources<'a>);

impl Claims for Ram<'_> {
    fn each(&self, mut told: impl FnMut(Claim, Range)) {
        self.0.description.memory(|extent| {
            if let Some(range) = extent.checked() {
                told(Claim::There, range);
            }
        });
    }
}

/// RAM that nobody has, without what is to be kept on top of that.
#[derive(Debug)]
pub struct Free<'a>(pub &'a Sources<'a>, pub Range);

impl Claims for Free<'_> {
    fn each(&self, mut told: impl FnMut(Claim, Range)) {
        let Free(sources, kept) = self;
        match sources.description {
            Description::Tree(tree) => tree.each(&mut told),
            Description::Atags(_) | Description::Least(_) => Ram(sources).each(&mut told),
        }
        told(Claim::Taken, sources.image);
        told(Claim::Taken, *kept);
        if let Cores::SpinTable(places) = sources.board.cores {
            places.iter().for_each(|place| told(Claim::Taken, page_of(*place)));
        }
        sources.board.reserved.iter().for_each(|range| told(Claim::Taken, bounds(range)));
        sources.registers(|range| told(Claim::Taken, range));
    }
}

/// The page that an address lies in.
pub const fn page_of(address: u64) -> Range {
    let start = address / PAGE * PAGE;
    (start, start.saturating_add(PAGE))
}

/// Device memory for programs: the board's, without what turned out to be RAM: what a graphics processor has for itself depends on the board's set-up.
#[derive(Debug)]
pub struct Devices<'a>(pub &'a Sources<'a>);

impl Claims for Devices<'_> {
    fn each(&self, mut told: impl FnMut(Claim, Range)) {
        self.0.board.device_memory.iter().for_each(|range| told(Claim::There, bounds(range)));
        Ram(self.0).each(|_, range| told(Claim::Taken, range));
        self.0.description.withheld(|extent| told(Claim::Taken, extent.clipped()));
        self.0.registers(|range| told(Claim::Taken, range));
    }
}

/// Says how much RAM there is, and what of the description is not believed.
#[inline(never)]
pub fn say_memory(sources: &Sources<'_>) {
    let bytes: u64 = Ram(sources).pieces().map(|(start, end)| end - start).sum();
    say!("{} MiB of memory by {}", bytes >> 20, sources.description.name());
    sources.description.memory(|extent| {
        if extent.checked().is_none() {
            let Extent { start, bytes } = extent;
            say!("memory at {start:#x} of {bytes:#x} bytes goes beyond the last address, and is not used");
        }
    });
}

/// Says what of a kind of memory cannot be used.
#[inline(never)]
pub fn say_left_out(kind: &str, ranges: &Ranges) {
    let LeftOut { pieces, bytes, out_of_reach } = ranges.left_out;
    if out_of_reach > 0 {
        say!("{} KiB of {kind} are out of the kernel's reach", out_of_reach / 1024);
    }
    if pieces > 0 {
        say!(
            "{pieces} pieces of {kind} with {} KiB are not used: the kernel keeps the {} largest",
            bytes / 1024,
            ranges.as_memory().len()
        );
    }
}
