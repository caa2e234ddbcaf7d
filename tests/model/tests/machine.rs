//! What reaches the machine: cache maintenance, interrupts that are raised or acknowledge themselves, calls of firmware.

use l4k::base::arch::{CacheOperation, Line};
use l4k::base::firmware::FirmwareCall;
use l4k::kernel::Resume;
use l4k_model::world::{CORE, Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{FrameSize, ObjectKind, Rights, SystemCall};

const LINE: u64 = 60;

/// An issued Irq that signals a notification: both slots.
fn bound_irq(world: &mut World, trigger: u64) -> (u64, u64) {
    let irq = world.make(ObjectKind::Irq, 0);
    let notification = world.make(ObjectKind::Notification, 0);
    world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, LINE, trigger]).unwrap();
    world.call(SystemCall::IrqBind, &[irq, notification]).unwrap();
    (irq, notification)
}

fn unmasked(world: &World) -> bool {
    world.kernel.system.store.machine.unmasked.contains(&Line(LINE as u16))
}

#[test]
fn a_raised_interrupt_arrives_like_a_devices() {
    let mut world = World::new();
    let (irq, notification) = bound_irq(&mut world, 1);
    let poll = |world: &mut World| world.call(SystemCall::Poll, &[notification]).map(|results| results.badge);
    world.call(SystemCall::IrqRaise, &[irq]).unwrap();
    assert!(world.kernel.system.store.machine.raised.is_empty(), "no core is interrupted");
    assert!(!unmasked(&world), "until it is acknowledged");
    assert_eq!(poll(&mut world), Ok(1));
    // One that is raised while its line is masked is signalled when the line would be unmasked.
    world.call(SystemCall::IrqRaise, &[irq]).unwrap();
    assert_eq!(poll(&mut world), Err(Error::WouldBlock));
    world.call(SystemCall::IrqAcknowledge, &[irq]).unwrap();
    assert!(!unmasked(&world), "it is to be acknowledged too");
    assert_eq!(poll(&mut world), Ok(1));
    world.call(SystemCall::IrqAcknowledge, &[irq]).unwrap();
    assert!(unmasked(&world));
    assert_eq!(poll(&mut world), Err(Error::WouldBlock));
    let unissued = world.make(ObjectKind::Irq, 0);
    assert_eq!(world.call(SystemCall::IrqRaise, &[unissued]), Err(Error::NotIssued));
}

#[test]
fn an_edge_can_acknowledge_itself_as_long_as_it_is_bound() {
    let mut world = World::new();
    let (irq, notification) = bound_irq(&mut world, 3);
    for _ in 0..3 {
        world.interrupt(LINE as u16);
        assert!(unmasked(&world));
        let taken = world.system_call(SystemCall::Poll as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
        assert!(matches!(taken, Outcome::Returned(results) if results.badge == 1));
    }
    world.call(SystemCall::CNodeRevoke, &[0, notification]).unwrap();
    world.interrupt(LINE as u16);
    assert!(!unmasked(&world), "nobody hears of it");
    world.call(SystemCall::IrqBind, &[irq, notification]).unwrap();
    let taken = world.system_call(SystemCall::Poll as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
    assert!(matches!(taken, Outcome::Returned(results) if results.badge == 1), "it was not lost");
}

#[test]
fn a_level_cannot_acknowledge_itself() {
    let mut world = World::new();
    let irq = world.make(ObjectKind::Irq, 0);
    for trigger in [2, 4, u64::MAX] {
        let issued = world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, LINE, trigger]);
        assert_eq!(issued, Err(Error::InvalidArgument));
    }
}

/// A 2 MiB frame, and where it lies.
fn large_frame(world: &mut World) -> (u64, u64) {
    let frame = world.make(ObjectKind::Frame, FrameSize::Large as u64);
    let address = world.call(SystemCall::FrameQuery, &[frame]).unwrap().values[0];
    (frame, address)
}

/// Ranges that were maintained since the last time, in the order of addresses, joined.
fn maintained(world: &mut World, operation: CacheOperation) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for (start, bytes, done) in world.kernel.system.store.machine.maintained.drain(..) {
        assert_eq!(done, operation);
        match ranges.last_mut() {
            Some(last) if last.0 + last.1 == start.value() => last.1 += bytes,
            _ => ranges.push((start.value(), bytes)),
        }
    }
    ranges
}

#[test]
fn maintenance_covers_its_range_and_no_more() {
    let mut world = World::new();
    let (frame, address) = large_frame(&mut world);
    world.kernel.system.store.machine.maintained.clear();
    for (number, operation) in
        [(1, CacheOperation::Clean), (2, CacheOperation::CleanAndInvalidate), (3, CacheOperation::CleanToUnification)]
    {
        for bytes in [1, 64, 0x1000, 0x10c1, 0x5000, 0x5fff] {
            world.call(SystemCall::FrameMaintain, &[frame, number, 0x1234, bytes]).unwrap();
            assert_eq!(maintained(&mut world, operation), [(address + 0x1234, bytes)]);
        }
    }
}

#[test]
fn maintenance_is_refused_outside_of_the_frame() {
    let mut world = World::new();
    let (frame, _) = large_frame(&mut world);
    let unreadable = world.copy(frame, Rights::WRITE);
    let device = world.make_from(slot::DEVICE, ObjectKind::Frame, 12);
    for (arguments, expected) in [
        ([frame, 0, 0, 8], Error::InvalidArgument),
        ([frame, 4, 0, 8], Error::InvalidArgument),
        ([frame, 1, 0, 0], Error::InvalidArgument),
        ([frame, 1, 1 << 21, 1], Error::InvalidArgument),
        ([frame, 1, 1, 1 << 21], Error::InvalidArgument),
        ([frame, 1, u64::MAX, 2], Error::InvalidArgument),
        ([frame, 1, 2, u64::MAX], Error::InvalidArgument),
        ([unreadable, 1, 0, 8], Error::MissingRight),
        ([device, 1, 0, 8], Error::DeviceMemory),
    ] {
        assert_eq!(world.call(SystemCall::FrameMaintain, &arguments), Err(expected), "{arguments:x?}");
    }
}

