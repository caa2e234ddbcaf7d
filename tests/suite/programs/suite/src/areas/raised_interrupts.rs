//! Interrupts that a program raises on lines without a device.

use l4k_init::Resources;
use l4k_sys::abi::{Error, Rights, SystemCall, ThreadState};
use l4k_sys::handle::{NewObject, Trigger};
use l4k_sys::registers::Registers;
use l4k_sys::{Irq, Message, Notification, stub};
use suite_support::role::LABEL;

use crate::harness::bench::own;
use crate::harness::bodies::{self, pair};
use crate::harness::failure::{Failure, holds, refused, same};
use crate::harness::threads::{IDLE, Manner, URGENT, let_others_run, until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    a_raised_interrupt_arrives,
    a_line_is_masked_until_it_is_acknowledged,
    a_line_that_acknowledges_itself_interrupts_each_time,
    an_interrupt_that_is_raised_before_its_binding_is_not_lost,
    two_lines_at_one_notification_are_told_apart,
    two_lines_at_two_notifications_do_not_mix,
    an_interrupt_wakes_a_driver_in_its_receive,
    an_interrupt_does_not_disturb_a_driver_that_serves,
    a_woken_driver_preempts_whoever_runs,
    one_interrupt_wakes_one_waiter,
    unbinding_masks_the_line,
    a_deleted_irq_gives_its_line_back,
    what_was_not_issued_is_not_raised,
    triggers_that_do_not_exist_are_refused,
];

const BADGE: u64 = 0x40;

/// The highest number that a shared peripheral interrupt can have (Arm GIC architecture, 2.2.1).
const HIGHEST: u32 = 1019;
const LOWEST: u32 = 32;

