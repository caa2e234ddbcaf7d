//! An independent walk of an address space's tables.

use l4k::base::address::PhysicalAddress;
use l4k::base::arch::{Arch, Level, TableEntry};
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::address_space::{AddressSpace, TableNumber};
use l4k::operation::system::System;

/// Leaves in a space's tables; tables must lie inside the space's object.
///
/// # Panics
/// If a table lies outside.
#[must_use]
pub fn count(system: &System<Simulated>, space: Ref<AddressSpace>) -> usize {
    if system.store.get(space).identity.is_none() {
        return 0;
    }
    let mut tables = vec![(space.table(TableNumber::TOP), Level::Zero)];
    let mut leaves = 0;
    while let Some((table, level)) = tables.pop() {
        for (address, entry) in entries(system, table, level) {
            match entry {
                TableEntry::Empty => (),
                TableEntry::Leaf { .. } => leaves += 1,
                TableEntry::Table(below) => {
                    let offset = below.value() - space.address().value();
                    assert!((8192..1 << 22).contains(&offset), "entry {address:x?}: a table outside the space");
                    tables.push((below, level.below().expect("no table below level 3")));
                }
            }
        }
    }
    leaves
}

fn entries(
    system: &System<Simulated>,
    table: PhysicalAddress,
    level: Level,
) -> impl Iterator<Item = (PhysicalAddress, TableEntry)> + '_ {
    (0..512).map(move |index| {
        let address = table.add(index * 8);
        (address, Simulated::decode(system.store.word(address), level))
    })
}
