//! Objects at the edges of what they can be: badges, tables, names, identifiers.

use l4k::object::capability::Capability;
use l4k_model::objects::Time;
use l4k_model::world::{World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, Rights, SystemCall};

fn mint(world: &mut World, source: u64, badge: u64) -> Result<u64, Error> {
    let target = world.new_slot();
    world.call(SystemCall::CNodeMint, &[0, target, 0, source, Rights::ALL.bits(), badge])?;
    Ok(world.call(SystemCall::CNodeQuery, &[0, target]).expect("a slot").values[2])
}

#[test]
fn badge_for_firmware_has_32_bits_and_others_64() {
    let mut world = World::new();
    assert_eq!(mint(&mut world, slot::SMC_CONTROL, u64::from(u32::MAX)), Ok(u64::from(u32::MAX)));
    assert_eq!(mint(&mut world, slot::SMC_CONTROL, 1 << 32), Err(Error::InvalidBadge));
    for kind in [ObjectKind::Endpoint, ObjectKind::Notification] {
        let object = world.make(kind, 0);
        assert_eq!(mint(&mut world, object, u64::MAX), Ok(u64::MAX));
        assert_eq!(mint(&mut world, object, 1 << 32), Ok(1 << 32));
    }
}

#[test]
fn only_what_takes_a_badge_can_be_badged_and_copies_keep_it() {
    let mut world = World::new();
    for kind in [ObjectKind::Thread, ObjectKind::Reply, ObjectKind::SchedContext, ObjectKind::Irq] {
        let object = world.make(kind, 0);
        assert_eq!(mint(&mut world, object, 1), Err(Error::AlreadyBadged), "{kind:?}");
    }
    assert_eq!(mint(&mut world, slot::IRQ_CONTROL, 1), Err(Error::AlreadyBadged));
    for source in [slot::SMC_CONTROL, world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Notification, 0)] {
        let badged = world.mint(source, Rights::ALL, 0x1234);
        let copy = world.copy(badged, Rights::ALL);
        assert_eq!(world.call(SystemCall::CNodeQuery, &[0, copy]).expect("a slot").values[2], 0x1234);
        assert_eq!(mint(&mut world, copy, 0x1234), Err(Error::AlreadyBadged));
    }
}

#[test]
fn tables_of_a_space_are_its_pages_but_two() {
    let mut world = World::new();
    let frames = [(); 3].map(|()| world.make(ObjectKind::Frame, 12));
    for (frame, bits, tables) in [(frames[0], 15, 6), (frames[1], 16, 14), (frames[2], 22, 1022)] {
        let space = world.make(ObjectKind::AddressSpace, bits);
        let query = world.call(SystemCall::AddressSpaceQuery, &[space]).expect("a space").values;
        assert_eq!(query[..3], [tables, tables, 0], "{bits} bits");
        world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, space]).expect("an identifier");
        world.call(SystemCall::FrameMap, &[frame, space, 0x40_0000, 1, 0]).expect("a free address");
        let query = world.call(SystemCall::AddressSpaceQuery, &[space]).expect("a space").values;
        assert_eq!(query[..3], [tables, tables - 3, 1], "{bits} bits");
        world.call(SystemCall::CNodeDelete, &[0, space]).expect("a space");
    }
}

#[test]
fn all_tables_of_a_space_can_be_used_and_come_back() {
    let mut world = World::new();
    let space = world.make(ObjectKind::AddressSpace, 19);
    world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, space]).expect("an identifier");
    let free = |world: &mut World| world.call(SystemCall::AddressSpaceQuery, &[space]).expect("a space").values[1];
    assert_eq!(free(&mut world), 126);
    // Two tables on the way, and one more for each 2 MiB: more than one word of the space's bitmap.
    let frames: Vec<u64> = (0..125).map(|_| world.make(ObjectKind::Frame, 12)).collect();
    let map = |world: &mut World, index: usize| {
        let address = (index as u64 + 1) << 21;
        world.call(SystemCall::FrameMap, &[frames[index], space, address, 1, 0]).map(|_| ())
    };
    for index in 0..124 {
        assert_eq!(map(&mut world, index), Ok(()));
        assert_eq!(free(&mut world), 126 - 2 - (index as u64 + 1));
    }
    assert_eq!(map(&mut world, 124), Err(Error::NoTables));
    for frame in &frames[..124] {
        world.call(SystemCall::FrameUnmap, &[*frame]).expect("mapped");
    }
    assert_eq!(free(&mut world), 126);
    assert_eq!(map(&mut world, 124), Ok(()));
}

