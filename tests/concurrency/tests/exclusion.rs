//! The critical section of programs with several threads under loom.

use std::rc::Rc;

use l4k_concurrency::explored::exclusion::{Depth, Exclusion, Identity};
use l4k_concurrency::explored::means::{forget_notification, make_notification, signal};
use l4k_concurrency::explored::sync::Watched;
use l4k_concurrency::flaw::{Flaw, assert_found};
use l4k_concurrency::model::{ASLEEP, RACE, explore};
use loom::thread;

/// The notification's slot.
const SLOT: u64 = 5;

/// What stands for no slot in the exclusion.
const NOT_NAMED: u64 = u64::MAX;

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// It enters.
    Enter,
    /// It enters, and enters again inside.
    EnterTwice,
    /// It names the notification.
    Name,
    /// It signals without need.
    Signal,
}

/// What threads share.
struct Shared {
    exclusion: Exclusion,
    memory: Watched,
}

fn act(shared: &Shared, thread: u64, does: Does) {
    let Shared { exclusion, memory } = shared;
    let identity = Identity::of_buffer(thread * 0x1000);
    match does {
        Does::Enter | Does::EnterTwice => {
            let depth = exclusion.enter(identity);
            assert_eq!(depth, Depth::Outermost);
            memory.access(|| ());
            if does == Does::EnterTwice {
                let inner = exclusion.enter(identity);
                assert_eq!(inner, Depth::Nested);
                memory.access(|| ());
                exclusion.leave(inner);
                memory.access(|| ());
            }
            exclusion.leave(depth);
        }
        Does::Name => exclusion.name(SLOT),
        Does::Signal => signal(SLOT),
    }
}

/// Whether the notification is named before there is a second thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    /// It is.
    Before,
    /// Not then.
    Later,
}

/// Each thread does one thing, in all orders.
fn run(named: Named, threads: &'static [Does], preemptions: Option<usize>) {
    explore(preemptions, move || {
        make_notification();
        let shared = Rc::new(Shared { exclusion: Exclusion::new(), memory: Watched::new() });
        // Everything is used before there is a second thread; the signal of this name goes to a notification that is given up.
        act(&shared, 0, Does::EnterTwice);
        shared.exclusion.name(NOT_NAMED);
        make_notification();
        if named == Named::Before {
            shared.exclusion.name(SLOT);
        }
        let others: Vec<_> = (1..threads.len())
            .map(|index| {
                let shared = shared.clone();
                thread::spawn(move || act(&shared, index as u64, threads[index]))
            })
            .collect();
        act(&shared, 0, threads[0]);
        others.into_iter().for_each(|other| other.join().expect("a thread"));
        forget_notification();
    });
}

#[test]
fn two_threads_exclude_each_other() {
    run(Named::Before, &[Does::EnterTwice, Does::EnterTwice], None);
}

#[test]
fn three_threads_exclude_each_other_and_none_sleeps_for_ever() {
    run(Named::Before, &[Does::Enter, Does::Enter, Does::Enter], Some(3));
}

#[test]
fn signals_that_nobody_meant_do_no_harm() {
    run(Named::Before, &[Does::Enter, Does::Enter, Does::Signal], Some(3));
}

#[test]
fn two_threads_exclude_each_other_without_a_notification() {
    run(Named::Later, &[Does::EnterTwice, Does::Enter], None);
}

#[test]
fn notification_can_be_named_while_threads_wait() {
    run(Named::Later, &[Does::Enter, Does::Enter, Does::Name], Some(3));
}

#[test]
fn exclusion_without_order_is_found() {
    assert_found(Flaw::Unordered, &[RACE], || run(Named::Later, &[Does::Enter, Does::Enter], None));
}

#[test]
fn signal_that_is_lost_between_looking_and_waiting_is_found() {
    assert_found(Flaw::ForgottenSignals, &[ASLEEP], || {
        run(Named::Before, &[Does::Enter, Does::Enter], None);
    });
}

#[test]
fn naming_without_a_signal_is_found() {
    assert_found(Flaw::ForgottenSignals, &[ASLEEP], || {
        run(Named::Later, &[Does::Enter, Does::Enter, Does::Name], Some(3));
    });
}
