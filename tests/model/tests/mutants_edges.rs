//! Edges at which changes to the core went unseen before.

use l4k::base::arch::{Event, Line};
use l4k::base::time::Instant;
use l4k::object::capability::Capability;
use l4k::object::frame::LAST_GENERATION;
use l4k_model::objects::Time;
use l4k_model::world::{CORE, Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, Rights, SystemCall};

const READ_WRITE: u64 = 0b011;
const LINE: u64 = 40;

fn small_map(world: &mut World, frame: u64, address: u64) -> Result<(), Error> {
    world.call(SystemCall::FrameMap, &[frame, slot::ADDRESS_SPACE, address, READ_WRITE, 0]).map(|_| ())
}

#[test]
fn an_identifier_whose_generations_are_used_up_is_left_out() {
    let mut world = World::new();
    let pool = world.make(ObjectKind::AsidPool, 0);
    let Capability::AsidPool { object } = world.capability(pool) else { panic!("a pool") };
    for entry in &mut world.kernel.system.store.get_mut(object).entries[..3] {
        entry.generation = LAST_GENERATION;
    }
    let space = world.make(ObjectKind::AddressSpace, 15);
    world.call(SystemCall::AsidPoolAssign, &[pool, space]).unwrap();
    let Capability::AddressSpace { object: space } = world.capability(space) else { panic!("a space") };
    let identity = world.kernel.system.store.get(space).identity.get().expect("just assigned");
    assert_eq!(identity.asid.value() % 512, 4, "the first three are used up");
    assert_eq!(world.kernel.system.store.get(object).entries[0].generation, LAST_GENERATION);
}

#[test]
fn a_thread_that_is_being_destroyed_is_not_changed_and_does_not_run_again() {
    let mut world = World::new();
    // So many callers wait for it that its destruction has steps.
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let victim = world.spawn(50, Time::Own);
    for priority in 1..6 {
        let reply = world.make(ObjectKind::Reply, 0);
        world.run(victim.thread);
        let outcome = world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
        assert_eq!(outcome, Outcome::Blocked);
        let caller = world.spawn(priority, Time::Own);
        world.run(caller.thread);
        world.system_call(SystemCall::Call as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], 0);
        world.run(world.root);
    }
    let mut cuts = 0;
    loop {
        world.kernel.system.store.machine.preempt_after.set(Some(1));
        let delete = [0, victim.slot, 0, 0, 0, 0, 0, 0];
        if world.system_call(SystemCall::CNodeDelete as u64, delete, 0) != Outcome::Restarted {
            break;
        }
        world.kernel.system.store.machine.preempt_after.set(None);
        cuts += 1;
        let configure = [victim.slot, slot::CNODE, slot::ADDRESS_SPACE, 0];
        assert_eq!(world.call(SystemCall::ThreadConfigure, &configure), Err(Error::Dying));
        let _ = world.call(SystemCall::ThreadSuspend, &[victim.slot]);
        assert_eq!(world.call(SystemCall::ThreadResume, &[victim.slot]), Err(Error::Dying));
    }
    assert!(cuts > 2, "{cuts} cuts");
}

#[test]
fn one_of_two_capabilities_to_an_irq_leaves_it_as_it_is() {
    let mut world = World::new();
    let (irq, notification) = (world.make(ObjectKind::Irq, 0), world.make(ObjectKind::Notification, 0));
    world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, LINE, 0]).unwrap();
    world.call(SystemCall::IrqBind, &[irq, notification]).unwrap();
    let copy = world.copy(irq, Rights::ALL);
    world.call(SystemCall::CNodeDelete, &[0, copy]).unwrap();
    world.interrupt(LINE as u16);
    assert_eq!(world.call(SystemCall::Poll, &[notification]).unwrap().badge, 1);
    world.call(SystemCall::IrqAcknowledge, &[irq]).unwrap();
    assert!(world.kernel.system.store.machine.unmasked.contains(&Line(LINE as u16)));
}

