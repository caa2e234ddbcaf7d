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
    /// What the entry says.
    pub entry: TableEntry,
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
            let entry = A::decode(self.store.word(address), level);
            *place = Some(Place { table, address, level, entry });
            match entry {
                TableEntry::Table(below) if level < lowest => table = space.table_at(below),
                _ => break,
            }
        }
        places
    }

    /// The last entry of a walk that does not end at the top level. A line for each level: a loop would take twice as long.
    #[inline(always)]
    #[must_use]
    pub fn find_entry(&self, space: Ref<AddressSpace>, page: UserPage, lowest: Level) -> Place {
        let top = self.place(space, space.table(TableNumber::TOP), page, Level::Zero);
        let TableEntry::Table(table) = top.entry else { return top };
        let one = self.place(space, table, page, Level::One);
        let TableEntry::Table(table) = one.entry else { return one };
        if lowest == Level::One {
            return one;
        }
        let two = self.place(space, table, page, Level::Two);
        let TableEntry::Table(table) = two.entry else { return two };
        if lowest == Level::Two {
            return two;
        }
        self.place(space, table, page, Level::Three)
    }

    /// The entry of a table for an address.
    #[inline(always)]
    fn place(&self, space: Ref<AddressSpace>, table: PhysicalAddress, page: UserPage, level: Level) -> Place {
        let address = table.add(level.index(page.value()) * 8);
        let entry = A::decode(self.store.word(address), level);
        Place { table: space.table_at(table), address, level, entry }
    }
}
