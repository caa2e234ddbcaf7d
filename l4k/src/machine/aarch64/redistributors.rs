//! The redistributors of a GICv3 or later, one for each core (IHI 0069H, 12.10): found by reading them, wherever they lie.

use super::board::{Board, Controller, Cores};
use super::cores::{AFFINITY, CORES_MAX};
use super::description::Description;
use super::instructions::{Registers, publish_stores};
use super::kernel_tables::{ReserveExhausted, TableBuilder};
use crate::machine::device_tree_statements::{Region, Regions};
use crate::machine::memory_map::Extent;
use aarch64_cpu::registers::MPIDR_EL1;
use tock_registers::interfaces::Readable;

/// Bytes of a frame of registers. The first frame controls, the second has the lines.
const FRAME: u64 = 0x1_0000;

/// Bytes of a frame that are used.
const PAGE: u64 = 4096;

/// GICR_TYPER, and its bits: two more frames for virtual interrupts (GICv4), the last of its region.
const TYPER: u64 = 0x008;
const VIRTUAL_FRAMES: u32 = 1 << 1;
const LAST: u32 = 1 << 4;

/// A redistributor.
#[derive(Clone, Copy, Debug)]
pub struct Redistributor {
    affinity: u64,
    /// Its first frame.
    pub control: Registers,
    /// Its second frame.
    pub lines: Registers,
}

/// Those of the cores that may be used.
#[derive(Debug)]
pub struct Redistributors {
    known: [Redistributor; CORES_MAX],
    count: usize,
}

impl Redistributors {
    /// Finds and maps them.
    ///
    /// # Errors
    /// There are too many for the tables.
    pub fn find(
        board: &Board,
        description: &Description,
        tables: &mut TableBuilder,
    ) -> Result<Redistributors, ReserveExhausted> {
        let known = [Redistributor { affinity: 0, control: Registers::NONE, lines: Registers::NONE }; CORES_MAX];
        let mut found = Redistributors { known, count: 0 };
        for region in regions(board, description) {
            found.walk(region, |affinity| is_wanted(affinity, board.cores, description), tables)?;
        }
        Ok(found)
    }

    /// Reads one after the other, up to the last of the region. How far it is to the next is what the tree says, or what the redistributor does.
    fn walk(
        &mut self,
        Region { extent, stride }: Region,
        is_wanted: impl Fn(u64) -> bool,
        tables: &mut TableBuilder,
    ) -> Result<(), ReserveExhausted> {
        let (mut place, end) = extent.clipped();
        while end.saturating_sub(place) >= 2 * FRAME {
            let control = tables.map_device(place, PAGE)?;
            publish_stores();
            let kind = control.read(TYPER);
            let affinity = affinity(control.read(TYPER + 4));
            if let Some(known) = self.known.get_mut(self.count)
                && is_wanted(affinity)
            {
                *known = Redistributor { affinity, control, lines: tables.map_device(place + FRAME, PAGE)? };
                self.count += 1;
            }
            if kind & LAST != 0 {
                break;
            }
            let frames = if kind & VIRTUAL_FRAMES != 0 { 4 } else { 2 };
            place = place.saturating_add(stride.unwrap_or(frames * FRAME));
        }
        Ok(())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Redistributor> {
        self.known.iter().take(self.count)
    }

    /// A core's.
    pub fn of(&self, affinity: u64) -> Option<Redistributor> {
        self.iter().find(|known| known.affinity == affinity).copied()
    }
}

/// The regions that redistributors lie in: the board's if it has one, or else the tree's.
#[inline(never)]
pub fn regions(board: &Board, description: &Description) -> Regions<'static> {
    match board.interrupt_controller {
        Some(Controller::V3(_, start)) => {
            let extent = Extent { start, bytes: CORES_MAX as u64 * 4 * FRAME };
            Regions::one(Some(Region { extent, stride: None }))
        }
        Some(Controller::V2(..)) => Regions::NONE,
        None => description.redistributors(),
    }
}

/// As in MPIDR_EL1, for the upper half of GICR_TYPER.
fn affinity(packed: u32) -> u64 {
    u64::from(packed >> 24) << 32 | u64::from(packed & 0xff_ffff)
}

/// Whether the core is this one, or one that may be started.
#[inline(never)]
fn is_wanted(affinity: u64, cores: Cores, description: &Description) -> bool {
    affinity == MPIDR_EL1.get() & AFFINITY
        || matches!(cores, Cores::SpinTable(places) if affinity <= places.len() as u64)
        || description.cores().any(|core| core.affinity & AFFINITY == affinity && core.refused.is_none())
}
