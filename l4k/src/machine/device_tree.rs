//! What the kernel reads from the device tree: memory, what of it is reserved, cores and the interrupt controller.
//!
//! Our own reader: the crates there are panic on a damaged tree or refuse trees that exist (names of more than 31 characters).

use super::device_tree_walk::{Cells, Node, Nodes, Structure, word};
use super::memory_map::Range;

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
    /// GICv3: distributor, redistributors.
    V3(u64, u64),
}

/// A device tree in memory.
#[derive(Clone, Copy, Debug)]
pub struct DeviceTree<'a> {
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
        Ok(DeviceTree { structure, reservations: block(OFFSET_OF_RESERVATIONS)? })
    }

    /// Calls `found` for each range of RAM.
    pub fn memory(&self, mut found: impl FnMut(Range)) {
        for node in &mut self.nodes() {
            if node.depth == 1 && node.plain_name() == b"memory" {
                each_range(&node, &mut found);
            }
        }
    }

    /// Calls `found` for each range of RAM that is not to be used.
    pub fn reserved(&self, mut found: impl FnMut(Range)) {
        // Pairs of address and size, ended by two zeros (5.3).
        let mut entries = self.reservations.chunks_exact(16).map(|entry| (number(entry, 2), entry.get(8..)));
        while let Some((Some(start), Some(size))) = entries.next() {
            match number(size, 2) {
                Some(bytes) if start != 0 || bytes != 0 => found((start, start.saturating_add(bytes))),
                _ => break,
            }
        }
        for node in &mut self.nodes() {
            if node.depth == 2 && node.parent == b"reserved-memory" {
                each_range(&node, &mut found);
            }
        }
    }

    /// Calls `found` for each core: the affinity fields of its MPIDR_EL1.
    pub fn cores(&self, mut found: impl FnMut(u64)) {
        for node in &mut self.nodes() {
            if node.parent == b"cpus"
                && node.plain_name() == b"cpu"
                && let Some(affinity) = number(node.registers, node.cells.address)
            {
                found(affinity);
            }
        }
    }

    /// The first interrupt controller that the kernel knows, at the root or one level below.
    #[inline(never)]
    pub fn controller(&self) -> Option<Controller> {
        let mut nodes = self.nodes();
        nodes.find_map(|node| if node.depth <= 2 { controller_in(&node) } else { None })
    }

    /// How firmware is called, if there is any (the node of PSCI, DEN0022).
    #[must_use]
    #[inline(never)]
    pub fn conduit(&self) -> Option<Conduit> {
        let mut nodes = self.nodes();
        nodes.find_map(|node| match node.method {
            b"hvc\0" if node.plain_name() == b"psci" => Some(Conduit::Hypervisor),
            b"smc\0" if node.plain_name() == b"psci" => Some(Conduit::SecureMonitor),
            _ => None,
        })
    }

    /// All nodes: `new` has found the tree whole.
    const fn nodes(&self) -> Nodes<'a> {
        self.structure.nodes()
    }
}

const DAMAGED: &str = "the device tree is damaged";

fn controller_in(node: &Node<'_>) -> Option<Controller> {
    let mut blocks = [0; 2];
    let mut count = 0;
    each_range(node, &mut |(start, _)| {
        if let Some(block) = blocks.get_mut(count) {
            *block = start;
            count += 1;
        }
    });
    if count < 2 {
        None
    } else if node.is_compatible("arm,gic-v3") {
        Some(Controller::V3(blocks[0], blocks[1]))
    } else if node.is_compatible("arm,gic-400") || node.is_compatible("arm,cortex-a15-gic") {
        Some(Controller::V2(blocks[0], blocks[1]))
    } else {
        None
    }
}

/// The ranges of a node's `reg`. Numbers of more than two words are none that this machine has.
fn each_range(node: &Node<'_>, found: &mut impl FnMut(Range)) {
    let Cells { address: address @ 1..=2, size: size @ 1..=2 } = node.cells else { return };
    let bytes = (address + size) as usize * 4;
    for range in node.registers.chunks_exact(bytes) {
        let sizes = range.get(address as usize * 4..).unwrap_or(&[]);
        if let (Some(start), Some(bytes)) = (number(range, address), number(sizes, size)) {
            found((start, start.saturating_add(bytes)));
        }
    }
}

/// A number of one or two words.
#[inline(never)]
fn number(bytes: &[u8], words: u32) -> Option<u64> {
    match words {
        1 => word(bytes).map(u64::from),
        _ => Some(u64::from(word(bytes)?) << 32 | u64::from(word(bytes.get(4..)?)?)),
    }
}

#[cfg(test)]
#[path = "device_tree_tests.rs"]
mod tests;