#[test]
fn names_have_one_to_sixteen_visible_bytes() {
    let mut world = World::new();
    let thread = world.spawn(50, Time::Lent);
    let words = [*b"abcdefgh", *b"ijklmnop"].map(u64::from_le_bytes);
    let name = |world: &mut World, length, words: [u64; 2]| {
        world
            .call(SystemCall::DebugNameThread, &[slot::DEBUG_CONSOLE, thread.slot, length, words[0], words[1]])
            .map(|_| ())
    };
    let held = |world: &World| world.kernel.system.store.get(thread.thread).name;
    assert_eq!(name(&mut world, 16, words), Ok(()));
    assert_eq!(&held(&world), b"abcdefghijklmnop");
    for (length, words) in [(0, words), (17, words), (u64::MAX, words), (1, [u64::from(b' '), 0]), (2, [0x61, 0])] {
        assert_eq!(name(&mut world, length, words), Err(Error::InvalidArgument), "{length}");
    }
    assert_eq!(&held(&world), b"abcdefghijklmnop", "what was refused has changed nothing");
    assert_eq!(name(&mut world, 1, words), Ok(()));
    assert_eq!(&held(&world), b"a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

#[test]
fn console_takes_up_to_48_bytes_and_a_status_of_eight_bits() {
    let mut world = World::new();
    let write = |world: &mut World, length| {
        let words = [*b"01234567", *b"89abcdef", *b"ghijklmn", *b"opqrstuv", *b"wxyzABCD", *b"EFGHIJKL"];
        let [a, b, c, d, e, f] = words.map(u64::from_le_bytes);
        world.call(SystemCall::DebugWrite, &[slot::DEBUG_CONSOLE, length, a, b, c, d, e, f]).map(|_| ())
    };
    assert_eq!(write(&mut world, 48), Ok(()));
    assert_eq!(write(&mut world, 0), Ok(()));
    assert_eq!(write(&mut world, 49), Err(Error::InvalidArgument));
    assert_eq!(world.kernel.system.store.machine.console, b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL");
    let exit =
        |world: &mut World, status| world.call(SystemCall::DebugExit, &[slot::DEBUG_CONSOLE, status]).map(|_| ());
    assert_eq!(exit(&mut world, 256), Err(Error::InvalidArgument));
    assert_eq!(world.kernel.system.store.machine.ended, None);
    assert_eq!(exit(&mut world, 255), Ok(()));
    assert_eq!(world.kernel.system.store.machine.ended, Some(255));
}

#[test]
fn control_capabilities_are_needed_for_what_they_allow() {
    let mut world = World::new();
    let context = world.make(ObjectKind::SchedContext, 0);
    let fill = [slot::IRQ_CONTROL, context, 10_000, 10_000];
    assert_eq!(world.call(SystemCall::SchedControlConfigure, &fill), Err(Error::WrongKind));
    let irq = world.make(ObjectKind::Irq, 0);
    assert_eq!(world.call(SystemCall::IrqControlIssue, &[slot::SCHED_CONTROL, irq, 40, 0]), Err(Error::WrongKind));
    assert_eq!(world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, 40, 2]), Err(Error::InvalidArgument));
    assert_eq!(
        world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, 1 << 16, 0]),
        Err(Error::InvalidInterrupt)
    );
    world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, 40, 0]).expect("a line");
    let wait_only = world.make(ObjectKind::Notification, 0);
    let wait_only = world.copy(wait_only, Rights::WAIT);
    assert_eq!(world.call(SystemCall::IrqBind, &[irq, wait_only]), Err(Error::MissingRight));
    assert_eq!(world.call(SystemCall::IrqBind, &[irq, context]), Err(Error::WrongKind));
}

#[test]
fn identity_of_a_space_that_is_gone_goes_to_nobody_else() {
    let mut world = World::new();
    let first = world.make(ObjectKind::AddressSpace, 15);
    world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, first]).expect("an identifier");
    let again = world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, first]);
    assert_eq!(again, Err(Error::AsidAssigned));
    let Capability::AddressSpace { object } = world.capability(first) else { panic!("a space") };
    let before = world.kernel.system.store.get(object).identity.get().expect("an identity");
    assert_eq!(world.kernel.system.space_with(before), Some(object));
    world.call(SystemCall::CNodeDelete, &[0, first]).expect("a space");
    assert_eq!(world.kernel.system.space_with(before), None);
    let second = world.make(ObjectKind::AddressSpace, 15);
    world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, second]).expect("an identifier");
    let Capability::AddressSpace { object } = world.capability(second) else { panic!("a space") };
    let after = world.kernel.system.store.get(object).identity.get().expect("an identity");
    assert_eq!((after.asid, after.generation), (before.asid, before.generation + 1));
    assert_eq!(world.kernel.system.space_with(before), None);
}
