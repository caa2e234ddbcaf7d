//! Walking a space's translation tables: four levels at most.

use super::system::System;
use crate::base::address::{PhysicalAddress, UserPage};
use crate::base::arch::{Arch, Level, TableEntry};
use crate::base::store::Ref;
use crate::object::address_space::{AddressSpace, TableNumber};
use l4k_sys::abi::FrameSize;

/// An entry of a table: where it is and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: TableNumber,
    /// Physical address of the entry.
    pub address: PhysicalAddress,
    /// The table's level.
    pub level: Level,
    /// The entry, in the machine's format.
    pub bits: u64,
}

/// Level at which frames of a size are mapped.
#[must_use]
pub const fn leaf_level(size: FrameSize) -> Level {
    // Not a `match`, of which the compiler makes branches.
    if matches!(size, FrameSize::Small) {
        Level::Three
    } else if matches!(size, FrameSize::Large) {
        Level::Two
    } else {
        Level::One
    }
}

impl<A: Arch> System<A> {
    /// The entries passed on the way to an address, from the top level down to `lowest` or to the first that is not a table.
    #[must_use]
    pub fn walk(&self, space: Ref<AddressSpace>, page: UserPage, lowest: Level) -> [Option<Place>; 4] {
        let mut places = [None; 4];
        let mut table = TableNumber::TOP;
        for (place, level) in places.iter_mut().zip([Level::Zero, Level::One, Level::Two, Level::Three]) {
            let address = space.table(table).add(level.index(page.value()) * 8);
            let bits = self.store.word(address);
            *place = Some(Place { table, address, level, bits });
            match A::decode(bits, level) {
                TableEntry::Table(below) if level < lowest => table = space.table_at(below),
                _ => break,
            }
        }
        places
    }

    /// The entry for a page down to a level, or the first on the way that is no table.
    #[inline(always)]
    pub fn find_entry(&mut self, space: Ref<AddressSpace>, page: UserPage, lowest: Level) -> Place {
        if lowest == Level::Three
            && let Some(table) = self.store.get(space).remembered(page)
        {
            return self.place(space, space.table(table), page, Level::Three);
        }
        let place = self.walk_to_entry(space, page, lowest);
        if place.level == Level::Three {
            self.store.get_mut(space).remember(page, place.table);
        }
        place
    }

    /// The same, walked. A line for each level: a loop would take twice as long.
    #[inline(always)]
    fn walk_to_entry(&self, space: Ref<AddressSpace>, page: UserPage, lowest: Level) -> Place {
        let top = self.place(space, space.table(TableNumber::TOP), page, Level::Zero);
        let TableEntry::Table(table) = self.entry(top) else { return top };
        let one = self.place(space, table, page, Level::One);
        let TableEntry::Table(table) = self.entry(one) else { return one };
        if lowest == Level::One {
            return one;
        }
        let two = self.place(space, table, page, Level::Two);
        let TableEntry::Table(table) = self.entry(two) else { return two };
        if lowest == Level::Two {
            return two;
        }
        self.place(space, table, page, Level::Three)
    }

    /// The entry of a table for an address.
    #[inline(always)]
    fn place(&self, space: Ref<AddressSpace>, table: PhysicalAddress, page: UserPage, level: Level) -> Place {
        let address = table.add(level.index(page.value()) * 8);
        Place { table: space.table_at(table), address, level, bits: self.store.word(address) }
    }

    /// Whether an entry must not take the place of the one that was found as long as a core may use that.
    #[inline(always)]
    pub fn needs_break(&self, Place { bits, .. }: Place, entry: u64) -> bool {
        A::needs_break(bits, entry)
    }

    /// What an entry said when it was found.
    #[inline(always)]
    pub fn entry(&self, Place { bits, level, .. }: Place) -> TableEntry {
        A::decode(bits, level)
    }
}
