//! Pools of address-space identifiers: 511 a pool; identifier 512 p + i belongs to entry i of pool p, and i = 0 to nobody.

use super::Life;
use super::address_space::AddressSpace;
use crate::base::store::{Object, Ref};

/// Identifiers of a pool; number 0 of each 512 is not given out.
pub const POOL_ENTRIES: usize = 511;

/// Pools that 16-bit identifiers allow.
pub const POOLS: usize = 128;

/// One identifier.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct AsidEntry {
    /// The space that has it.
    pub space: Option<Ref<AddressSpace>>,
    /// Generation given out last.
    pub generation: u32,
}

/// A pool.
#[derive(Debug)]
#[repr(C, align(4096))]
pub struct AsidPool {
    /// Capabilities to it.
    pub references: u32,
    /// Its place among the pools: 0 to 127.
    pub number: u8,
    /// Alive, or dying: then it gives nothing out any more.
    pub life: Life,
    /// Once dying: entries that were looked at.
    pub drained: u16,
    /// Entry i - 1 is identifier 512 · number + i.
    pub entries: [AsidEntry; POOL_ENTRIES],
}

impl AsidPool {
    /// Makes zero bytes an empty pool whose generations go on after `generation`.
    pub fn begin(&mut self, number: u8, generation: u32) {
        self.number = number;
        if generation != 0 {
            for entry in &mut self.entries {
                entry.generation = generation;
            }
        }
    }
}

impl Object for AsidPool {
    const BITS: u8 = 12;
}
