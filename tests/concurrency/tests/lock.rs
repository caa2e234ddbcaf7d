//! The kernel's lock under loom.

use std::rc::Rc;

use l4k_concurrency::explored::lock::TicketLock;
use l4k_concurrency::explored::sync::{AtomicU32, Ordering, pause};
use l4k_concurrency::flaw::{Flaw, assert_found};
use l4k_concurrency::model::{ENDLESS, RACE, explore};
use loom::thread;

/// A lock that loom knows of.
fn lock<T>(value: T) -> Rc<TicketLock<T>> {
    let lock = TicketLock::new(value);
    assert!(!lock.is_wanted());
    lock.share();
    Rc::new(lock)
}

/// Every thread adds one under the lock.
fn additions(threads: u32, preemptions: Option<usize>) {
    explore(preemptions, move || {
        let lock = lock(0);
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let lock = lock.clone();
                thread::spawn(move || lock.ask().with(|value| *value += 1))
            })
            .collect();
        lock.ask().with(|value| *value += 1);
        others.into_iter().for_each(|other| other.join().expect("a thread"));
        assert_eq!(lock.ask().with(|value| *value), threads);
    });
}

/// The order of asking was not kept.
const SERVED_FIRST: &str = "who asked later was served first";

/// One thread asks and tells the other one, or the other way round, which asks then. The value is how many were served.
fn order(ask_first: bool) {
    explore(None, move || {
        let (lock, asked) = (lock(0), Rc::new(AtomicU32::new(0)));
        asked.store(0, Ordering::Relaxed);
        let first = {
            let (lock, asked) = (lock.clone(), asked.clone());
            thread::spawn(move || {
                let early = ask_first.then(|| lock.ask());
                asked.store(1, Ordering::Release);
                let ticket = early.unwrap_or_else(|| lock.ask());
                ticket.with(|served| *served += 1);
            })
        };
        let told = asked.load(Ordering::Acquire) == 1;
        lock.ask().with(|served| assert!(*served == 1 || !told, "{SERVED_FIRST}"));
        first.join().expect("the first one");
    });
}

#[test]
fn two_threads_exclude_each_other() {
    additions(2, None);
}

#[test]
fn three_threads_exclude_each_other() {
    additions(3, Some(3));
}

#[test]
fn lock_without_order_is_found() {
    assert_found(Flaw::Unordered, &[RACE], || additions(2, None));
}

#[test]
fn tickets_that_come_twice_are_found() {
    // Two have their turn at once; or one finds that its turn has passed, and waits for ever.
    assert_found(Flaw::TornAdditions, &[RACE, ENDLESS], || additions(2, None));
}

#[test]
fn who_asks_first_is_served_first() {
    order(true);
}

#[test]
fn who_asks_too_late_is_found() {
    assert_found(Flaw::None, &[SERVED_FIRST], || order(false));
}

/// Who holds the lock keeps it until somebody wants it.
fn holding_until_wanted(somebody_comes: bool) {
    explore(None, move || {
        let lock = lock(());
        let ticket = lock.ask();
        let other = {
            let lock = lock.clone();
            thread::spawn(move || {
                if somebody_comes {
                    lock.ask().with(|()| ());
                }
            })
        };
        ticket.with(|()| {
            while !lock.is_wanted() {
                pause();
            }
        });
        other.join().expect("the other one");
        assert!(!lock.is_wanted());
    });
}

#[test]
fn holder_sees_that_it_is_wanted() {
    holding_until_wanted(true);
}

#[test]
fn lock_that_nobody_wants_is_found() {
    assert_found(Flaw::None, &[ENDLESS], || holding_until_wanted(false));
}
