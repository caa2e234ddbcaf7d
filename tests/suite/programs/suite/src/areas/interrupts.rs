//! Interrupts, with a device of the board that interrupts when a test wants it.

use l4k_init::Resources;
use l4k_sys::abi::{Error, Rights};
use l4k_sys::handle::{NewObject, Trigger};
use l4k_sys::{Irq, IrqControl, Notification};

use crate::harness::alarm::Alarm;
use crate::harness::bench::own;
use crate::harness::bodies;
use crate::harness::failure::{holds, refused, same};
use crate::harness::threads::{Manner, URGENT, at_priority, until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    an_interrupt_signals_its_notification,
    an_interrupt_wakes_a_more_urgent_thread,
    it_stays_masked_until_it_is_acknowledged,
    an_interrupt_before_its_binding_is_not_lost,
    lines_are_issued_once_and_free_again_with_their_object,
    what_was_not_issued_cannot_be_used,
    a_deleted_notification_masks_the_line,
    binding_needs_the_right_to_signal,
];

const BADGE: u64 = 0x40;
const CONTROL: IrqControl = Resources::IRQ_CONTROL;

/// A notification, and a capability to it with a badge.
fn notification(bench: &mut Bench<'_>) -> Outcome<(Notification, Notification)> {
    let notification = bench.notification()?;
    let badged = bench.mint(notification.slot(), Rights::ALL, BADGE)?;
    Ok((notification, Notification::from_slot(badged)))
}

/// Waits for the signal of an interrupt.
#[track_caller]
fn arrives(notification: Notification) -> Outcome {
    let mut word = 0;
    until("the arrival of the interrupt", || {
        word |= notification.poll().unwrap_or(0);
        word != 0
    })?;
    same("word", word, BADGE)
}

fn an_interrupt_signals_its_notification(bench: &mut Bench<'_>) -> Outcome {
    let alarm = Alarm::new(bench)?;
    let (notification, badged) = notification(bench)?;
    let irq = alarm.issue(bench)?;
    irq.bind(badged)?;
    for _ in 0..5 {
        refused("silence", notification.poll(), Error::WouldBlock)?;
        alarm.strike();
        arrives(notification)?;
        alarm.silence();
        irq.acknowledge()?;
    }
    Ok(())
}

fn an_interrupt_wakes_a_more_urgent_thread(bench: &mut Bench<'_>) -> Outcome {
    let alarm = Alarm::new(bench)?;
    let (notification, badged) = notification(bench)?;
    alarm.issue(bench)?.bind(badged)?;
    bench.start(Manner::of(URGENT), bodies::waiter, [notification.slot(), 0])?;
    alarm.strike();
    until("the thread's waking", || Cell(0).outcome().is_some())?;
    same("word", Cell(0).value(), BADGE)
}

fn it_stays_masked_until_it_is_acknowledged(bench: &mut Bench<'_>) -> Outcome {
    let alarm = Alarm::new(bench)?;
    let (notification, badged) = notification(bench)?;
    let irq = alarm.issue(bench)?;
    irq.bind(badged)?;
    alarm.strike();
    arrives(notification)?;
    // The line is still high, and the kernel is entered and left.
    let silent = at_priority(100, || (0..1000).all(|_| notification.poll() == Err(Error::WouldBlock)))?;
    holds("no signal while masked", silent)?;
    irq.acknowledge()?;
    arrives(notification)
}

fn an_interrupt_before_its_binding_is_not_lost(bench: &mut Bench<'_>) -> Outcome {
    let alarm = Alarm::new(bench)?;
    let (notification, badged) = notification(bench)?;
    let irq = alarm.issue(bench)?;
    alarm.strike();
    refused("acknowledge", irq.acknowledge(), Error::NotBound)?;
    irq.bind(badged)?;
    arrives(notification)?;
    irq.unbind()?;
    refused("unbind", irq.unbind(), Error::NotBound)?;
    refused("after unbinding", notification.poll(), Error::WouldBlock)
}

fn lines_are_issued_once_and_free_again_with_their_object(bench: &mut Bench<'_>) -> Outcome {
    let alarm = Alarm::new(bench)?;
    let number = alarm.interrupt.number;
    let first = alarm.issue(bench)?;
    let second = Irq::from_slot(bench.make(NewObject::Irq)?);
    refused("the line again", CONTROL.issue(second, number, Trigger::Level), Error::InterruptTaken)?;
    refused("the object again", CONTROL.issue(first, number + 1, Trigger::Level), Error::InterruptTaken)?;
    for line in [0, 27, 30, 1020, 1 << 16, u32::MAX] {
        refused(
            "a line of the kernel's, or none",
            CONTROL.issue(second, line, Trigger::Level),
            Error::InvalidInterrupt,
        )?;
    }
    own(first.slot()).delete()?;
    CONTROL.issue(second, number, Trigger::Level)?;
    Ok(())
}

fn what_was_not_issued_cannot_be_used(bench: &mut Bench<'_>) -> Outcome {
    let irq = Irq::from_slot(bench.make(NewObject::Irq)?);
    let (_, badged) = notification(bench)?;
    refused("bind", irq.bind(badged), Error::NotIssued)?;
    refused("acknowledge", irq.acknowledge(), Error::NotIssued)
}

fn a_deleted_notification_masks_the_line(bench: &mut Bench<'_>) -> Outcome {
    let alarm = Alarm::new(bench)?;
    let (first, badged) = notification(bench)?;
    let irq = alarm.issue(bench)?;
    irq.bind(badged)?;
    refused("bind", irq.bind(badged), Error::AlreadyBound)?;
    own(first.slot()).revoke()?;
    own(first.slot()).delete()?;
    alarm.strike();
    refused("acknowledge", irq.acknowledge(), Error::NotBound)?;
    let (second, badged) = notification(bench)?;
    irq.bind(badged)?;
    arrives(second)
}

fn binding_needs_the_right_to_signal(bench: &mut Bench<'_>) -> Outcome {
    let alarm = Alarm::new(bench)?;
    let (notification, _) = notification(bench)?;
    let irq = alarm.issue(bench)?;
    let wait_only = Notification::from_slot(bench.copy(notification.slot(), Rights::WAIT)?);
    refused("bind", irq.bind(wait_only), Error::MissingRight)
}
