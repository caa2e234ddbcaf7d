//! The fast path of `map` does what the general operation does, or refuses and changes nothing.

use l4k::base::store::Ref;
use l4k::object::address_space::AddressSpace;
use l4k::object::capability::Capability;
use l4k::object::slot::Slot;
use l4k::operation::mapping::Wanted;
use l4k_model::invariants;
use l4k_model::world::{World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{MapAttributes, ObjectKind, Rights, SystemCall};

const FIRST: u64 = 0x40_0000;
const BESIDE: u64 = FIRST + 0x1000;

/// A world with one page mapped, and another frame of this size; its slot and the space.
fn world(bits: u64) -> (World, Ref<Slot>, Ref<AddressSpace>) {
    let mut world = World::new();
    let [first, other] = [12, bits].map(|bits| world.make(ObjectKind::Frame, bits));
    world.call(SystemCall::FrameMap, &[first, slot::ADDRESS_SPACE, FIRST, 0b011, 0]).expect("a page");
    let Capability::AddressSpace { object } = world.capability(slot::ADDRESS_SPACE) else { panic!("a space") };
    let other = world.table.slot(other as u32);
    (world, other, object)
}

fn wanted(rights: u64, attributes: u64) -> Wanted {
    Wanted {
        rights: Rights::from_bits(rights).expect("rights"),
        attributes: MapAttributes::from_bits(attributes).expect("attributes"),
    }
}

/// The capability, the free tables, and what a program sees at the address.
fn state(world: &World, slot: Ref<Slot>, space: Ref<AddressSpace>, address: u64) -> impl PartialEq + std::fmt::Debug {
    let store = &world.kernel.system.store;
    (store.get(slot).capability, store.get(space).free_tables(), store.machine.translate(address))
}

#[test]
fn a_page_beside_the_last_one_is_mapped_as_the_general_operation_maps_it() {
    for rights in [0b001, 0b011] {
        let (mut fast, slot, space) = world(12);
        let (mut general, ..) = world(12);
        assert_eq!(fast.kernel.system.fast_map(slot, space, BESIDE, wanted(rights, 0)), Some(()));
        assert!(general.kernel.system.map(slot, space, BESIDE, wanted(rights, 0)).is_ok());
        assert_eq!(state(&fast, slot, space, BESIDE), state(&general, slot, space, BESIDE));
        assert!(fast.kernel.system.store.machine.translate(BESIDE).is_some());
        invariants::check(&fast);
    }
}

#[test]
fn whatever_is_not_so_is_refused_and_changes_nothing() {
    let cases = [
        (12, FIRST, 0b011, 0, "an address in use"),
        (12, BESIDE + 1, 0b011, 0, "a crooked address"),
        (12, 0, 0b011, 0, "no address"),
        (12, !0xfff, 0b011, 0, "an address of the kernel"),
        (12, FIRST + (1 << 21), 0b011, 0, "another table"),
        (12, BESIDE, 0b010, 0, "no right to read"),
        (12, BESIDE, 0b101, 0, "code"),
        (12, BESIDE, 0b011, MapAttributes::UNCACHED.bits(), "another type of memory"),
        (21, FIRST + (1 << 21), 0b011, 0, "a large page"),
    ];
    for (bits, address, rights, attributes, what) in cases {
        let (mut world, slot, space) = world(bits);
        let before = format!("{:?}", state(&world, slot, space, address));
        assert_eq!(world.kernel.system.fast_map(slot, space, address, wanted(rights, attributes)), None, "{what}");
        assert_eq!(format!("{:?}", state(&world, slot, space, address)), before, "{what}");
        invariants::check(&world);
    }
}

#[test]
fn a_frame_that_is_mapped_already_or_that_may_not_be_written_is_refused() {
    let (mut world, slot, space) = world(12);
    assert_eq!(world.kernel.system.fast_map(slot, space, BESIDE, wanted(0b011, 0)), Some(()));
    assert_eq!(world.kernel.system.fast_map(slot, space, BESIDE + 0x1000, wanted(0b011, 0)), None);
    let frame = world.make(ObjectKind::Frame, 12);
    let copy = world.new_slot();
    world.call(SystemCall::CNodeCopy, &[0, copy, 0, frame, 0b001]).expect("a copy to be read only");
    let slot = world.table.slot(copy as u32);
    assert_eq!(world.kernel.system.fast_map(slot, space, BESIDE + 0x1000, wanted(0b011, 0)), None);
    let refused = world.kernel.system.map(slot, space, BESIDE + 0x1000, wanted(0b011, 0));
    assert_eq!(refused.err(), Some(Error::MissingRight));
}
