//! Slots: a capability and its place in the derivation tree, 32 bytes.
//!
//! The tree is kept as first child and siblings. `previous` of a first child is its parent, of any other its elder sibling:
//! nobody but the neighbours points at a slot, so that a capability moves in constant time however many children it has.

use super::capability::Capability;
use crate::base::store::{Object, Ref};

/// Links of the derivation tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Links {
    /// First child.
    pub child: Option<Ref<Slot>>,
    /// Next sibling.
    pub next: Option<Ref<Slot>>,
    /// Previous sibling, or the parent of a first child.
    pub previous: Option<Ref<Slot>>,
    pub(crate) reserved: u32,
}

impl Links {
    /// No neighbours.
    pub const NONE: Links = Links { child: None, next: None, previous: None, reserved: 0 };
}

/// A place for a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Slot {
    /// What is in it.
    pub capability: Capability,
    /// Where that stands in the derivation tree.
    pub links: Links,
}

impl Slot {
    /// An empty slot; all zero bytes.
    pub const EMPTY: Slot = Slot { capability: Capability::Empty, links: Links::NONE };
}

const _: () = assert!(size_of::<Slot>() == 32);

impl Object for Slot {
    const BITS: u8 = 5;
}
