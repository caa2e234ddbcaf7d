//! What is said of the machine's memory: by the loader's description, by the board, and by where the image lies. Finds what the kernel and programs may use.

use super::board::{Board, Controller, Cores};
use super::console::say;
use super::description::Description;
use super::image_layout::PAGE;
use super::redistributors::regions;
use crate::machine::device_tree_statements::Kind;
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

impl<'a> Sources<'a> {
    /// All RAM, whoever has it. What goes beyond the last address is not believed.
    pub const fn ram(&'a self) -> Claimed<'a> {
        Claimed { sources: self, view: View::Ram }
    }

    /// RAM that nobody has, without what is to be kept on top of that.
    pub const fn free(&'a self, kept: Range) -> Claimed<'a> {
        Claimed { sources: self, view: View::Free(kept) }
    }

    /// Device memory for programs: the board's, without what turned out to be RAM: what a graphics processor has for itself depends on the board's set-up.
    pub const fn devices(&'a self) -> Claimed<'a> {
        Claimed { sources: self, view: View::Devices }
    }

    /// Tells where the interrupt controller's registers are.
    fn registers(&self, mut found: impl FnMut(Range)) {
        let (distributor, interface) = match self.controller {
            None => return,
            Some(Controller::V2(distributor, interface)) => (distributor, Some(interface)),
            Some(Controller::V3(distributor, _)) => (distributor, None),
        };
        found(Extent { start: distributor, bytes: DISTRIBUTOR_BYTES }.clipped());
        match interface {
            Some(start) => found(Extent { start, bytes: INTERFACE_BYTES }.clipped()),
            None => regions(self.board, self.description).for_each(|region| found(region.extent.clipped())),
        }
    }
}

/// What memory is looked for.
#[derive(Clone, Copy, Debug)]
enum View {
    Ram,
    Free(Range),
    Devices,
}

impl View {
    /// What a statement of the description means for this.
    fn hear(self, kind: Kind, extent: Extent) -> Option<(Claim, Range)> {
        match (self, kind) {
            (Self::Ram | Self::Free(_), Kind::Memory) => extent.checked().map(|range| (Claim::There, range)),
            (Self::Devices, Kind::Memory) => extent.checked().map(|range| (Claim::Taken, range)),
            (Self::Free(_), Kind::Withheld | Kind::Reserved) | (Self::Devices, Kind::Withheld) => {
                Some((Claim::Taken, extent.clipped()))
            }
            (Self::Ram, Kind::Withheld | Kind::Reserved) | (Self::Devices, Kind::Reserved) => None,
        }
    }
}

/// All that is said of one kind of memory. One type for all kinds, so that the code which looks through it is there once.
#[derive(Debug)]
pub struct Claimed<'a> {
    sources: &'a Sources<'a>,
    view: View,
}

impl Claims for Claimed<'_> {
    fn each(&self, mut told: impl FnMut(Claim, Range)) {
        let Sources { description, board, image, .. } = self.sources;
        for (kind, extent) in description.statements() {
            if let Some((claim, range)) = self.view.hear(kind, extent) {
                told(claim, range);
            }
        }
        let (claim, more) = match self.view {
            View::Ram => return,
            View::Free(kept) => {
                told(Claim::Taken, *image);
                told(Claim::Taken, kept);
                if let Cores::SpinTable(places) = board.cores {
                    places.iter().for_each(|place| told(Claim::Taken, page_of(*place)));
                }
                (Claim::Taken, board.reserved)
            }
            View::Devices => (Claim::There, board.device_memory),
        };
        more.iter().for_each(|range| told(claim, bounds(range)));
        self.sources.registers(|range| told(Claim::Taken, range));
    }
}

/// The page that an address lies in.
pub const fn page_of(address: u64) -> Range {
    let start = address / PAGE * PAGE;
    (start, start.saturating_add(PAGE))
}

/// Says how much RAM there is, and what of the description is not believed.
#[inline(never)]
pub fn say_memory(sources: &Sources<'_>) {
    let bytes: u64 = sources.ram().pieces().map(|(start, end)| end - start).sum();
    say!("{} MiB of memory by {}", bytes >> 20, sources.description.name());
    for (kind, Extent { start, bytes }) in sources.description.statements() {
        if kind == Kind::Memory && start.checked_add(bytes).is_none() {
            say!("memory at {start:#x} of {bytes:#x} bytes goes beyond the last address, and is not used");
        }
    }
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