#[test]
fn interrupted_maintenance_goes_on_where_it_was() {
    let mut world = World::new();
    let (frame, address) = large_frame(&mut world);
    world.kernel.system.store.machine.maintained.clear();
    for (call, x, operation) in [
        (SystemCall::FrameMaintain, [frame, 2, 0, 1 << 21, 0, 0, 0, 0], CacheOperation::CleanAndInvalidate),
        (
            SystemCall::FrameMap,
            [frame, slot::ADDRESS_SPACE, 0x4000_0000, 5, 0, 0, 0, 0],
            CacheOperation::CleanToUnification,
        ),
        (SystemCall::FrameProtect, [frame, 3, 1, 0, 0, 0, 0, 0], CacheOperation::CleanAndInvalidate),
    ] {
        let mut interruptions = 0;
        loop {
            world.kernel.system.store.machine.preempt_after.set(Some(99));
            match world.system_call(call as u64, x, 0) {
                Outcome::Restarted => {
                    interruptions += 1;
                    let caller = world.kernel.system.store.get(world.root);
                    assert_eq!(caller.context.x[7], 0, "no state of the kernel is in a register");
                    assert_eq!(caller.restart.done, interruptions * 100 * 4096);
                }
                Outcome::Returned(results) => {
                    assert_eq!((results.status, results.values), (0, [0; 7]));
                    break;
                }
                Outcome::Blocked => panic!("{call:?} does not block"),
            }
        }
        assert_eq!(interruptions, 5);
        world.kernel.system.store.machine.preempt_after.set(None);
        assert_eq!(maintained(&mut world, operation), [(address, 1 << 21)], "{call:?}: each byte once");
    }
}

#[test]
fn memory_is_written_back_when_it_is_cleared() {
    let mut world = World::new();
    let untyped = world.make(ObjectKind::Untyped, 16);
    let frame = world.make_from(untyped, ObjectKind::Frame, 12);
    world.call(SystemCall::CNodeDelete, &[0, frame]).unwrap();
    world.kernel.system.store.machine.maintained.clear();
    let again = world.make_from(untyped, ObjectKind::Frame, 12);
    let address = world.call(SystemCall::FrameQuery, &[again]).unwrap().values[0];
    assert_eq!(maintained(&mut world, CacheOperation::Clean), [(address, 4096)]);
}

/// Makes `FirmwareCall` as the root; what the kernel answers for now.
fn call_firmware(world: &mut World, control: u64, function: u64) -> Resume {
    let context = &mut world.kernel.system.store.get_mut(world.root).context;
    context.x[..8].copy_from_slice(&[control, function, 1, 2, 3, 4, 5, 6]);
    context.x[8] = SystemCall::FirmwareCall as u64;
    context.begin_system_call();
    world.kernel.handle(CORE, l4k::base::arch::Event::SystemCall)
}

#[test]
fn firmware_is_called_outside_and_its_answer_comes_back() {
    let mut world = World::new();
    let call = FirmwareCall { function: 0x8400_0000, arguments: [1, 2, 3, 4, 5, 6] };
    assert_eq!(call_firmware(&mut world, slot::SMC_CONTROL, 0x8400_0000), Resume::Firmware);
    assert_eq!(world.kernel.firmware_call(CORE), call);
    assert_eq!(world.kernel.answer_firmware(CORE, Some([7, 8, 9, 10])), Resume::Thread(world.root));
    let results = world.results(world.root);
    assert_eq!((results.status, results.values), (0, [7, 8, 9, 10, 0, 0, 0]));
    let _ = call_firmware(&mut world, slot::SMC_CONTROL, 0x8400_0000);
    let _ = world.kernel.answer_firmware(CORE, None);
    assert_eq!(world.results(world.root).check(), Err(Error::NotSupported));
}

#[test]
fn a_badge_allows_one_function() {
    let mut world = World::new();
    let one = world.mint(slot::SMC_CONTROL, Rights::ALL, 0x8400_0001);
    assert_eq!(call_firmware(&mut world, one, 0x8400_0001), Resume::Firmware);
    let _ = world.kernel.answer_firmware(CORE, Some([0; 4]));
    for (control, function, expected) in [
        (one, 0x8400_0000, Error::MissingRight),
        (one, 0, Error::MissingRight),
        (one, 1 << 32, Error::InvalidArgument),
        (slot::SMC_CONTROL, 0x1_8400_0000, Error::InvalidArgument),
        (slot::CNODE, 0x8400_0000, Error::WrongKind),
    ] {
        assert_eq!(call_firmware(&mut world, control, function), Resume::Thread(world.root));
        assert_eq!(world.results(world.root).check(), Err(expected), "{function:#x}");
    }
    let target = world.new_slot();
    let mint = |source, badge| [0, target, 0, source, 7, badge];
    let wide = world.call(SystemCall::CNodeMint, &mint(slot::SMC_CONTROL, 1 << 32));
    assert_eq!(wide, Err(Error::InvalidBadge));
    assert_eq!(world.call(SystemCall::CNodeMint, &mint(one, 5)), Err(Error::AlreadyBadged));
}
