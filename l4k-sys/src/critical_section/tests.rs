//! Several threads, and a function that plays the kernel for them: it has one notification.

extern crate std;

use core::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::exclusion::{Depth, Exclusion, Identity};
use super::use_notification;
use crate::abi::{Arrival, Error, SystemCall};
use crate::handle::Notification;
use crate::registers::Registers;
use crate::stub;

/// The notification's slot.
const SLOT: u64 = 5;

/// A capability to it that may not be waited on.
const SIGNAL_ONLY: u64 = 6;

/// The notification.
struct Played {
    word: u64,
    /// How many threads wait.
    waiting: usize,
    /// How many have given way.
    given_way: usize,
}

static PLAYED: Mutex<Played> = Mutex::new(Played { word: 0, waiting: 0, given_way: 0 });
static CHANGED: Condvar = Condvar::new();

/// The tests share the one notification, and take turns.
static TURN: Mutex<()> = Mutex::new(());

fn played() -> MutexGuard<'static, Played> {
    PLAYED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn arrival(word: u64) -> Registers {
    Registers { x9: word, ..Registers::new([Arrival::Notification as u64]) }
}

fn kernel(number: u64, registers: Registers) -> Registers {
    let mut played = played();
    let slot = registers.x[0];
    match SystemCall::from_number(number) {
        Some(SystemCall::Yield) => {
            played.given_way += 1;
            CHANGED.notify_all();
            Registers::new([0])
        }
        Some(SystemCall::Signal) if slot == SLOT || slot == SIGNAL_ONLY => {
            played.word |= 1;
            CHANGED.notify_all();
            Registers::new([0])
        }
        Some(SystemCall::Wait) if slot == SLOT => {
            played.waiting += 1;
            CHANGED.notify_all();
            while played.word == 0 {
                played = CHANGED.wait(played).unwrap_or_else(PoisonError::into_inner);
            }
            played.waiting -= 1;
            arrival(core::mem::take(&mut played.word))
        }
        Some(SystemCall::Poll) if slot == SLOT => match core::mem::take(&mut played.word) {
            0 => Registers::new([Error::WouldBlock.code()]),
            word => arrival(word),
        },
        Some(SystemCall::Poll) if slot == SIGNAL_ONLY => Registers::new([Error::MissingRight.code()]),
        _ => Registers::new([Error::InvalidCapability.code()]),
    }
}

/// What a thread of the program has: the kernel, and a message buffer of its own.
fn become_thread() {
    stub::install(kernel);
    stub::install_buffer();
}

/// Waits until something holds for the notification.
fn wait_until(holds: impl Fn(&Played) -> bool) {
    let mut played = played();
    while !holds(&played) {
        played = CHANGED.wait(played).unwrap_or_else(PoisonError::into_inner);
    }
}

fn own_identity() -> Identity {
    Identity::of_buffer(stub::buffer_address())
}

/// A thread is inside until the other one, which wants in, has come to a point; then that one gets in.
fn hold_until(exclusion: &Exclusion, holds: impl Fn(&Played) -> bool) {
    let depth = exclusion.enter(own_identity());
    assert_eq!(depth, Depth::Outermost);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            become_thread();
            let depth = exclusion.enter(own_identity());
            assert_eq!(depth, Depth::Outermost);
            exclusion.leave(depth);
        });
        wait_until(holds);
        exclusion.leave(depth);
    });
}

#[test]
fn increments_of_many_threads_are_all_seen() {
    const THREADS: u64 = 4;
    const ROUNDS: u64 = 500;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    become_thread();
    assert_eq!(use_notification(Notification::from_slot(SLOT)), Ok(()));
    let sum = critical_section::Mutex::new(Cell::new(0));
    let add = || critical_section::with(|section| sum.borrow(section).set(sum.borrow(section).get() + 1));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                become_thread();
                (0..ROUNDS).for_each(|_| add());
            });
        }
    });
    assert_eq!(critical_section::with(|section| sum.borrow(section).get()), THREADS * ROUNDS);
}

#[test]
fn sections_nest() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    become_thread();
    let value = critical_section::Mutex::new(Cell::new(1));
    critical_section::with(|outer| {
        critical_section::with(|inner| value.borrow(inner).set(2));
        assert_eq!(value.borrow(outer).get(), 2);
    });
}

#[test]
fn thread_waits_in_the_kernel_and_is_signalled() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    become_thread();
    let exclusion = Exclusion::new();
    exclusion.name(SLOT);
    played().word = 0;
    hold_until(&exclusion, |played| played.waiting == 1);
    assert_eq!(played().waiting, 0);
}

#[test]
fn thread_gives_way_as_long_as_nothing_is_named() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    become_thread();
    let before = played().given_way;
    hold_until(&Exclusion::new(), |played| played.given_way > before + 2);
    assert_eq!(played().waiting, 0);
}

#[test]
fn thread_gives_way_if_it_cannot_wait() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    become_thread();
    let exclusion = Exclusion::new();
    exclusion.name(SIGNAL_ONLY);
    let before = played().given_way;
    hold_until(&exclusion, |played| played.given_way > before + 2);
}

#[test]
fn notification_without_rights_is_refused() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    become_thread();
    assert_eq!(use_notification(Notification::from_slot(SIGNAL_ONLY)), Err(Error::MissingRight));
    assert_eq!(use_notification(Notification::from_slot(1)), Err(Error::InvalidCapability));
}

#[test]
fn threads_are_known_by_their_buffers() {
    assert_ne!(Identity::of_buffer(0), Identity::of_buffer(0x1000));
    become_thread();
    let own = own_identity();
    let other = std::thread::spawn(|| {
        let without = own_identity();
        become_thread();
        (without, own_identity())
    });
    let (without, with) = other.join().expect("the other one");
    assert_eq!(without, Identity::of_buffer(0));
    assert!(with != own && with != without);
}
