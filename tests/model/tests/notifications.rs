//! Notifications and interrupts.

use l4k::base::arch::Line;
use l4k::object::thread::State;
use l4k_model::objects::Time;
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{Arrival, ObjectKind, Rights, SystemCall};

fn wait(world: &mut World, notification: u64) -> Outcome {
    world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0)
}

#[test]
fn signals_accumulate_until_they_are_taken() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let two = world.mint(notification, Rights::SIGNAL, 2);
    let eight = world.mint(notification, Rights::SIGNAL, 8);
    for cap in [two, eight, two] {
        world.call(SystemCall::Signal, &[cap]).unwrap();
    }
    let Outcome::Returned(results) = wait(&mut world, notification) else { panic!() };
    assert_eq!((results.status, results.badge), (Arrival::Notification as u64, 10));
    assert_eq!(world.call(SystemCall::Poll, &[notification]), Err(Error::WouldBlock));
}

#[test]
fn one_signal_wakes_one_waiter_the_most_urgent_first() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let waiters = [world.spawn(3, Time::Own), world.spawn(8, Time::Own)];
    for waiter in waiters {
        world.run(waiter.thread);
        assert_eq!(wait(&mut world, notification), Outcome::Blocked);
    }
    world.call(SystemCall::Signal, &[notification]).unwrap();
    assert_eq!(world.state(waiters[1].thread), State::Ready);
    assert!(matches!(world.state(waiters[0].thread), State::Waiting { .. }));
}

#[test]
fn signal_and_wait_need_their_rights() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let signal_only = world.copy(notification, Rights::SIGNAL);
    let wait_only = world.copy(notification, Rights::WAIT);
    assert_eq!(world.call(SystemCall::Signal, &[wait_only]), Err(Error::MissingRight));
    assert_eq!(world.call(SystemCall::Poll, &[signal_only]), Err(Error::MissingRight));
    let bind = world.call(SystemCall::ThreadBindNotification, &[slot::THREAD, signal_only]);
    assert_eq!(bind, Err(Error::MissingRight));
}

#[test]
fn waiters_of_a_destroyed_notification_wake() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let waiters: Vec<_> = (0..3).map(|_| world.spawn(5, Time::Own)).collect();
    for waiter in &waiters {
        world.run(waiter.thread);
        wait(&mut world, notification);
    }
    world.run(world.root);
    world.call(SystemCall::CNodeDelete, &[0, notification]).unwrap();
    for waiter in waiters {
        assert_eq!(Error::from_code(world.results(waiter.thread).status), Some(Error::PeerGone));
    }
}

#[test]
fn a_notification_is_bound_to_one_thread_and_unbound_by_its_end() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let thread = world.spawn(5, Time::Own);
    let bind = [thread.slot, notification];
    world.call(SystemCall::ThreadBindNotification, &bind).unwrap();
    assert_eq!(world.call(SystemCall::ThreadBindNotification, &bind), Err(Error::AlreadyBound));
    let other = world.call(SystemCall::ThreadBindNotification, &[slot::THREAD, notification]);
    assert_eq!(other, Err(Error::AlreadyBound));
    world.call(SystemCall::CNodeDelete, &[0, thread.slot]).unwrap();
    world.call(SystemCall::ThreadBindNotification, &[slot::THREAD, notification]).unwrap();
    world.call(SystemCall::CNodeDelete, &[0, notification]).unwrap();
    let unbind = world.call(SystemCall::ThreadBindNotification, &[slot::THREAD, 0]);
    assert_eq!(unbind, Err(Error::NotBound));
}

fn issue(world: &mut World, line: u64) -> Result<u64, Error> {
    let irq = world.make(ObjectKind::Irq, 0);
    world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, line, 0])?;
    Ok(irq)
}

