//! Identifiers, translation tables, and what the processor remembers. Calls `stage`.

use crate::stage::{change_frame, fires, fires_within, forget, map, mapped_frame, place};
use l4k::base::address::{Asid, PhysicalAddress, UserPage};
use l4k::base::arch::{Level, MemoryKind, SpaceRoot, TableEntry};
use l4k::base::store::Ref;
use l4k::machine::simulated::RAM_START;
use l4k::machine::simulated::tlb::Translation;
use l4k::object::address_space::{AddressSpace, GivenIdentity, TableNumber};
use l4k::object::asid_pool::AsidPool;
use l4k::object::capability::Capability;
use l4k::object::frame::{Frame, Mapping, SpaceIdentity};
use l4k_model::world::{CORE, KERNEL_MEMORY, World, slot};
use l4k_sys::abi::{ObjectKind, Rights};

const PAGE: u64 = 0x40_0000;
const READ: u64 = 0b001;
const READ_EXECUTE: u64 = 0b101;

fn space(world: &World, number: u64) -> Ref<AddressSpace> {
    let Capability::AddressSpace { object } = world.capability(number) else { panic!("a space") };
    object
}

fn pool(world: &World) -> Ref<AsidPool> {
    let Capability::AsidPool { object } = world.capability(slot::ASID_POOL) else { panic!("a pool") };
    object
}

fn identity(world: &World) -> SpaceIdentity {
    world.kernel.system.store.get(space(world, slot::ADDRESS_SPACE)).identity.get().unwrap()
}

fn change_identity(world: &mut World, change: impl FnOnce(&mut SpaceIdentity)) {
    let (space, mut changed) = (space(world, slot::ADDRESS_SPACE), identity(world));
    change(&mut changed);
    world.kernel.system.store.get_mut(space).identity = GivenIdentity::of(changed);
}

#[test]
fn pools_that_are_not_where_they_say() {
    fires("pool 0 is gone", |world| forget(world, slot::ASID_POOL));
    fires("the number of pool", |world| {
        let pool = pool(world);
        world.kernel.system.store.get_mut(pool).number = 1;
    });
    fires("has no place", |world| world.kernel.system.pools[0].pool = None);
}

#[test]
fn identifiers_that_pool_and_space_disagree_on() {
    fires("has an identifier that is not given out", |world| {
        change_identity(world, |identity| identity.asid = Asid::new(512).unwrap());
    });
    fires("has an identifier that its pool gave to", |world| {
        change_identity(world, |identity| identity.generation += 1);
    });
    fires("has an identifier that its pool gave to", |world| {
        change_identity(world, |identity| identity.asid = Asid::new(7).unwrap());
    });
    fires("shares its identifier", |world| {
        let second = world.make(ObjectKind::AddressSpace, 15);
        let second = space(world, second);
        let identity = identity(world);
        world.kernel.system.store.get_mut(second).identity = GivenIdentity::of(identity);
    });
    fires("pools gave identifiers to spaces that do not have them", |world| {
        let second = world.make(ObjectKind::AddressSpace, 15);
        let (second, pool) = (space(world, second), pool(world));
        world.kernel.system.store.get_mut(pool).entries[9].space = Some(second);
    });
}

/// Addresses of the entries on the way to a page of the root's space, the top level's first.
fn way(world: &World, page: u64) -> [PhysicalAddress; 4] {
    let mut table = space(world, slot::ADDRESS_SPACE).table(TableNumber::TOP);
    [39, 30, 21, 12].map(|shift| {
        let place = table.add((page >> shift & 511) * 8);
        table = PhysicalAddress::new(world.kernel.system.store.word(place) & 0xffff_ffff_f000).unwrap();
        place
    })
}

/// Maps a page and changes one of the entries on the way to it, 3 being the leaf.
fn change(world: &mut World, rights: u64, level: usize, change: impl FnOnce(u64) -> u64) -> u64 {
    let frame = mapped_frame(world, PAGE, rights);
    let place = way(world, PAGE)[level];
    let entry = world.kernel.system.store.word(place);
    world.kernel.system.store.set_entry(place, change(entry));
    frame
}

/// As [`change`], where the frame does not matter.
fn corrupt(world: &mut World, rights: u64, level: usize, how: impl FnOnce(u64) -> u64) {
    change(world, rights, level, how);
}

