//! CNodes: tables of capabilities, and what can be done with a slot.

use crate::abi::{Error, ObjectKind, Rights, SystemCall};
use crate::quantity::Badge;
use crate::system::{perform, query};

/// A capability to a CNode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct CNode(u64);

impl CNode {
    /// The caller's own CNode, whether or not it holds a capability to it.
    pub const OWN: CNode = CNode(0);

    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> CNode {
        CNode(slot)
    }

    /// Its slot; 0 for [`CNode::OWN`].
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// A slot in this CNode.
    #[must_use]
    pub const fn at(self, slot: u64) -> Place {
        Place { cnode: self, slot }
    }
}

/// A slot in some CNode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The CNode.
    pub cnode: CNode,
    /// The slot in it.
    pub slot: u64,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotContents {
    /// Kind of the object.
    pub kind: ObjectKind,
    /// Rights of the capability.
    pub rights: Rights,
    /// Its badge.
    pub badge: Badge,
}

impl Place {
    /// Puts a copy of the capability in `source` here, with those of its rights that are in `rights`.
    ///
    /// # Errors
    /// `MissingRight` (a CNode without the manage right), `SlotOutOfRange`, `SlotEmpty`, `SlotOccupied`,
    /// `InvalidRights`, `NotCopyable` (untyped memory).
    pub fn copy_from(self, source: Place, rights: Rights) -> Result<(), Error> {
        let [a, b, c, d] = self.with(source);
        perform(SystemCall::CNodeCopy, [a, b, c, d, rights.bits()])
    }

    /// [`copy_from`](Self::copy_from) that also sets the badge.
    ///
    /// # Errors
    /// As [`copy_from`](Self::copy_from); `AlreadyBadged` (also for objects that have no badges), `InvalidBadge` for 0.
    pub fn mint_from(self, source: Place, rights: Rights, badge: Badge) -> Result<(), Error> {
        let [a, b, c, d] = self.with(source);
        perform(SystemCall::CNodeMint, [a, b, c, d, rights.bits(), badge.value()])
    }

    /// Moves the capability in `source` here.
    ///
    /// # Errors
    /// `MissingRight`, `SlotOutOfRange`, `SlotEmpty`, `SlotOccupied`.
    pub fn move_from(self, source: Place) -> Result<(), Error> {
        perform(SystemCall::CNodeMove, self.with(source))
    }

    /// Exchanges the capabilities of two occupied slots.
    ///
    /// # Errors
    /// `MissingRight`, `SlotOutOfRange`, `SlotEmpty`.
    pub fn swap_with(self, other: Place) -> Result<(), Error> {
        perform(SystemCall::CNodeSwap, self.with(other))
    }

    /// Deletes the capability here. The object goes with its last capability. An empty slot is no error.
    ///
    /// # Errors
    /// `MissingRight`, `SlotOutOfRange`.
    pub fn delete(self) -> Result<(), Error> {
        perform(SystemCall::CNodeDelete, [self.cnode.0, self.slot])
    }

    /// Deletes everything that descends from the capability here: its copies, and what was made of it.
    ///
    /// # Errors
    /// `MissingRight`, `SlotOutOfRange`, `SlotEmpty`.
    pub fn revoke(self) -> Result<(), Error> {
        perform(SystemCall::CNodeRevoke, [self.cnode.0, self.slot])
    }

    /// What is here; `None` if nothing, or an object kind of a later ABI version.
    ///
    /// # Errors
    /// `MissingRight`, `SlotOutOfRange`.
    pub fn query(self) -> Result<Option<SlotContents>, Error> {
        let [_, kind, rights, badge, ..] = query(SystemCall::CNodeQuery, [self.cnode.0, self.slot])?;
        let contents = |kind| SlotContents {
            kind,
            rights: Rights::from_bits(rights).unwrap_or(Rights::NONE),
            badge: Badge::new(badge),
        };
        Ok(ObjectKind::from_number(kind).map(contents))
    }

    const fn with(self, source: Place) -> [u64; 4] {
        [self.cnode.0, self.slot, source.cnode.0, source.slot]
    }
}
