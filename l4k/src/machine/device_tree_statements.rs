//! What a device tree says of memory, cores and redistributors, one statement after the other. Called by `device_tree` and by who asks a tree. May call
//! `device_tree_walk` and `memory_map`.
//!
//! Each kind of statement is an iterator of its own with one function that is never inlined: start-up asks in many places.

use super::device_tree::{Controller, controller_in};
use super::device_tree_walk::{Cells, Node, Nodes, take_number};
use super::memory_map::Extent;

/// What is said of a piece of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is RAM.
    Memory,
    /// It is RAM that somebody else has: the node's `status` says that it is not to be used.
    Withheld,
    /// It is not to be used.
    Reserved,
}

/// A core that the tree lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedCore<'a> {
    /// The affinity fields of its MPIDR_EL1.
    pub affinity: u64,
    /// What its `status` says if the core is not to be used.
    pub refused: Option<&'a str>,
}

/// The pieces of a node's `reg`. Numbers of more than two words are none that this machine has.
#[derive(Clone, Debug)]
pub struct Extents<'a> {
    registers: &'a [u8],
    cells: Cells,
}

impl<'a> Extents<'a> {
    const NONE: Extents<'static> = Extents { registers: &[], cells: Cells { address: 0, size: 0 } };

    /// Those of a node.
    pub fn of(node: &Node<'_, 'a>) -> Extents<'a> {
        Extents { registers: node.registers(), cells: node.cells() }
    }
}

impl Iterator for Extents<'_> {
    type Item = Extent;

    #[inline(never)]
    fn next(&mut self) -> Option<Extent> {
        let start = take_number(&mut self.registers, self.cells.address)?;
        let bytes = take_number(&mut self.registers, self.cells.size)?;
        Some(Extent { start, bytes })
    }
}

/// All that the tree says of memory: first the reservations of its header, then the nodes.
#[derive(Clone, Debug)]
pub struct Statements<'a> {
    reservations: &'a [u8],
    nodes: Nodes<'a>,
    kind: Kind,
    extents: Extents<'a>,
}

impl<'a> Statements<'a> {
    pub(super) const fn new(reservations: &'a [u8], nodes: Nodes<'a>) -> Self {
        Self { reservations, nodes, kind: Kind::Reserved, extents: Extents::NONE }
    }

    /// The header's reservations are pairs of address and size, ended by two zeros (5.3).
    fn reservation(&mut self) -> Option<Extent> {
        let start = take_number(&mut self.reservations, 2)?;
        let bytes = take_number(&mut self.reservations, 2)?;
        if (start, bytes) == (0, 0) {
            self.reservations = &[];
            return None;
        }
        Some(Extent { start, bytes })
    }
}

impl Iterator for Statements<'_> {
    type Item = (Kind, Extent);

    #[inline(never)]
    fn next(&mut self) -> Option<(Kind, Extent)> {
        if let Some(extent) = self.reservation() {
            return Some((Kind::Reserved, extent));
        }
        loop {
            if let Some(extent) = self.extents.next() {
                return Some((self.kind, extent));
            }
            let node = self.nodes.step().ok()??;
            if let Some(kind) = kind_of(&node) {
                (self.kind, self.extents) = (kind, Extents::of(&node));
            }
        }
    }
}

/// What a node says of its memory: RAM by its `device_type` (3.4), whatever its name is, or a reservation. What is `reusable` may be used.
fn kind_of(node: &Node<'_, '_>) -> Option<Kind> {
    if node.depth() == 1 && node.is_device_type("memory") {
        return Some(if node.is_available() { Kind::Memory } else { Kind::Withheld });
    }
    let is_reservation = node.depth() == 2 && node.parent() == b"reserved-memory" && node.is_available();
    let is_kept = is_reservation && (node.is_never_mapped() || !node.is_reusable());
    is_kept.then_some(Kind::Reserved)
}

/// The cores.
#[derive(Clone, Debug)]
pub struct ListedCores<'a> {
    nodes: Nodes<'a>,
}

impl<'a> ListedCores<'a> {
    /// Where there is no tree.
    pub const NONE: ListedCores<'static> = ListedCores { nodes: Nodes::NONE };

    pub(super) const fn new(nodes: Nodes<'a>) -> Self {
        Self { nodes }
    }
}

impl<'a> Iterator for ListedCores<'a> {
    type Item = ListedCore<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<ListedCore<'a>> {
        loop {
            let node = self.nodes.step().ok()??;
            let is_core = node.parent() == b"cpus" && (node.plain_name() == b"cpu" || node.is_device_type("cpu"));
            if is_core && let Some(affinity) = take_number(&mut node.registers(), node.cells().address) {
                let refused = node.refused_status().map(|status| core::str::from_utf8(status).unwrap_or("unreadable"));
                return Some(ListedCore { affinity, refused });
            }
        }
    }
}

/// A region that redistributors of a GICv3 lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its addresses.
    pub extent: Extent,
    /// How far it is from one to the next, if that is told.
    pub stride: Option<u64>,
}

/// The regions of the controller that the kernel uses, if it is a GICv3: one that is known without a tree, and those of a tree.
#[derive(Clone, Debug)]
pub struct Regions<'a> {
    known: Option<Region>,
    /// At the controller.
    nodes: Nodes<'a>,
    extents: Extents<'a>,
    rest: u32,
}

impl<'a> Regions<'a> {
    /// No region.
    pub const NONE: Regions<'static> = Regions::one(None);

    /// A region that is known without a tree.
    pub const fn one(known: Option<Region>) -> Regions<'static> {
        Regions { known, nodes: Nodes::NONE, extents: Extents::NONE, rest: 0 }
    }

    /// Looks for the controller. Its first block is the distributor.
    #[inline(never)]
    pub(super) fn new(mut nodes: Nodes<'a>) -> Self {
        while let Ok(Some(node)) = nodes.step() {
            if let Some(controller) = controller_in(&node) {
                let is_third = matches!(controller, Controller::V3(..));
                let rest = if is_third { node.redistributor_regions() } else { 0 };
                let mut extents = Extents::of(&node);
                extents.next();
                return Self { known: None, nodes, extents, rest };
            }
        }
        Self::NONE
    }
}

impl Iterator for Regions<'_> {
    type Item = Region;

    #[inline(never)]
    fn next(&mut self) -> Option<Region> {
        if let Some(region) = self.known.take() {
            return Some(region);
        }
        while self.rest > 0 {
            self.rest -= 1;
            let Extent { start, bytes } = self.extents.next()?;
            let controller = self.nodes.last();
            if let Some(start) = controller.translate(start) {
                return Some(Region { extent: Extent { start, bytes }, stride: controller.redistributor_stride() });
            }
        }
        None
    }
}