fn set_bits(level: usize, bits: u64) -> impl FnOnce(&mut World) {
    move |world| corrupt(world, READ, level, |entry| entry | bits)
}

fn clear_bits(bits: u64) -> impl FnOnce(&mut World) {
    move |world| corrupt(world, READ_EXECUTE, 3, |entry| entry & !bits)
}

#[test]
fn tables_that_are_none_of_their_space() {
    fires("lies outside the space", |world| {
        corrupt(world, READ, 1, |_| RAM_START | 0b11);
    });
    fires("is used twice", |world| {
        mapped_frame(world, PAGE, READ);
        mapped_frame(world, PAGE + (1 << 21), READ);
        let [from, to] = [PAGE, PAGE + (1 << 21)].map(|page| way(world, page)[2]);
        let entry = world.kernel.system.store.word(from);
        world.kernel.system.store.set_entry(to, entry);
    });
    fires("is broken", |world| corrupt(world, READ, 2, |entry| entry & !1));
    fires("is no entry", |world| corrupt(world, READ, 3, |entry| entry & !2));
    fires("limits what lies below it", set_bits(2, 1 << 59));
    fires("entries of the table", |world| corrupt(world, READ, 3, |_| 0));
}

#[test]
fn a_table_that_is_not_the_remembered_one() {
    let remember = |page| {
        move |world: &mut World| {
            mapped_frame(world, PAGE, READ);
            let space = space(world, slot::ADDRESS_SPACE);
            let page = UserPage::from_number(page >> 12);
            world.kernel.system.store.get_mut(space).remember(page, TableNumber::TOP);
        }
    };
    fires("remembers another table", remember(PAGE));
    fires("remembers another table", remember(PAGE + (1 << 30)));
}

#[test]
fn tables_that_are_not_accounted_for() {
    fires("tables in use of", |world| {
        let space = space(world, slot::ADDRESS_SPACE);
        world.kernel.system.store.get_mut(space).allocate();
    });
    fires_within(16, "a table that is not in use at", |world| {
        let last = space(world, slot::ADDRESS_SPACE).address().add((1 << 16) - 8);
        world.kernel.system.store.set_entry(last, 1);
    });
}

#[test]
fn leaves_without_what_every_user_mapping_has() {
    fires("is of use to the kernel alone", clear_bits(1 << 6));
    fires("can be executed by the kernel", clear_bits(1 << 53));
    fires("is seen in every address space", clear_bits(1 << 11));
    fires("faults at its first use", clear_bits(1 << 10));
    fires("is not shared among the cores", clear_bits(0b11 << 8));
    for bit in [5, 50, 51, 52, 55, 59, 63] {
        fires("has bits that are to be zero", set_bits(3, 1 << bit));
    }
    fires("is not at a user address", |world| {
        mapped_frame(world, PAGE, READ);
        let [top, ..] = way(world, PAGE);
        // The whole way hangs at the first address above the user range.
        let entry = world.kernel.system.store.word(top);
        world.kernel.system.store.set_entry(top, 0);
        world.kernel.system.store.set_entry(top.add(256 * 8), entry);
    });
}

#[test]
fn leaves_that_reach_the_kernel() {
    let leads_to = |address: u64| move |entry: u64| entry & !0xffff_ffff_f000 | address;
    fires("reaches memory of the kernel", |world| corrupt(world, READ, 3, leads_to(KERNEL_MEMORY.start)));
    fires("reaches memory of the kernel", |world| corrupt(world, READ, 3, leads_to(KERNEL_MEMORY.end - 4096)));
    fires("reaches the object", |world| {
        let address = world.root.address().value() & !0xfff;
        corrupt(world, READ, 3, leads_to(address));
    });
    fires("reaches the object", |world| {
        let address = space(world, slot::ADDRESS_SPACE).table(TableNumber::TOP).value();
        corrupt(world, READ, 3, leads_to(address));
    });
}

