//! What the kernel reads from the device tree: memory, what of it is reserved, and the interrupt controller.

use super::memory_map::Range;
use dtoolkit::Node;
use dtoolkit::fdt::{Fdt, FdtNode};

/// First word of a device tree, big endian.
const MAGIC: u32 = 0xd00d_feed;

/// Largest device tree that is believed: 2 MiB, as Linux has it.
const LARGEST: u32 = 2 << 20;

/// An interrupt controller by physical addresses.
#[derive(Clone, Copy, Debug)]
pub enum Controller {
    /// GICv2: distributor, core interface.
    V2(u64, u64),
    /// GICv3: distributor, redistributors.
    V3(u64, u64),
}

/// A device tree in memory.
#[derive(Clone, Copy, Debug)]
pub struct DeviceTree<'a> {
    tree: Fdt<'a>,
}

/// Bytes of the header that [`length`] looks at.
pub const HEADER_BYTES: u64 = 8;

/// Length of the device tree that begins with this header.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn length(header: &[u8]) -> Result<u64, &'static str> {
    let word = |offset: usize| {
        let bytes = header.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok());
        u32::from_be_bytes(bytes.unwrap_or_default())
    };
    match (word(0), word(4)) {
        (MAGIC, length @ ..=LARGEST) => Ok(u64::from(length)),
        (MAGIC, _) => Err("the device tree says that it is larger than 2 MiB"),
        _ => Err("no device tree there"),
    }
}

impl<'a> DeviceTree<'a> {
    /// The device tree in these bytes.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn new(bytes: &'a [u8]) -> Result<DeviceTree<'a>, &'static str> {
        let tree = Fdt::new(bytes).map_err(|_| "the device tree is damaged")?;
        Ok(DeviceTree { tree })
    }

    /// Calls `found` for each range of RAM.
    pub fn memory(&self, mut found: impl FnMut(Range)) {
        for node in self.tree.root().children() {
            if node.name_without_address() == "memory" {
                each_range(node, &mut found);
            }
        }
    }

    /// Calls `found` for each range of RAM that is not to be used.
    pub fn reserved(&self, mut found: impl FnMut(Range)) {
        for reservation in self.tree.memory_reservations() {
            found((reservation.address(), reservation.address().saturating_add(reservation.size())));
        }
        if let Some(parent) = self.tree.find_node("/reserved-memory") {
            for node in parent.children() {
                each_range(node, &mut found);
            }
        }
    }

    /// Cores that the tree lists.
    pub fn cores(&self) -> usize {
        let is_core = |node: &FdtNode<'_>| node.name_without_address() == "cpu";
        self.tree.find_node("/cpus").map_or(0, |cpus| cpus.children().filter(is_core).count())
    }

    /// The interrupt controller, looked for at the root and one level below.
    pub fn controller(&self) -> Option<Controller> {
        let root = self.tree.root();
        root.children()
            .find_map(controller_in)
            .or_else(|| root.children().find_map(|node| node.children().find_map(controller_in)))
    }
}

fn controller_in(node: FdtNode<'_>) -> Option<Controller> {
    let is = |name: &str| node.compatible().is_some_and(|mut names| names.any(|other| other == name));
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
    } else if is("arm,gic-v3") {
        Some(Controller::V3(blocks[0], blocks[1]))
    } else if is("arm,gic-400") || is("arm,cortex-a15-gic") {
        Some(Controller::V2(blocks[0], blocks[1]))
    } else {
        None
    }
}

fn each_range(node: FdtNode<'_>, found: &mut impl FnMut(Range)) {
    let Ok(Some(ranges)) = node.reg() else { return };
    for range in ranges {
        if let (Ok(start), Ok(bytes)) = (range.address::<u64>(), range.size::<u64>()) {
            found((start, start.saturating_add(bytes)));
        }
    }
}

#[cfg(test)]
#[path = "device_tree_tests.rs"]
mod tests;
