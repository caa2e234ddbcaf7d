//! Address spaces: one object that holds its header, the top-level table and the memory of all lower tables.
//!
//! Page 0 of the object is this header, page 1 the top-level table, the others lower tables. A page that is not in use as a
//! table is zero: a table is given back when its last entry was cleared.

use super::frame::SpaceIdentity;
use crate::base::address::{Asid, PhysicalAddress, SizeBits, UserPage};
use crate::base::store::{Object, Ref};
use l4k_sys::abi::memory::PAGE_SIZE;

/// Pages of the largest address-space object (2^22 bytes).
const PAGES_MAX: usize = 1024;

/// Index of a page of the object that is used as a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableNumber(u16);

impl TableNumber {
    /// The top-level table.
    pub const TOP: TableNumber = TableNumber(1);
}

/// A table of the lowest level, so that the next page nearby is found without a walk: it is kept up to when any table is given back.
#[derive(Clone, Copy, Debug)]
struct LastTable {
    /// The part of all addresses that the table is for, as [`region_of`] has it.
    region: u64,
    /// The table.
    table: TableNumber,
}

impl LastTable {
    /// None: no region has this number.
    const NONE: LastTable = LastTable { region: u64::MAX, table: TableNumber::TOP };
}

/// Number of the 2 MiB that a table of the lowest level is for.
const fn region_of(page: UserPage) -> u64 {
    page.number() >> 9
}

/// An identity, or none. Zero bytes are none: the language lays down the layout of an option of an identifier, and not that of an option of a
/// whole identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct GivenIdentity {
    asid: Option<Asid>,
    generation: u32,
}

impl GivenIdentity {
    /// None.
    pub const NONE: GivenIdentity = GivenIdentity { asid: None, generation: 0 };

    /// This one.
    #[must_use]
    pub const fn of(identity: SpaceIdentity) -> GivenIdentity {
        GivenIdentity { asid: Some(identity.asid), generation: identity.generation }
    }

    /// The identity, if there is one.
    #[inline(always)]
    #[must_use]
    pub const fn get(self) -> Option<SpaceIdentity> {
        match self.asid {
            Some(asid) => Some(SpaceIdentity { asid, generation: self.generation }),
            None => None,
        }
    }

    /// Takes the identity out, if there is one.
    pub const fn take(&mut self) -> Option<SpaceIdentity> {
        let identity = self.get();
        *self = GivenIdentity::NONE;
        identity
    }
}

/// Header of an address space.
#[derive(Debug)]
#[repr(C, align(4096))]
pub struct AddressSpace {
    /// Capabilities to it.
    pub references: u32,
    /// Its identity, once a pool has given one.
    pub identity: GivenIdentity,
    /// The table that was used last.
    last: LastTable,
    /// Pages of the object.
    pages: u16,
    /// Pages free to become tables.
    free: u16,
    /// Bit n of word w: page 64 w + n is in use.
    used: [u64; PAGES_MAX / 64],
    /// Entries in use of each table.
    entries: [u16; PAGES_MAX],
}

impl AddressSpace {
    /// Makes zero bytes an empty space of a size from 15 to 22 bits.
    pub const fn begin(&mut self, size: SizeBits) {
        self.pages = (size.bytes() / PAGE_SIZE) as u16;
        self.free = self.pages - 2;
        self.used[0] = 0b11;
        self.last = LastTable::NONE;
    }

    /// The table of the lowest level for a page, if it is remembered.
    #[inline(always)]
    #[must_use]
    pub const fn remembered(&self, page: UserPage) -> Option<TableNumber> {
        if self.last.region == region_of(page) { Some(self.last.table) } else { None }
    }

    /// This is the table of the lowest level for a page.
    #[inline(always)]
    pub const fn remember(&mut self, page: UserPage, table: TableNumber) {
        self.last = LastTable { region: region_of(page), table };
    }

    /// First page of those whose table is remembered.
    #[must_use]
    pub fn remembered_page(&self) -> Option<UserPage> {
        (self.last.region != LastTable::NONE.region).then(|| UserPage::from_number(self.last.region << 9))
    }

    /// Tables in all, without the top level.
    #[must_use]
    pub const fn tables(&self) -> u16 {
        self.pages - 2
    }

    /// Tables not in use.
    #[must_use]
    pub const fn free_tables(&self) -> u16 {
        self.free
    }

    /// Takes a page for a table. At most 16 words are looked at.
    pub fn allocate(&mut self) -> Option<TableNumber> {
        for (word, bits) in self.used.iter_mut().enumerate() {
            let page = word as u16 * 64 + bits.trailing_ones() as u16;
            if *bits != u64::MAX && page < self.pages {
                *bits |= 1 << (page % 64);
                self.free -= 1;
                return Some(TableNumber(page));
            }
        }
        None
    }

    /// Gives back a table whose entries are all empty.
    pub fn release(&mut self, table: TableNumber) {
        debug_assert!(self.entries_in_use(table) == 0 && table != TableNumber::TOP);
        if let Some(bits) = self.used.get_mut(table.0 as usize / 64) {
            *bits &= !(1 << (table.0 % 64));
            self.free += 1;
        }
        self.last = LastTable::NONE;
    }

    /// Entries in use of a table.
    #[must_use]
    pub fn entries_in_use(&self, table: TableNumber) -> u16 {
        self.entries.get(table.0 as usize).copied().unwrap_or(0)
    }

    /// Counts an entry that was written.
    pub fn entry_added(&mut self, table: TableNumber) {
        if let Some(count) = self.entries.get_mut(table.0 as usize) {
            *count += 1;
        }
    }

    /// Counts an entry that was cleared; true if it was the table's last.
    #[must_use]
    pub fn entry_removed(&mut self, table: TableNumber) -> bool {
        let Some(count) = self.entries.get_mut(table.0 as usize) else { return false };
        debug_assert!(*count > 0);
        *count = count.saturating_sub(1);
        *count == 0
    }
}

impl Object for AddressSpace {
    const BITS: u8 = 12;
}

impl Ref<AddressSpace> {
    /// Physical address of a table of this space.
    #[must_use]
    pub const fn table(self, table: TableNumber) -> PhysicalAddress {
        self.address().add(table.0 as u64 * PAGE_SIZE)
    }

    /// The table at a physical address that one of this space's table entries holds.
    #[must_use]
    pub const fn table_at(self, address: PhysicalAddress) -> TableNumber {
        TableNumber(((address.value() - self.address().value()) / PAGE_SIZE) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_but_header_and_top_is_handed_out_once() {
        for bits in 15..=22 {
            let mut space = AddressSpace {
                references: 0,
                identity: GivenIdentity::NONE,
                last: LastTable::NONE,
                pages: 0,
                free: 0,
                used: [0; PAGES_MAX / 64],
                entries: [0; PAGES_MAX],
            };
            space.begin(SizeBits::new(bits).unwrap());
            let mut seen = std::collections::BTreeSet::new();
            while let Some(table) = space.allocate() {
                assert!(table.0 >= 2 && u64::from(table.0) < 1 << (bits - 12) && seen.insert(table.0));
            }
            assert_eq!(seen.len() as u64, (1 << (bits - 12)) - 2);
            assert_eq!(space.free_tables(), 0);
            space.release(TableNumber(5));
            assert_eq!(space.allocate(), Some(TableNumber(5)));
        }
    }

    extern crate std;
}
