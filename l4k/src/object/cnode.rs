//! CNodes: tables of 2^n slots. Slot 0 is the header; a capability address is an index from 1.

use super::slot::Slot;
use crate::base::store::{Object, Ref};

/// A table of slots, seen through its header slot.
#[derive(Debug)]
#[repr(transparent)]
pub struct CNode {
    /// Slot 0: `Capability::CNodeHeader`, or `DyingRoot` or `DyingInner` while the table is emptied.
    pub header: Slot,
}

impl Object for CNode {
    const BITS: u8 = Slot::BITS;
}

impl Ref<CNode> {
    /// The header as a slot; it takes the last capability's place in the derivation tree while the table is emptied.
    #[must_use]
    pub const fn header(self) -> Ref<Slot> {
        self.part(0)
    }

    /// The slot at an index that was checked against the table's size.
    #[must_use]
    pub const fn slot(self, index: u32) -> Ref<Slot> {
        self.part(index as u64 * 32)
    }
}

impl Ref<Slot> {
    /// The table that this slot, which holds a header, is the header of.
    #[must_use]
    pub const fn table(self) -> Ref<CNode> {
        self.part(0)
    }
}
