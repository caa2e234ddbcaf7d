//! Interrupts, with the board's clock (PL031) as the device: its match register makes it interrupt when a test wants it.

use l4k_init::Resources;
use l4k_init::boot::{Device, Interrupt, device_for};
use l4k_sys::abi::{Error, FrameSize, Rights};
use l4k_sys::handle::{NewObject, Trigger};
use l4k_sys::{Frame, Irq, IrqControl, Notification};
use suite_support::machine;

use crate::harness::bench::{READ_WRITE, map, own, page};
use crate::harness::bodies;
use crate::harness::failure::{Failure, holds, refused, same};
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

/// Registers of the PL031 (Arm DDI 0224, 3.2).
const DATA: u64 = 0x00;
const MATCH: u64 = 0x04;
const MASK: u64 = 0x10;
const RAW_STATUS: u64 = 0x14;
const CLEAR: u64 = 0x1c;

const BADGE: u64 = 0x40;
const CONTROL: IrqControl = Resources::IRQ_CONTROL;

/// The clock, mapped, and its interrupt.
struct Clock {
    registers: u64,
    interrupt: Interrupt,
}

impl Clock {
    /// The board's clock, silent.
    fn new(bench: &mut Bench<'_>) -> Outcome<Clock> {
        let device: Option<Device<'_>> = device_for(&bench.system.information, "clock");
        let device = device.ok_or_else(|| Failure::new(format_args!("the board names no clock")))?;
        let interrupt = device.interrupt.ok_or_else(|| Failure::new(format_args!("the clock has no interrupt")))?;
        let slot = bench.slot()?;
        let frame = NewObject::Frame(FrameSize::Small);
        bench.system.resources.memory.make_at(frame, slot, device.physical_address)?;
        map(Frame::from_slot(slot), page(40), READ_WRITE)?;
        let clock = Clock { registers: page(40), interrupt };
        clock.silence();
        Ok(clock)
    }

    /// Makes it interrupt now: the match is the present second. The second may end in between, hence the loop.
    fn strike(&self) {
        machine::write_register(self.registers + MASK, 1);
        while machine::read_register(self.registers + RAW_STATUS) == 0 {
            let now = machine::read_register(self.registers + DATA);
            machine::write_register(self.registers + MATCH, now);
        }
    }

    /// Takes its interrupt back.
    fn silence(&self) {
        machine::write_register(self.registers + MASK, 0);
        machine::write_register(self.registers + CLEAR, 1);
    }

    /// A new Irq object for its line.
    fn issue(&self, bench: &mut Bench<'_>) -> Outcome<Irq> {
        let irq = Irq::from_slot(bench.make(NewObject::Irq)?);
        CONTROL.issue(irq, self.interrupt.number, self.interrupt.trigger)?;
        Ok(irq)
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.silence();
    }
}

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
    let clock = Clock::new(bench)?;
    let (notification, badged) = notification(bench)?;
    let irq = clock.issue(bench)?;
    irq.bind(badged)?;
    for _ in 0..5 {
        refused("silence", notification.poll(), Error::WouldBlock)?;
        clock.strike();
        arrives(notification)?;
        clock.silence();
        irq.acknowledge()?;
    }
    Ok(())
}

fn an_interrupt_wakes_a_more_urgent_thread(bench: &mut Bench<'_>) -> Outcome {
    let clock = Clock::new(bench)?;
    let (notification, badged) = notification(bench)?;
    clock.issue(bench)?.bind(badged)?;
    bench.start(Manner::of(URGENT), bodies::waiter, [notification.slot(), 0])?;
    clock.strike();
    until("the thread's waking", || Cell(0).outcome().is_some())?;
    same("word", Cell(0).value(), BADGE)
}

fn it_stays_masked_until_it_is_acknowledged(bench: &mut Bench<'_>) -> Outcome {
    let clock = Clock::new(bench)?;
    let (notification, badged) = notification(bench)?;
    let irq = clock.issue(bench)?;
    irq.bind(badged)?;
    clock.strike();
    arrives(notification)?;
    // The line is still high, and the kernel is entered and left.
    let silent = at_priority(100, || (0..1000).all(|_| notification.poll() == Err(Error::WouldBlock)))?;
    holds("no signal while masked", silent)?;
    irq.acknowledge()?;
    arrives(notification)
}

fn an_interrupt_before_its_binding_is_not_lost(bench: &mut Bench<'_>) -> Outcome {
    let clock = Clock::new(bench)?;
    let (notification, badged) = notification(bench)?;
    let irq = clock.issue(bench)?;
    clock.strike();
    refused("acknowledge", irq.acknowledge(), Error::NotBound)?;
    irq.bind(badged)?;
    arrives(notification)?;
    irq.unbind()?;
    refused("unbind", irq.unbind(), Error::NotBound)?;
    refused("after unbinding", notification.poll(), Error::WouldBlock)
}

fn lines_are_issued_once_and_free_again_with_their_object(bench: &mut Bench<'_>) -> Outcome {
    let clock = Clock::new(bench)?;
    let number = clock.interrupt.number;
    let first = clock.issue(bench)?;
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
    let clock = Clock::new(bench)?;
    let (first, badged) = notification(bench)?;
    let irq = clock.issue(bench)?;
    irq.bind(badged)?;
    refused("bind", irq.bind(badged), Error::AlreadyBound)?;
    own(first.slot()).revoke()?;
    own(first.slot()).delete()?;
    clock.strike();
    refused("acknowledge", irq.acknowledge(), Error::NotBound)?;
    let (second, badged) = notification(bench)?;
    irq.bind(badged)?;
    arrives(second)
}

fn binding_needs_the_right_to_signal(bench: &mut Bench<'_>) -> Outcome {
    let clock = Clock::new(bench)?;
    let (notification, _) = notification(bench)?;
    let irq = clock.issue(bench)?;
    let wait_only = Notification::from_slot(bench.copy(notification.slot(), Rights::WAIT)?);
    refused("bind", irq.bind(wait_only), Error::MissingRight)
}