#[test]
fn an_interrupt_signals_stays_masked_and_comes_again_after_acknowledge() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let badged = world.mint(notification, Rights::ALL, 0x40);
    let irq = issue(&mut world, 33).unwrap();
    world.call(SystemCall::IrqBind, &[irq, badged]).unwrap();
    world.interrupt(33);
    assert_eq!(world.call(SystemCall::Poll, &[notification]).unwrap().badge, 0x40);
    world.interrupt(33);
    assert_eq!(world.call(SystemCall::Poll, &[notification]), Err(Error::WouldBlock), "masked");
    world.call(SystemCall::IrqAcknowledge, &[irq]).unwrap();
    world.interrupt(33);
    assert_eq!(world.call(SystemCall::Poll, &[notification]).unwrap().badge, 0x40);
}

#[test]
fn an_interrupt_before_its_binding_is_not_lost() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let irq = issue(&mut world, 40).unwrap();
    assert_eq!(world.call(SystemCall::IrqAcknowledge, &[irq]), Err(Error::NotBound));
    world.interrupt(40);
    world.call(SystemCall::IrqBind, &[irq, notification]).unwrap();
    world.pass_time(1);
    assert_eq!(world.call(SystemCall::Poll, &[notification]).unwrap().badge, 1);
}

#[test]
fn lines_are_issued_once_and_free_again_with_their_object() {
    let mut world = World::new();
    let irq = issue(&mut world, 50).unwrap();
    assert_eq!(issue(&mut world, 50), Err(Error::InterruptTaken));
    let again = world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, 51, 0]);
    assert_eq!(again, Err(Error::InterruptTaken));
    for line in [0, 27, 1020, 1 << 16, u64::MAX] {
        assert_eq!(issue(&mut world, line), Err(Error::InvalidInterrupt), "line {line}");
    }
    let unissued = world.make(ObjectKind::Irq, 0);
    let trigger = world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, unissued, 52, 2]);
    assert_eq!(trigger, Err(Error::InvalidArgument));
    assert_eq!(world.call(SystemCall::IrqAcknowledge, &[unissued]), Err(Error::NotIssued));
    world.call(SystemCall::CNodeDelete, &[0, irq]).unwrap();
    issue(&mut world, 50).unwrap();
}

#[test]
fn a_revoked_notification_or_irq_masks_the_line() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let irq = issue(&mut world, 60).unwrap();
    world.call(SystemCall::IrqBind, &[irq, notification]).unwrap();
    let bound = world.call(SystemCall::IrqBind, &[irq, notification]);
    assert_eq!(bound, Err(Error::AlreadyBound));
    world.call(SystemCall::CNodeDelete, &[0, irq]).unwrap();
    assert!(!world.kernel.system.store.machine.unmasked.contains(&Line(60)));
    let irq = issue(&mut world, 60).unwrap();
    world.call(SystemCall::IrqBind, &[irq, notification]).unwrap();
    world.call(SystemCall::CNodeRevoke, &[0, notification]).unwrap();
    world.interrupt(60);
    assert_eq!(world.call(SystemCall::Poll, &[notification]), Err(Error::WouldBlock));
    assert_eq!(world.call(SystemCall::IrqAcknowledge, &[irq]), Err(Error::NotBound));
}

#[test]
fn an_interrupt_between_two_bindings_is_not_lost() {
    let mut world = World::new();
    let first = world.make(ObjectKind::Notification, 0);
    let irq = issue(&mut world, 61).unwrap();
    world.call(SystemCall::IrqBind, &[irq, first]).unwrap();
    world.call(SystemCall::CNodeDelete, &[0, first]).unwrap();
    world.call(SystemCall::IrqBind, &[irq, 0]).unwrap();
    let again = world.make(ObjectKind::Notification, 0);
    world.call(SystemCall::IrqBind, &[irq, again]).unwrap();
    world.call(SystemCall::CNodeRevoke, &[0, again]).unwrap();
    world.interrupt(61);
    let badged = world.mint(again, Rights::ALL, 0x20);
    world.call(SystemCall::IrqBind, &[irq, badged]).unwrap();
    assert_eq!(world.call(SystemCall::Poll, &[again]).unwrap().badge, 0x20);
    assert!(!world.kernel.system.store.machine.unmasked.contains(&Line(61)), "until it is acknowledged");
    world.call(SystemCall::IrqAcknowledge, &[irq]).unwrap();
    assert!(world.kernel.system.store.machine.unmasked.contains(&Line(61)));
}
