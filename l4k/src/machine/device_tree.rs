//! What the kernel reads from the device tree: memory, what of it is reserved, cores and the interrupt controller.
//!
//! Our own reader: the crates there are panic on a damaged tree or refuse trees that exist (names of more than 31 characters).

use super::device_tree_walk::{Cells, Node, Nodes, Structure, entries, number, word};
use super::memory_map::{Claim, Claims, Extent, Range, place};

/// First word of a device tree, big endian.
const MAGIC: u32 = 0xd00d_feed;

/// Largest device tree that is believed: 2 MiB, as Linux has it.
const LARGEST: u32 = 2 << 20;

/// The version of the format whose rules are kept here (Devicetree Specification v0.4, 5.2).
const VERSION: u32 = 17;

/// Words of the header (5.2).
const OFFSET_OF_TOKENS: usize = 8;
const OFFSET_OF_STRINGS: usize = 12;
const OFFSET_OF_RESERVATIONS: usize = 16;
const LAST_COMPATIBLE_VERSION: usize = 24;

/// The instruction that calls firmware (SMC Calling Convention, DEN0028).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Conduit {
    /// `hvc`.
    Hypervisor = 1,
    /// `smc`.
    SecureMonitor = 2,
}

/// An interrupt controller by physical addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controller {
    /// GICv2: distributor, core interface.
    V2(u64, u64),
    /// GICv3: distributor, redistributors. The tree tells where further ones lie ([`DeviceTree::redistributors`]).
    V3(u64, u64),
}

/// A core that the tree lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedCore<'a> {
    /// The affinity fields of its MPIDR_EL1.
    pub affinity: u64,
    /// What its `status` says if the core is not to be used.
    pub refused: Option<&'a str>,
}

/// A device tree in memory.
#[derive(Clone, Copy, Debug)]
pub struct DeviceTree<'a> {
    bytes: &'a [u8],
    structure: Structure<'a>,
    reservations: &'a [u8],
}

/// Bytes of the header that [`length`] looks at.
pub const HEADER_BYTES: u64 = 8;

/// Length of the device tree that begins with this header.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn length(header: &[u8]) -> Result<u64, &'static str> {
    match (word(header), header.get(4..).and_then(word)) {
        (Some(MAGIC), Some(length @ ..=LARGEST)) => Ok(u64::from(length)),
        (Some(MAGIC), Some(_)) => Err("the device tree says that it is larger than 2 MiB"),
        _ => Err("no device tree there"),
    }
}

impl<'a> DeviceTree<'a> {
    /// The device tree in these bytes.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    #[inline(never)]
    pub fn new(bytes: &'a [u8]) -> Result<DeviceTree<'a>, &'static str> {
        let header = |offset: usize| bytes.get(offset..).and_then(word);
        let block = |offset: usize| header(offset).and_then(|start| bytes.get(start as usize..)).ok_or(DAMAGED);
        if header(LAST_COMPATIBLE_VERSION).is_none_or(|version| version > VERSION) {
            return Err("the device tree has a later format, or none");
        }
        let structure = Structure { tokens: block(OFFSET_OF_TOKENS)?, strings: block(OFFSET_OF_STRINGS)? };
        let mut nodes = structure.nodes();
        while nodes.step().map_err(|_| DAMAGED)?.is_some() {}
        Ok(DeviceTree { bytes, structure, reservations: block(OFFSET_OF_RESERVATIONS)? })
    }

    /// Its addresses.
    pub fn place(&self) -> Range {
        place(self.bytes)
    }

    /// Calls `found` for each piece of RAM: of the nodes whose `device_type` says that they are RAM (3.4), whatever their names are.
    pub fn memory(&self, mut found: impl FnMut(Extent)) {
        self.each_node(|node| {
            if is_memory(&node) && node.is_available() {
                each_extent(&node, &mut found);
            }
        });
    }

    /// Calls `found` for each piece of RAM that somebody else has: the node's `status` says that it is not to be used.
    pub fn withheld(&self, mut found: impl FnMut(Extent)) {
        self.each_node(|node| {
            if is_memory(&node) && !node.is_available() {
                each_extent(&node, &mut found);
            }
        });
    }

    /// Calls `found` for each piece of RAM that is not to be used. What is `reusable` may be used.
    pub fn reserved(&self, mut found: impl FnMut(Extent)) {
        // Pairs of address and size, ended by two zeros (5.3).
        let mut entries = self.reservations.chunks_exact(16).map(|entry| (number(entry, 2), entry.get(8..)));
        while let Some((Some(start), Some(size))) = entries.next() {
            match number(size, 2) {
                Some(bytes) if start != 0 || bytes != 0 => found(Extent { start, bytes }),
                _ => break,
            }
        }
        self.each_node(|node| {
            let is_reservation = node.depth() == 2 && node.parent() == b"reserved-memory" && node.is_available();
            if is_reservation && (node.is_never_mapped() || !node.is_reusable()) {
                each_extent(&node, &mut found);
            }
        });
    }