#[test]
fn a_cnode_that_dies_leaves_its_neighbour_in_memory_alone() {
    let mut world = World::new();
    let nodes = [world.new_slot(), world.new_slot()];
    let two = [slot::UNTYPED, ObjectKind::CNode as u64, 3, 0, nodes[0], 2];
    world.call(SystemCall::UntypedRetype, &two).unwrap();
    world.call(SystemCall::CNodeCopy, &[nodes[1], 1, 0, slot::UNTYPED, Rights::ALL.bits()]).unwrap_err();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    world.call(SystemCall::CNodeCopy, &[nodes[1], 1, 0, endpoint, Rights::ALL.bits()]).unwrap();
    let before = world.call(SystemCall::CNodeQuery, &[nodes[1], 1]).unwrap();
    world.call(SystemCall::CNodeDelete, &[0, nodes[0]]).unwrap();
    assert_eq!(world.call(SystemCall::CNodeQuery, &[nodes[1], 1]), Ok(before));
    world.call(SystemCall::CNodeDelete, &[nodes[1], 1]).unwrap();
    world.call(SystemCall::CNodeDelete, &[0, nodes[1]]).unwrap();
}

#[test]
fn a_timer_that_is_early_is_set_again() {
    let mut world = World::new();
    let thread = world.spawn(120, Time::Own);
    world.call(SystemCall::Yield, &[]).unwrap();
    assert_eq!(world.current(), Some(thread.thread));
    let machine = &mut world.kernel.system.store.machine;
    let before = machine.processors[0].deadline.expect("it has a slice");
    machine.processors[0].deadline = Some(Instant(0));
    let _ = world.kernel.handle(CORE, Event::Interrupt);
    assert_eq!(world.kernel.system.store.machine.processors[0].deadline, Some(before));
}

#[test]
fn maintenance_that_is_done_does_not_give_way() {
    let mut world = World::new();
    let frame = world.make(ObjectKind::Frame, 12);
    world.kernel.system.store.machine.preempt_after.set(Some(0));
    let whole = [frame, 1, 0, 4096, 0, 0, 0, 0];
    let outcome = world.system_call(SystemCall::FrameMaintain as u64, whole, 0);
    assert!(matches!(outcome, Outcome::Returned(results) if results.status == 0), "{outcome:?}");
}

#[test]
fn memory_that_is_data_needs_no_maintenance_when_it_is_mapped() {
    let mut world = World::new();
    let frame = world.make(ObjectKind::Frame, 12);
    world.kernel.system.store.machine.maintained.clear();
    small_map(&mut world, frame, 0x40_0000).unwrap();
    assert_eq!(world.kernel.system.store.machine.maintained, []);
}

#[test]
fn a_large_frame_is_not_mapped_where_small_ones_are() {
    let mut world = World::new();
    let (small, large) = (world.make(ObjectKind::Frame, 12), world.make(ObjectKind::Frame, 21));
    small_map(&mut world, small, 0x40_5000).unwrap();
    assert_eq!(small_map(&mut world, large, 0x40_0000), Err(Error::AddressInUse));
    assert_eq!(world.kernel.system.store.machine.translate(0x40_0000), None);
    world.call(SystemCall::FrameUnmap, &[small]).unwrap();
    small_map(&mut world, large, 0x40_0000).unwrap();
}

#[test]
fn a_pool_whose_identifiers_are_used_up_spoils_no_later_pool() {
    let mut world = World::new();
    let used_up = world.make(ObjectKind::AsidPool, 0);
    let Capability::AsidPool { object } = world.capability(used_up) else { panic!("a pool") };
    let place = world.kernel.system.store.get(object).number;
    for entry in &mut world.kernel.system.store.get_mut(object).entries {
        entry.generation = LAST_GENERATION;
    }
    let space = world.make(ObjectKind::AddressSpace, 15);
    assert_eq!(world.call(SystemCall::AsidPoolAssign, &[used_up, space]), Err(Error::AsidsExhausted));
    world.call(SystemCall::CNodeDelete, &[0, used_up]).unwrap();
    let pool = world.make(ObjectKind::AsidPool, 0);
    world.call(SystemCall::AsidPoolAssign, &[pool, space]).unwrap();
    let Capability::AsidPool { object } = world.capability(pool) else { panic!("a pool") };
    assert_ne!(world.kernel.system.store.get(object).number, place, "its place has no identity left to give");
}

#[test]
fn no_pool_is_made_where_no_place_has_an_identity_left() {
    let mut world = World::new();
    for place in &mut world.kernel.system.pools {
        place.generation = LAST_GENERATION;
    }
    let target = world.new_slot();
    let retype = [slot::UNTYPED, ObjectKind::AsidPool as u64, 0, 0, target, 1];
    assert_eq!(world.call(SystemCall::UntypedRetype, &retype), Err(Error::AsidsExhausted));
}
