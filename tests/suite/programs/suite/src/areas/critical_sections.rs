//! The critical section of a program with several threads: who has to wait does so in the kernel.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use l4k_sys::abi::{Error, Rights, ThreadState};
use l4k_sys::critical_section::use_notification;
use l4k_sys::{Nanoseconds, Notification};

use crate::harness::bodies::finish;
use crate::harness::cells;
use crate::harness::failure::{refused, same};
use crate::harness::threads::{IDLE, Manner, URGENT, let_others_run, spin};
use crate::harness::{Bench, Outcome};

crate::tests![
    an_urgent_thread_waits_until_the_section_is_left,
    the_most_urgent_of_those_that_wait_comes_first,
    a_section_is_left_when_its_outermost_part_is,
    slices_that_end_in_a_section_lose_no_increment,
    a_notification_without_the_right_to_wait_is_not_used,
];

/// Comes, inside a section.
extern "C" fn visitor(digit: u64, _: u64, thread: u64) -> ! {
    critical_section::with(|_| cells::come(digit));
    finish(thread)
}

fn an_urgent_thread_waits_until_the_section_is_left(bench: &mut Bench<'_>) -> Outcome {
    use_notification(bench.notification()?)?;
    let visit = critical_section::with(|_| {
        let waiter = bench.start(Manner::of(URGENT), visitor, [2, 0])?;
        waiter.is_in(ThreadState::Waiting)?;
        cells::come(1);
        Outcome::Ok(waiter)
    })?;
    same("order", cells::order(), 12)?;
    visit.is_in(ThreadState::Suspended)
}

fn the_most_urgent_of_those_that_wait_comes_first(bench: &mut Bench<'_>) -> Outcome {
    use_notification(bench.notification()?)?;
    critical_section::with(|_| {
        for (digit, priority) in [(1, 150), (2, 180), (3, 160)] {
            let waiter = bench.thread(Manner::of(priority), visitor, [digit, 0])?;
            bench.give_buffer(&waiter)?;
            waiter.thread.resume()?;
            waiter.is_in(ThreadState::Waiting)?;
        }
        same("order while the section is taken", cells::order(), 0)
    })?;
    same("order", cells::order(), 231)
}

fn a_section_is_left_when_its_outermost_part_is(bench: &mut Bench<'_>) -> Outcome {
    use_notification(bench.notification()?)?;
    critical_section::with(|_| {
        let waiter = bench.start(Manner::of(URGENT), visitor, [2, 0])?;
        critical_section::with(|_| cells::come(1));
        waiter.is_in(ThreadState::Waiting)?;
        same("order", cells::order(), 1)
    })?;
    same("order", cells::order(), 12)
}

const ADDITIONS: u64 = 200;

static SUM: AtomicU64 = AtomicU64::new(0);

/// Adds one, in two steps and slowly.
extern "C" fn adder(_: u64, _: u64, thread: u64) -> ! {
    for _ in 0..ADDITIONS {
        critical_section::with(|_| {
            let before = SUM.load(Relaxed);
            spin(Nanoseconds::new(20_000));
            SUM.store(before + 1, Relaxed);
        });
    }
    finish(thread)
}

fn slices_that_end_in_a_section_lose_no_increment(bench: &mut Bench<'_>) -> Outcome {
    use_notification(bench.notification()?)?;
    SUM.store(0, Relaxed);
    for _ in 0..3 {
        let manner = Manner::of(IDLE).slice(Some(Nanoseconds::new(500_000)));
        let helper = bench.thread(manner, adder, [0, 0])?;
        bench.give_buffer(&helper)?;
        helper.thread.resume()?;
    }
    let_others_run()?;
    same("sum", SUM.load(Relaxed), 3 * ADDITIONS)
}

fn a_notification_without_the_right_to_wait_is_not_used(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    let signal_only = bench.mint(notification.slot(), Rights::SIGNAL, 1)?;
    refused("naming", use_notification(Notification::from_slot(signal_only)), Error::MissingRight)
}
