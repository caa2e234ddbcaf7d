//! An independent walk of an address space's tables, as a processor would do it. Calls `descriptor`.

use super::descriptor::{Descriptor, Leaf, read};
use l4k::base::address::PhysicalAddress;
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::address_space::{AddressSpace, TableNumber};
use l4k::operation::system::System;
use std::collections::BTreeSet;

/// A page or block that a program in a space can reach.
#[derive(Clone, Copy, Debug)]
pub struct Reachable {
    /// The space.
    pub space: Ref<AddressSpace>,
    /// At which address.
    pub page: u64,
    /// What is there.
    pub leaf: Leaf,
}

/// What a space's tables are: leaves, and pages of the object that are tables.
#[derive(Debug)]
pub struct Walked {
    /// Everything reachable, in the order of addresses within a table.
    pub leaves: Vec<Reachable>,
    /// Offsets in the object of tables that are in use, the top level's among them.
    pub tables: BTreeSet<u64>,
}

/// The bit of an entry that the processor uses.
const VALID: u64 = 1;

/// Walks all tables of a space.
///
/// # Panics
/// If a table is not the space's own, is used twice, has another number of entries than its header says, or holds what is neither zero
/// nor an entry.
pub fn walk(system: &System<Simulated>, space: Ref<AddressSpace>) -> Walked {
    let mut walked = Walked { leaves: Vec::new(), tables: BTreeSet::new() };
    let mut waiting = vec![(space.table(TableNumber::TOP).value(), 0, 0)];
    while let Some((table, level, start)) = waiting.pop() {
        let offset = check_table(system, space, table);
        assert!(walked.tables.insert(offset), "the table {table:#x} of {space:?} is used twice");
        let mut entries = 0;
        for index in 0..512u64 {
            let entry = word(system, table + index * 8);
            if entry == 0 {
                continue;
            }
            entries += 1;
            let page = start + (index << (39 - 9 * level));
            // A leaf that is broken, since its memory type changes, is backed like others. Tables are never broken.
            let is_broken = entry & VALID == 0;
            match read(entry | VALID, level) {
                Descriptor::Table { .. } if is_broken => panic!("{entry:#x} in a table of {space:?} is broken"),
                Descriptor::Invalid => panic!("{entry:#x} in a table of {space:?} is no entry"),
                Descriptor::Table { address, limits } => {
                    assert_eq!(limits, 0, "an entry of {space:?} limits what lies below it");
                    waiting.push((address, level + 1, page));
                }
                Descriptor::Leaf(leaf) => walked.leaves.push(Reachable { space, page, leaf }),
            }
        }
        let counted = system.store.get(space).entries_in_use(space.table_at(place(table)));
        assert_eq!(counted, entries, "entries of the table {table:#x} of {space:?}");
    }
    walked
}

/// A table is a page of the space's object behind its header. Returns its offset.
fn check_table(system: &System<Simulated>, space: Ref<AddressSpace>, table: u64) -> u64 {
    let bytes = (u64::from(system.store.get(space).tables()) + 2) * 4096;
    let offset = table.checked_sub(space.address().value()).filter(|offset| (4096..bytes).contains(offset));
    offset.unwrap_or_else(|| panic!("the table {table:#x} lies outside the space {space:?}"))
}

/// A word of memory.
pub fn word(system: &System<Simulated>, address: u64) -> u64 {
    system.store.word(place(address))
}

const fn place(address: u64) -> PhysicalAddress {
    PhysicalAddress::truncated(address)
}