#[test]
fn leaves_that_no_capability_backs() {
    fires("no capability says that it is mapped at", |world| {
        let frame = mapped_frame(world, PAGE, READ);
        change_frame(world, frame, |frame| Frame { mapping: None, ..frame });
    });
    fires("is not mapped as it says: Reachable", |world| {
        let other = world.make(ObjectKind::Frame, 12);
        let other = world.kernel.system.frame_in(place(world, other)).unwrap().address.value();
        corrupt(world, READ, 3, |entry| entry & !0xffff_ffff_f000 | other);
    });
    fires("is not mapped as it says: at", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        let space = identity(world);
        let mapping = Some(Mapping { space, page: UserPage::from_number(PAGE >> 12) });
        change_frame(world, frame, |frame| Frame { mapping, ..frame });
    });
    fires("two capabilities say that they are mapped at", |world| {
        let frame = mapped_frame(world, PAGE, READ);
        let mapping = world.kernel.system.frame_in(place(world, frame)).unwrap().mapping;
        let copy = world.copy(frame, Rights::ALL);
        change_frame(world, copy, |frame| Frame { mapping, ..frame });
    });
}

#[test]
fn leaves_that_allow_more_than_their_capability() {
    for (left, bit) in [(0b100, 54), (0b101, 7), (0b011, 54)] {
        fires("has no right to", |world| {
            let frame = change(world, READ, 3, |entry| entry & !(1 << bit));
            change_frame(world, frame, |frame| Frame { rights: Rights::from_bits(left).unwrap(), ..frame });
        });
    }
    fires("can be written and executed", |world| {
        corrupt(world, READ_EXECUTE, 3, |entry| entry & !(1 << 7));
    });
    fires("has the attributes of another kind of memory", set_bits(3, 1 << 2));
    fires("has the attributes of another kind of memory", set_bits(3, 1 << 4));
    let device = |clear: u64| {
        move |world: &mut World| {
            let frame = world.make_from(slot::DEVICE, ObjectKind::Frame, 12);
            map(world, frame, PAGE, READ);
            let [.., leaf] = way(world, PAGE);
            let entry = world.kernel.system.store.word(leaf);
            world.kernel.system.store.set_entry(leaf, entry & !clear);
        }
    };
    fires("has the attributes of another kind of memory", device(1 << 2));
    fires("has the attributes of another kind of memory", device(1 << 54));
}

#[test]
fn requests_to_all_cores_in_a_loop() {
    fires("3 requests to all cores without a look for interrupts", |world| {
        world.kernel.system.store.machine.most_broadcasts = 3;
    });
}

#[test]
fn translations_that_are_stale() {
    let remember = |world: &mut World, asid: u16, page: u64, rights: Rights| {
        let content =
            TableEntry::Leaf { address: PhysicalAddress::truncated(page), rights, memory: MemoryKind::Normal };
        let held = Translation { asid, start: PAGE, level: Level::Three, place: 0, content };
        world.kernel.system.store.machine.ledger.get_mut().sides[0].tlb.fill(held);
    };
    let asid = |world: &mut World| identity(world).asid.value();
    fires("a stale translation", |world| {
        let asid = asid(world);
        remember(world, asid, RAM_START, Rights::READ);
    });
    fires("a stale translation", |world| {
        let frame = mapped_frame(world, PAGE, READ);
        let (asid, slot) = (asid(world), place(world, frame));
        let address = world.kernel.system.frame_in(slot).unwrap().address.value();
        remember(world, asid, address, Rights::READ.union(Rights::WRITE));
    });
    let of_dead_space = |world: &mut World| {
        let dead = asid(world) + 1;
        remember(world, dead, RAM_START, Rights::READ);
        dead
    };
    fires("a stale translation", |world| {
        let dead = Asid::new(of_dead_space(world)).unwrap();
        let root = SpaceRoot::of(PhysicalAddress::truncated(RAM_START), dead);
        world.kernel.system.store.machine.ledger.get_mut().sides[0].roots.push(root);
    });
    // Nobody runs in the dead space, so nobody can use it.
    let mut world = World::new();
    of_dead_space(&mut world);
    l4k_model::invariants::check(&world);
}

#[test]
fn a_loaded_space_that_is_another() {
    fires("the loaded address space", |world| {
        world.kernel.system.store.machine.processors[0].root = SpaceRoot::NOTHING
    });
    fires("the loaded address space is gone", |world| {
        let root = SpaceRoot::of(PhysicalAddress::new(RAM_START).unwrap(), Asid::new(9).unwrap());
        world.kernel.system.store.machine.processors[0].root = root;
        world.kernel.system.core_mut(CORE).loaded = root;
    });
}
