//! Translation tables (invariants 11 and 12): they lie in their space, every leaf is backed by a capability that says so, and gives
//! programs no more than that, nothing of the kernel, and the kernel nothing to execute. Calls `walk` and `ranges`.

use super::free_memory::assert_zero;
use super::ranges::Piece;
use super::reach::Reached;
use super::walk::{Reachable, Walked, walk};
use crate::world::{KERNEL_MEMORY, World};
use l4k::base::address::UserPage;
use l4k::base::arch::Level;
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::address_space::AddressSpace;
use l4k::object::capability::MemoryClass;
use l4k::object::frame::Frame;
use l4k::object::slot::Slot;
use l4k::operation::system::System;
use l4k_sys::abi::{ObjectKind, Rights};
use std::collections::BTreeMap;

/// Attributes of normal memory, of devices and of memory that is not cached, as `MAIR_EL1` has them.
const NORMAL: u64 = 0;
const DEVICE: u64 = 1;
const UNCACHED: u64 = 2;

/// SH: inner shareable.
const INNER_SHAREABLE: u64 = 0b11;

/// Frame capabilities by what they say about where they are mapped.
type Mapped = BTreeMap<(Ref<AddressSpace>, u64), (Ref<Slot>, Frame)>;

/// Checks all tables; what programs can reach through them.
///
/// # Panics
/// If something is not as it should be.
pub fn check(world: &World, reached: &Reached, pieces: &[Piece]) -> Vec<Reachable> {
    let system = &world.kernel.system;
    let mut mapped = mapped(system, reached);
    let mut leaves = Vec::new();
    for &space in &reached.spaces {
        let walked = walk(system, space);
        check_free_tables(world, space, &walked);
        // A space that has lost its identity is never loaded again; what is left in its tables is out of reach.
        if system.store.get(space).identity.get().is_some() {
            leaves.extend(walked.leaves);
        }
    }
    for reachable in &leaves {
        check_protected(reachable);
        check_nothing_of_the_kernel(reachable, pieces);
        let backing = mapped.remove(&(reachable.space, reachable.page));
        let Some((slot, frame)) = backing else { panic!("no capability says that it is mapped at {reachable:x?}") };
        check_backed(reachable, slot, &frame);
        let both = reachable.leaf.write && reachable.leaf.user_execute;
        let asked = world.asked_for_write_and_execute(frame.address);
        assert!(!both || asked, "{reachable:x?} can be written and executed, which nobody asked for");
    }
    if let Some((place, (slot, _))) = mapped.first_key_value() {
        panic!("{slot:?} is not mapped as it says: at {place:x?} is nothing");
    }
    reached.spaces.iter().for_each(|space| check_remembered(system, *space));
    leaves
}

fn mapped(system: &System<Simulated>, reached: &Reached) -> Mapped {
    let mut mapped = Mapped::new();
    for slot in reached.slots.keys() {
        let Ok(frame) = system.frame_in(*slot) else { continue };
        let Some(mapping) = frame.mapping else { continue };
        let space = system.space_with(mapping.space).expect("frame_in forgets spaces that are gone");
        let place = (space, mapping.page.value());
        let other = mapped.insert(place, (*slot, frame));
        assert!(other.is_none(), "two capabilities say that they are mapped at {place:x?}");
    }
    mapped
}

/// Pages that are no tables are counted, and are zero; one of them is looked at each time.
fn check_free_tables(world: &World, space: Ref<AddressSpace>, walked: &Walked) {
    let object = world.kernel.system.store.get(space);
    let in_use = walked.tables.len() as u64 - 1;
    assert_eq!(u64::from(object.tables() - object.free_tables()), in_use, "tables in use of {space:?}");
    let offset = (1 + world.round() % (u64::from(object.tables()) + 1)) * 4096;
    if !walked.tables.contains(&offset) {
        let start = space.address().value() + offset;
        assert_zero(&world.kernel.system, start..start + 4096, "a table that is not in use");
    }
}

/// What every user mapping has to be, whatever it is of.
/// The table that a space remembers is what a walk comes to.
fn check_remembered(system: &System<Simulated>, space: Ref<AddressSpace>) {
    let object = system.store.get(space);
    let Some(page) = object.remembered_page() else { return };
    let last = system.walk(space, page, Level::Three).into_iter().flatten().last().expect("a walk has a first entry");
    let found = (last.level == Level::Three).then_some(last.table);
    assert_eq!(object.remembered(page), found, "{space:?} remembers another table for {page:?}");
}

fn check_protected(reachable: &Reachable) {
    let leaf = reachable.leaf;
    assert!(UserPage::new(reachable.page, leaf.bytes).is_ok(), "{reachable:x?} is not at a user address");
    assert!(leaf.user, "{reachable:x?} is of use to the kernel alone");
    assert!(!leaf.kernel_execute, "{reachable:x?} can be executed by the kernel");
    assert!(!leaf.global, "{reachable:x?} is seen in every address space");
    assert!(leaf.accessed, "{reachable:x?} faults at its first use");
    assert_eq!(leaf.surplus, 0, "{reachable:x?} has bits that are to be zero");
}

fn check_nothing_of_the_kernel(reachable: &Reachable, pieces: &[Piece]) {
    let (start, end) = (reachable.leaf.address, reachable.leaf.address + reachable.leaf.bytes);
    let in_kernel = start < KERNEL_MEMORY.end && KERNEL_MEMORY.start < end;
    assert!(!in_kernel, "{reachable:x?} reaches memory of the kernel");
    let is_object = |piece: &&Piece| !matches!(piece.kind, ObjectKind::Untyped | ObjectKind::Frame);
    if let Some(object) = pieces.iter().filter(is_object).find(|piece| piece.meets(start, end)) {
        panic!("{reachable:x?} reaches the object {object:x?}");
    }
}

/// The capability is one to what is mapped, allows it, and its memory has the attributes of its kind.
fn check_backed(reachable: &Reachable, slot: Ref<Slot>, frame: &Frame) {
    let leaf = reachable.leaf;
    let same = leaf.address == frame.address.value() && leaf.bytes == frame.size.bytes();
    assert!(same, "{slot:?} is not mapped as it says: {reachable:x?}");
    let needed = [(true, Rights::READ), (leaf.write, Rights::WRITE), (leaf.user_execute, Rights::EXECUTE)];
    for (is_needed, right) in needed {
        assert!(!is_needed || frame.rights.contains(right), "{slot:?} has no right to {reachable:x?}");
    }
    let fits = match frame.memory {
        MemoryClass::Normal => [NORMAL, UNCACHED].contains(&leaf.attributes),
        MemoryClass::Device => leaf.attributes == DEVICE && !leaf.user_execute,
    };
    assert!(fits, "{reachable:x?} has the attributes of another kind of memory");
    let shared = leaf.shareability == INNER_SHAREABLE || frame.memory == MemoryClass::Device;
    assert!(shared, "{reachable:x?} is not shared among the cores");
}