    /// Calls `found` for each core.
    pub fn cores(&self, mut found: impl FnMut(ListedCore<'a>)) {
        self.each_node(|node| {
            let is_core = node.plain_name() == b"cpu" || node.is_device_type("cpu");
            if is_core
                && node.parent() == b"cpus"
                && let Some(affinity) = number(node.registers(), node.cells().address)
            {
                let refused = node.refused_status().map(|status| core::str::from_utf8(status).unwrap_or("unreadable"));
                found(ListedCore { affinity, refused });
            }
        });
    }

    /// The first interrupt controller that the kernel knows, may use and can reach.
    #[inline(never)]
    pub fn controller(&self) -> Option<Controller> {
        self.nodes().find(|node| controller_in(&node))
    }

    /// Calls `found` for each region that redistributors of that controller lie in, if it is a GICv3, with how far it is from one to the next, if the tree
    /// tells.
    pub fn redistributors(&self, mut found: impl FnMut(Extent, Option<u64>)) {
        self.nodes().find(|node| {
            let controller = controller_in(&node)?;
            let mut index = 0;
            each_extent(&node, &mut |Extent { start, bytes }| {
                let is_region =
                    matches!(controller, Controller::V3(..)) && (1..=node.redistributor_regions()).contains(&index);
                if let (true, Some(start)) = (is_region, node.translate(start)) {
                    found(Extent { start, bytes }, node.redistributor_stride());
                }
                index += 1;
            });
            Some(())
        });
    }

    /// How firmware is called, if there is any (the node of PSCI, DEN0022).
    #[must_use]
    #[inline(never)]
    pub fn conduit(&self) -> Option<Conduit> {
        self.nodes().find(|node| match node.method() {
            b"hvc\0" if node.plain_name() == b"psci" && node.is_available() => Some(Conduit::Hypervisor),
            b"smc\0" if node.plain_name() == b"psci" && node.is_available() => Some(Conduit::SecureMonitor),
            _ => None,
        })
    }

    /// All nodes: `new` has found the tree whole.
    const fn nodes(&self) -> Nodes<'a> {
        self.structure.nodes()
    }

    #[inline]
    fn each_node(&self, mut visit: impl FnMut(Node<'_, 'a>)) {
        let _: Option<()> = self.nodes().find(|node| {
            visit(node);
            None
        });
    }
}

/// RAM that the tree's own words leave to the kernel. Memory that goes beyond the last address is not believed; a reservation that does is kept.
impl Claims for DeviceTree<'_> {
    fn each(&self, mut told: impl FnMut(Claim, Range)) {
        self.memory(|extent| {
            if let Some(range) = extent.checked() {
                told(Claim::There, range);
            }
        });
        self.reserved(|extent| told(Claim::Taken, extent.clipped()));
        self.withheld(|extent| told(Claim::Taken, extent.clipped()));
    }
}

const DAMAGED: &str = "the device tree is damaged";

/// Whether it describes RAM.
fn is_memory(node: &Node<'_, '_>) -> bool {
    node.depth() == 1 && node.is_device_type("memory")
}

fn controller_in(node: &Node<'_, '_>) -> Option<Controller> {
    if !node.is_available() {
        return None;
    }
    let mut blocks = [None; 2];
    let mut count = 0;
    each_extent(node, &mut |block| {
        if let Some(place) = blocks.get_mut(count) {
            *place = node.translate(block.start);
            count += 1;
        }
    });
    let [Some(first), Some(second)] = blocks else { return None };
    if node.is_compatible("arm,gic-v3") {
        Some(Controller::V3(first, second))
    } else if node.is_compatible("arm,gic-400") || node.is_compatible("arm,cortex-a15-gic") {
        Some(Controller::V2(first, second))
    } else {
        None
    }
}

/// The pieces of a node's `reg`. Numbers of more than two words are none that this machine has.
fn each_extent(node: &Node<'_, '_>, found: &mut impl FnMut(Extent)) {
    let Cells { address: address @ 1..=2, size: size @ 1..=2 } = node.cells() else { return };
    for entry in entries(node.registers(), address + size) {
        let sizes = entry.get(address as usize * 4..).unwrap_or(&[]);
        if let (Some(start), Some(bytes)) = (number(entry, address), number(sizes, size)) {
            found(Extent { start, bytes });
        }
    }
}

#[cfg(test)]
#[path = "device_tree_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "device_tree_input_tests.rs"]
mod input_tests;
