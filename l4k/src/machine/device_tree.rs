//! What the kernel reads from the device tree: memory, what of it is reserved, cores and the interrupt controller.
//!
//! Our own reader: the crates there are panic on a damaged tree or refuse trees that exist (names of more than 31 characters).

use super::device_tree_statements::{Extents, Kind, ListedCores, Regions, Statements};
use super::device_tree_walk::{Node, Nodes, Structure, word};
use super::memory_map::{Claim, Claims, Range, place};

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
        while let Some(node) = nodes.step().map_err(|_| DAMAGED)? {
            if !node.has_cells() {
                return Err(DAMAGED);
            }
        }
        Ok(DeviceTree { bytes, structure, reservations: block(OFFSET_OF_RESERVATIONS)? })
    }

    /// Its addresses.
    pub fn place(&self) -> Range {
        place(self.bytes)
    }

    /// All that it says of memory.
    pub const fn statements(&self) -> Statements<'a> {
        Statements::new(self.reservations, self.nodes())
    }

    /// The cores that it lists.
    pub const fn cores(&self) -> ListedCores<'a> {
        ListedCores::new(self.nodes())
    }

    /// The first interrupt controller that the kernel knows, may use and can reach.
    #[inline(never)]
    pub fn controller(&self) -> Option<Controller> {
        let mut nodes = self.nodes();
        while let Ok(Some(node)) = nodes.step() {
            if let Some(controller) = controller_in(&node) {
                return Some(controller);
            }
        }
        None
    }

    /// The regions that redistributors of that controller lie in, if it is a GICv3.
    pub fn redistributors(&self) -> Regions<'a> {
        Regions::new(self.nodes())
    }

    /// How firmware is called, if there is any (the node of PSCI, DEN0022).
    #[must_use]
    #[inline(never)]
    pub fn conduit(&self) -> Option<Conduit> {
        let mut nodes = self.nodes();
        while let Ok(Some(node)) = nodes.step() {
            if node.plain_name() == b"psci" && node.is_available() {
                match node.method() {
                    b"hvc\0" => return Some(Conduit::Hypervisor),
                    b"smc\0" => return Some(Conduit::SecureMonitor),
                    _ => {}
                }
            }
        }
        None
    }

    /// All nodes: `new` has found the tree whole.
    const fn nodes(&self) -> Nodes<'a> {
        self.structure.nodes()
    }
}

/// RAM that the tree's own words leave to the kernel. Memory that goes beyond the last address is not believed; a reservation that does is kept.
impl Claims for DeviceTree<'_> {
    fn each(&self, mut told: impl FnMut(Claim, Range)) {
        for (kind, extent) in self.statements() {
            match kind {
                Kind::Memory => extent.checked().into_iter().for_each(|range| told(Claim::There, range)),
                Kind::Withheld | Kind::Reserved => told(Claim::Taken, extent.clipped()),
            }
        }
    }
}

const DAMAGED: &str = "the device tree is damaged";

/// The controller that a node describes.
#[inline(never)]
pub(super) fn controller_in(node: &Node<'_, '_>) -> Option<Controller> {
    let is_third = node.is_compatible("arm,gic-v3");
    let is_known = is_third || node.is_compatible("arm,gic-400") || node.is_compatible("arm,cortex-a15-gic");
    if !is_known || !node.is_available() {
        return None;
    }
    let mut blocks = Extents::of(node);
    let mut block = || node.translate(blocks.next()?.start);
    let (first, second) = (block()?, block()?);
    Some(if is_third { Controller::V3(first, second) } else { Controller::V2(first, second) })
}

#[cfg(test)]
#[path = "device_tree_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "device_tree_input_tests.rs"]
mod input_tests;
