//! What the tables of all live spaces say of some addresses, and which pages are frames, at one moment. Calls the kernel's store only.

use l4k::base::address::PhysicalAddress;
use l4k::base::arch::{Arch, Level, MemoryKind, SpaceRoot, TableEntry};
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::capability::{Capability, MemoryClass};
use l4k::object::cnode::CNode;
use l4k::object::frame::Frame;
use l4k::operation::system::System;
use l4k_sys::abi::Rights;
use std::collections::BTreeMap;

/// Slots of the CNode that are looked at for frames.
const SLOTS: u32 = 96;

/// Pages at the beginning of a frame that are used.
const PAGES: u64 = 6;

/// A page, as a program may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Physical address of the page.
    pub page: u64,
    /// What may be done.
    pub rights: Rights,
    /// Its memory type.
    pub memory: MemoryKind,
}

/// One moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// For each root of a live space, what is mapped of the watched addresses.
    pub spaces: BTreeMap<u64, BTreeMap<u64, Leaf>>,
    /// Pages of frames of normal memory.
    pub frames: Vec<u64>,
}

impl Snapshot {
    /// Of now.
    #[must_use]
    pub fn take(system: &System<Simulated>, table: Ref<CNode>, watched: &[u64]) -> Snapshot {
        let pools = system.pools.iter().filter_map(|place| place.pool);
        let spaces = pools.flat_map(|pool| system.store.get(pool).entries.iter().filter_map(|entry| entry.space));
        let spaces = spaces.map(|space| {
            let root = system.root_of_space(space);
            let leaf = |address: &u64| Some((*address, look_up(system, root, *address)?));
            (root.bits(), watched.iter().filter_map(leaf).collect())
        });
        Snapshot { spaces: spaces.collect(), frames: frames(system, table) }
    }

    /// What is at an address in the space with a root; a space that is gone has nothing.
    #[must_use]
    pub fn leaf(&self, root: SpaceRoot, address: u64) -> Option<Leaf> {
        self.spaces.get(&root.bits())?.get(&address).copied()
    }

    /// The space with an identifier: its root, and what is mapped in it.
    #[must_use]
    pub fn space_with(&self, asid: u16) -> Option<&BTreeMap<u64, Leaf>> {
        self.spaces.iter().find(|(root, _)| (**root >> 48) as u16 == asid).map(|(_, space)| space)
    }
}

/// Walks the tables as they stand in memory.
fn look_up(system: &System<Simulated>, root: SpaceRoot, address: u64) -> Option<Leaf> {
    let (mut table, _) = root.tables()?;
    for level in [Level::Zero, Level::One, Level::Two, Level::Three] {
        let place = PhysicalAddress::truncated(table.value() + level.index(address) * 8);
        match Simulated::decode(system.store.word(place), level) {
            TableEntry::Empty => return None,
            TableEntry::Table(below) => table = below,
            TableEntry::Leaf { address: frame, rights, memory } => {
                let inside = address & ((1 << (39 - 9 * level as u32)) - 1) & !0xfff;
                return Some(Leaf { page: frame.value() + inside, rights, memory });
            }
        }
    }
    None
}

fn frames(system: &System<Simulated>, table: Ref<CNode>) -> Vec<u64> {
    let mut pages = Vec::new();
    for number in 1..SLOTS {
        let Capability::Frame { shape, asid, number, mapping } = system.store.get(table.slot(number)).capability else {
            continue;
        };
        let frame = Frame::unpack(shape, asid, number, mapping);
        if frame.memory == MemoryClass::Normal {
            let count = (frame.size.bytes() / 4096).min(PAGES);
            pages.extend((0..count).map(|page| frame.address.value() + 4096 * page));
        }
    }
    pages.sort_unstable();
    pages.dedup();
    pages
}
