//! The translation look-aside buffer of one core: exact pages, and table entries on the way. Calls `choices`.
//!
//! It holds what table walks have found, each under the identifier that was in force then, until an invalidation hits it or it is evicted
//! (Arm ARM, R_SQBCS and R_RVJDB: any entry that does not fault may be held, tables on the way among them). An entry that faults is never held
//! (R_XCLRD). An invalidation of an address hits what is held of its whole walk (R_LGSCG).

extern crate std;

use super::choices::Choices;
use crate::base::arch::{Level, TableEntry};
use std::vec::Vec;

/// What was remembered of one table entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translation {
    /// Identifier of the space.
    pub asid: u16,
    /// First address that the entry is for.
    pub start: u64,
    /// Level of the table that the entry is in.
    pub level: Level,
    /// Physical address of the entry.
    pub place: u64,
    /// What it said: a table or a leaf.
    pub content: TableEntry,
}

impl Translation {
    /// Bytes that an entry of a level is for.
    #[must_use]
    pub const fn bytes(level: Level) -> u64 {
        1 << (39 - 9 * level as u32)
    }

    /// Whether it is for an address in a space.
    #[must_use]
    pub const fn covers(&self, asid: u16, address: u64) -> bool {
        self.asid == asid && self.start == address & !(Self::bytes(self.level) - 1)
    }

    /// Whether it ends a walk.
    #[must_use]
    pub const fn is_leaf(&self) -> bool {
        matches!(self.content, TableEntry::Leaf { .. })
    }
}

/// Which entries of a page's walk an invalidation hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// Those of all levels (`tlbi vae1`).
    All,
    /// The last one only (`tlbi vale1`).
    Last,
}

/// What an invalidation hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// What was remembered on the walk to an address.
    Page(u16, u64, Levels),
    /// Everything of a space.
    Space(u16),
}

impl Forgotten {
    const fn hits(self, translation: &Translation) -> bool {
        match self {
            Forgotten::Page(asid, address, Levels::All) => translation.covers(asid, address),
            Forgotten::Page(asid, address, Levels::Last) => translation.covers(asid, address) && translation.is_leaf(),
            Forgotten::Space(asid) => translation.asid == asid,
        }
    }
}

/// A look-aside buffer.
#[derive(Clone, Debug, Default)]
pub struct Tlb {
    held: Vec<Translation>,
}

impl Tlb {
    /// With nothing in it.
    pub const EMPTY: Tlb = Tlb { held: Vec::new() };

    /// Everything that is held.
    #[must_use]
    pub fn held(&self) -> &[Translation] {
        &self.held
    }

    /// The leaf that is held for an address.
    #[must_use]
    pub fn leaf(&self, asid: u16, address: u64) -> Option<Translation> {
        self.held.iter().find(|held| held.is_leaf() && held.covers(asid, address)).copied()
    }

    /// The entry of a level that is held for an address.
    #[must_use]
    pub fn at_level(&self, asid: u16, address: u64, level: Level) -> Option<Translation> {
        self.held.iter().find(|held| held.level == level && held.covers(asid, address)).copied()
    }

    /// Remembers what a walk has found.
    pub fn fill(&mut self, translation: Translation) {
        let (asid, start, level) = (translation.asid, translation.start, translation.level);
        self.held.retain(|held| (held.asid, held.start, held.level) != (asid, start, level));
        self.held.push(translation);
    }

    /// An invalidation takes effect.
    pub fn forget(&mut self, what: Forgotten) {
        self.held.retain(|held| !what.hits(held));
    }

    /// Drops one of what is held.
    pub fn evict(&mut self, choices: &mut Choices) {
        if !self.held.is_empty() {
            let index = choices.below(self.held.len());
            self.held.swap_remove(index);
        }
    }
}
