//! What the loader tells of the machine: a device tree, ATAGS, or nothing.

use super::board::Board;
use super::instructions::bytes_at;
use crate::machine::atags::{self, Atags};
use crate::machine::device_tree::{self, Conduit, Controller, DeviceTree};
use crate::machine::memory_map::{Range, bounds};
use core::fmt;

/// The gibibyte of an address: boot maps that of the image onto itself.
const GIBIBYTE_SHIFT: u32 = 30;

/// A description of the machine.
#[derive(Clone, Copy, Debug)]
pub enum Description {
    /// A device tree.
    Tree(DeviceTree<'static>),
    /// ATAGS.
    Atags(Atags<'static>),
    /// Nothing: what every model of the board has.
    Least(&'static Board),
}

/// Why there is no description.
#[derive(Clone, Copy, Debug)]
pub enum Problem {
    /// The loader passed nothing, and the board does not know enough.
    Nothing,
    /// What was passed lies beyond what boot has mapped.
    OutOfReach(u64),
    /// What was passed cannot be read.
    Damaged(u64, &'static str),
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => formatter.write_str("the loader passed no device tree"),
            Self::OutOfReach(address) => {
                write!(
                    formatter,
                    "the device tree at {address:#x} is not in the gibibyte of memory that the image is in"
                )
            }
            Self::Damaged(address, reason) => write!(formatter, "device tree at {address:#x}: {reason}"),
        }
    }
}

impl Description {
    /// What the loader has passed in `x0`, or what lies where the board says, or else what every model of the board has.
    /// `image` is the image's physical address.
    ///
    /// # Errors
    /// [`Problem`].
    #[inline(never)]
    pub fn find(passed: u64, board: &'static Board, image: u64) -> Result<Description, Problem> {
        let fallback = || match board.least_memory {
            [] => Err(Problem::Nothing),
            [..] => Ok(Self::Least(board)),
        };
        match (passed, board.device_tree) {
            (0, None) => fallback(),
            // Nothing has to lie there: the memory may hold anything.
            (0, Some(address)) => Self::at(address, image).or_else(|problem| fallback().map_err(|_| problem)),
            (address, _) => Self::at(address, image),
        }
    }

    fn at(address: u64, image: u64) -> Result<Description, Problem> {
        let within = |bytes: u64| match address.checked_add(bytes - 1) {
            Some(last)
                if address >> GIBIBYTE_SHIFT == image >> GIBIBYTE_SHIFT
                    && last >> GIBIBYTE_SHIFT == image >> GIBIBYTE_SHIFT
                    && address.is_multiple_of(4) =>
            {
                Ok(bytes_at(address, bytes))
            }
            _ => Err(Problem::OutOfReach(address)),
        };
        if let Some(list) = Atags::new(within(atags::BYTES_MAX)?) {
            return Ok(Self::Atags(list));
        }
        let header = within(device_tree::HEADER_BYTES)?;
        let length = device_tree::length(header).map_err(|reason| Problem::Damaged(address, reason))?;
        let tree = DeviceTree::new(within(length.max(1))?).map_err(|reason| Problem::Damaged(address, reason))?;
        Ok(Self::Tree(tree))
    }

    /// Its kind, for a message.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Tree(_) => "device tree",
            Self::Atags(_) => "ATAGS",
            Self::Least(_) => "no description, thus the least model",
        }
    }

    /// Calls `found` for each range of RAM.
    pub fn memory(&self, mut found: impl FnMut(Range)) {
        match self {
            Self::Tree(tree) => tree.memory(found),
            Self::Atags(list) => list.memory(found),
            Self::Least(board) => board.least_memory.iter().for_each(|range| found(bounds(range))),
        }
    }

    /// Calls `found` for each range of RAM that is not to be used.
    pub fn reserved(&self, found: impl FnMut(Range)) {
        if let Self::Tree(tree) = self {
            tree.reserved(found);
        }
    }

    /// The interrupt controller.
    pub fn controller(&self) -> Option<Controller> {
        match self {
            Self::Tree(tree) => tree.controller(),
            Self::Atags(_) | Self::Least(_) => None,
        }
    }

    /// How firmware is called, if it says that there is any.
    pub fn conduit(&self) -> Option<Conduit> {
        match self {
            Self::Tree(tree) => tree.conduit(),
            Self::Atags(_) | Self::Least(_) => None,
        }
    }

    /// Calls `found` for each core that it lists: the affinity fields of its MPIDR_EL1.
    pub fn cores(&self, found: impl FnMut(u64)) {
        if let Self::Tree(tree) = self {
            tree.cores(found);
        }
    }
}
