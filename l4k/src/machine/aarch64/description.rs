//! What the loader tells of the machine: a device tree, ATAGS, or nothing.

use super::board::Board;
use super::console::say;
use super::kernel_tables::{Identity, Unreadable};
use crate::MemoryRange;
use crate::machine::atags::{self, Atags};
use crate::machine::device_tree::{self, Conduit, Controller, DeviceTree};
use crate::machine::device_tree_statements::{self as tree, Kind, ListedCores, Regions};
use crate::machine::memory_map::{Extent, Range};
use core::{fmt, slice};

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

/// Why there is no description at an address.
#[derive(Clone, Copy, Debug)]
pub enum Problem {
    /// It lies beyond what boot has mapped.
    OutOfReach,
    /// Nothing that can be read lies there.
    Damaged(&'static str),
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OutOfReach => "it is not in the gibibyte of memory that the image is in",
            Self::Damaged(reason) => reason,
        })
    }
}

impl Description {
    /// What the loader has passed in `x0`, or what lies where the board says, or else what every model of the board has. Says why something is not
    /// taken.
    ///
    /// # Errors
    /// There is nothing of these.
    #[inline(never)]
    pub fn find(passed: u64, board: &'static Board, identity: Identity) -> Result<Description, &'static str> {
        if passed != 0 {
            match Self::at(passed, identity) {
                Ok(description) => return Ok(description),
                Err(problem) => say!("x0 is {passed:#x}, and is not used: {problem}"),
            }
        }
        if let Some(address) = board.device_tree {
            match Self::at(address, identity) {
                Ok(description) => return Ok(description),
                Err(problem) => say!("the board's place for a device tree, {address:#x}, is not used: {problem}"),
            }
        }
        match board.least_memory {
            [] => Err("the loader passed no device tree, and the board does not say what every model of it has"),
            [..] => Ok(Self::Least(board)),
        }
    }

    fn at(address: u64, identity: Identity) -> Result<Description, Problem> {
        let within = |bytes: u64| {
            identity.bytes(address, bytes).map_err(|problem| match problem {
                Unreadable::OutOfReach => Problem::OutOfReach,
                Unreadable::NoMemory => Problem::Damaged("no memory answers there"),
            })
        };
        if !address.is_multiple_of(4) {
            return Err(Problem::Damaged("a description begins at a multiple of 4"));
        }
        if let Some(list) = within(atags::BYTES_MAX).ok().and_then(Atags::new) {
            return Ok(Self::Atags(list));
        }
        let length = device_tree::length(within(device_tree::HEADER_BYTES)?).map_err(Problem::Damaged)?;
        Ok(Self::Tree(DeviceTree::new(within(length)?).map_err(Problem::Damaged)?))
    }

    /// Where it lies: it must stay there until everything was read from it.
    pub fn place(&self) -> Range {
        match self {
            Self::Tree(tree) => tree.place(),
            Self::Atags(list) => list.place(),
            Self::Least(_) => (0, 0),
        }
    }

    /// Its kind, for a message.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Tree(_) => "device tree",
            Self::Atags(_) => "ATAGS",
            Self::Least(_) => "no description, thus the least model",
        }
    }

    /// All that it says of memory.
    #[inline(never)]
    pub fn statements(&self) -> Statements {
        match self {
            Self::Tree(tree) => Statements::Tree(tree.statements()),
            Self::Atags(list) => Statements::Atags(list.memory()),
            Self::Least(board) => Statements::Least(board.least_memory.iter()),
        }
    }

    /// The interrupt controller.
    pub fn controller(&self) -> Option<Controller> {
        match self {
            Self::Tree(tree) => tree.controller(),
            Self::Atags(_) | Self::Least(_) => None,
        }
    }

    /// The regions that the redistributors of the controller lie in.
    pub fn redistributors(&self) -> Regions<'static> {
        if let Self::Tree(tree) = self { tree.redistributors() } else { Regions::NONE }
    }

    /// How firmware is called, if it says that there is any.
    pub fn conduit(&self) -> Option<Conduit> {
        match self {
            Self::Tree(tree) => tree.conduit(),
            Self::Atags(_) | Self::Least(_) => None,
        }
    }

    /// The cores that it lists.
    pub fn cores(&self) -> ListedCores<'static> {
        if let Self::Tree(tree) = self { tree.cores() } else { ListedCores::NONE }
    }
}

/// All that a description says of memory.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is walked at once and never stored, and there is no heap to put a part into"
)]
pub enum Statements {
    /// A device tree's.
    Tree(tree::Statements<'static>),
    /// Of ATAGS.
    Atags(atags::Memory<'static>),
    /// What every model of the board has.
    Least(slice::Iter<'static, MemoryRange>),
}

impl Iterator for Statements {
    type Item = (Kind, Extent);

    #[inline(never)]
    fn next(&mut self) -> Option<(Kind, Extent)> {
        let memory = match self {
            Self::Tree(statements) => return statements.next(),
            Self::Atags(list) => list.next(),
            Self::Least(ranges) => ranges.next().map(|range| Extent { start: range.start.value(), bytes: range.bytes }),
        };
        Some((Kind::Memory, memory?))
    }
}