/// An Irq that stands for a line without a device: the highest that the machine has and nobody uses, the next lower one after that.
pub fn unused(bench: &mut Bench<'_>, trigger: Trigger) -> Outcome<Irq> {
    let irq = Irq::from_slot(bench.make(NewObject::Irq)?);
    for number in (LOWEST..=HIGHEST).rev() {
        match Resources::IRQ_CONTROL.issue(irq, number, trigger) {
            Ok(()) => return Ok(irq),
            Err(Error::InvalidInterrupt | Error::InterruptTaken) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(Failure::new(format_args!("the machine has no line to spare")))
}

/// A notification, and a capability to it with this badge.
fn notification(bench: &mut Bench<'_>, badge: u64) -> Outcome<(Notification, Notification)> {
    let notification = bench.notification()?;
    let badged = bench.mint(notification.slot(), Rights::ALL, badge)?;
    Ok((notification, Notification::from_slot(badged)))
}

/// A line that is bound to a notification of its own.
fn bound(bench: &mut Bench<'_>, trigger: Trigger) -> Outcome<(Irq, Notification)> {
    let irq = unused(bench, trigger)?;
    let (notification, badged) = notification(bench, BADGE)?;
    irq.bind(badged)?;
    Ok((irq, notification))
}

/// Waits until the bits have arrived, and nothing else has.
#[track_caller]
fn arrives(notification: Notification, bits: u64) -> Outcome {
    let mut word = 0;
    until("the arrival of the interrupt", || {
        word |= notification.poll().unwrap_or(0);
        word & bits == bits
    })?;
    same("word", word, bits)
}

/// The kernel is entered and left many times, and nothing arrives.
#[track_caller]
fn stays_silent(notification: Notification) -> Outcome {
    holds("silence", (0..1000).all(|_| notification.poll() == Err(Error::WouldBlock)))
}

const TRIGGERS: [Trigger; 3] = [Trigger::Level, Trigger::Edge, Trigger::SelfAcknowledgingEdge];

fn a_raised_interrupt_arrives(bench: &mut Bench<'_>) -> Outcome {
    for trigger in TRIGGERS {
        let (irq, notification) = bound(bench, trigger)?;
        stays_silent(notification)?;
        irq.raise()?;
        arrives(notification, BADGE)?;
        stays_silent(notification)?;
    }
    Ok(())
}

fn a_line_is_masked_until_it_is_acknowledged(bench: &mut Bench<'_>) -> Outcome {
    for trigger in [Trigger::Level, Trigger::Edge] {
        let (irq, notification) = bound(bench, trigger)?;
        irq.raise()?;
        arrives(notification, BADGE)?;
        for _ in 0..3 {
            irq.raise()?;
            stays_silent(notification)?;
            irq.acknowledge()?;
            arrives(notification, BADGE)?;
        }
        irq.acknowledge()?;
        stays_silent(notification)?;
    }
    Ok(())
}

fn a_line_that_acknowledges_itself_interrupts_each_time(bench: &mut Bench<'_>) -> Outcome {
    let (irq, notification) = bound(bench, Trigger::SelfAcknowledgingEdge)?;
    for _ in 0..20 {
        irq.raise()?;
        arrives(notification, BADGE)?;
    }
    stays_silent(notification)
}

fn an_interrupt_that_is_raised_before_its_binding_is_not_lost(bench: &mut Bench<'_>) -> Outcome {
    for trigger in TRIGGERS {
        let irq = unused(bench, trigger)?;
        let (notification, badged) = notification(bench, BADGE)?;
        irq.raise()?;
        stays_silent(notification)?;
        irq.bind(badged)?;
        arrives(notification, BADGE)?;
    }
    Ok(())
}

fn two_lines_at_one_notification_are_told_apart(bench: &mut Bench<'_>) -> Outcome {
    let (first, second) = (unused(bench, Trigger::Edge)?, unused(bench, Trigger::Edge)?);
    let notification = bench.notification()?;
    for (irq, badge) in [(first, 0b01), (second, 0b10)] {
        irq.bind(Notification::from_slot(bench.mint(notification.slot(), Rights::SIGNAL, badge)?))?;
    }
    second.raise()?;
    arrives(notification, 0b10)?;
    first.raise()?;
    arrives(notification, 0b01)?;
    second.acknowledge()?;
    first.acknowledge()?;
    first.raise()?;
    second.raise()?;
    arrives(notification, 0b11)
}

fn two_lines_at_two_notifications_do_not_mix(bench: &mut Bench<'_>) -> Outcome {
    let (first, at_first) = bound(bench, Trigger::Level)?;
    let (second, at_second) = bound(bench, Trigger::Level)?;
    first.raise()?;
    arrives(at_first, BADGE)?;
    stays_silent(at_second)?;
    second.raise()?;
    arrives(at_second, BADGE)?;
    stays_silent(at_first)
}

fn an_interrupt_wakes_a_driver_in_its_receive(bench: &mut Bench<'_>) -> Outcome {
    let (irq, notification) = bound(bench, Trigger::Edge)?;
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let driver = bench.thread(Manner::of(URGENT), bodies::taker, [pair(endpoint, reply), 0])?;
    driver.thread.bind_notification(notification)?;
    driver.thread.resume()?;
    driver.is_in(ThreadState::Receiving)?;
    irq.raise()?;
    until("the driver's waking", || Cell(0).outcome().is_some())?;
    same("outcome, word", (Cell(0).outcome(), Cell(0).value()), (Some(Ok(())), BADGE))?;
    refused("nothing else has come", endpoint.try_receive(reply), Error::WouldBlock)
}

fn an_interrupt_does_not_disturb_a_driver_that_serves(bench: &mut Bench<'_>) -> Outcome {
    let (irq, notification) = bound(bench, Trigger::Edge)?;
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    // The driver takes a call, and is then in no receive.
    let driver = bench.thread(Manner::of(URGENT), bodies::taker, [pair(endpoint, reply), 0])?;
    driver.thread.bind_notification(notification)?;
    driver.thread.resume()?;
    bench.start(Manner::of(IDLE), bodies::caller, [endpoint.slot(), 1])?;
    let_others_run()?;
    driver.is_in(ThreadState::Suspended)?;
    irq.raise()?;
    arrives(notification, BADGE)?;
    reply.send(Message::new(LABEL, [4]))?;
    let_others_run()?;
    same("the caller's answer", Cell(1).message(), Message::new(LABEL, [4]))
}

fn a_woken_driver_preempts_whoever_runs(bench: &mut Bench<'_>) -> Outcome {
    let (irq, notification) = bound(bench, Trigger::Edge)?;
    bench.start(Manner::of(URGENT), bodies::waiter, [notification.slot(), 0])?;
    irq.raise()?;
    // The suite makes no system call by which it would give way.
    let mut rounds = 0u64;
    while Cell(0).outcome().is_none() && rounds < 1_000_000_000 {
        rounds += 1;
    }
    same("word", Cell(0).value(), BADGE)
}

fn one_interrupt_wakes_one_waiter(bench: &mut Bench<'_>) -> Outcome {
    let (irq, notification) = bound(bench, Trigger::Edge)?;
    for cell in 0..2 {
        bench.start(Manner::of(URGENT), bodies::waiter, [notification.slot(), cell])?;
    }
    irq.raise()?;
    until("the first waiter's waking", || Cell(0).outcome().is_some())?;
    same("the second", Cell(1).outcome(), None)?;
    irq.acknowledge()?;
    irq.raise()?;
    until("the second waiter's waking", || Cell(1).outcome().is_some())
}

fn unbinding_masks_the_line(bench: &mut Bench<'_>) -> Outcome {
    let (irq, first) = bound(bench, Trigger::SelfAcknowledgingEdge)?;
    irq.unbind()?;
    irq.raise()?;
    stays_silent(first)?;
    let (second, badged) = notification(bench, 8)?;
    irq.bind(badged)?;
    arrives(second, 8)?;
    stays_silent(first)
}

fn a_deleted_irq_gives_its_line_back(bench: &mut Bench<'_>) -> Outcome {
    let (irq, first) = bound(bench, Trigger::SelfAcknowledgingEdge)?;
    own(irq.slot()).delete()?;
    // The highest unused line again.
    let (again, second) = bound(bench, Trigger::Edge)?;
    again.raise()?;
    arrives(second, BADGE)?;
    stays_silent(first)
}

fn what_was_not_issued_is_not_raised(bench: &mut Bench<'_>) -> Outcome {
    let irq = Irq::from_slot(bench.make(NewObject::Irq)?);
    refused("raise", irq.raise(), Error::NotIssued)?;
    refused("a notification", Irq::from_slot(bench.notification()?.slot()).raise(), Error::WrongKind)
}

fn triggers_that_do_not_exist_are_refused(bench: &mut Bench<'_>) -> Outcome {
    let irq = Irq::from_slot(bench.make(NewObject::Irq)?);
    for trigger in [2, 4, 1 << 32, u64::MAX] {
        let arguments = Registers::new([Resources::IRQ_CONTROL.slot(), irq.slot(), 40, trigger]);
        let status = stub::system_call(SystemCall::IrqControlIssue as u64, arguments).x[0];
        same("trigger, status", (trigger, status), (trigger, Error::InvalidArgument.code()))?;
    }
    refused("raise", irq.raise(), Error::NotIssued)
}
