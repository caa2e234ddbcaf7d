//! What `l4k-sys/src/critical_section/means.rs` offers: atomics of loom, and a kernel with one notification. May call `explored_sync`, `flaw`
//! and `model`.

use std::cell::RefCell;
use std::rc::Rc;

use loom::sync::{Condvar, Mutex};

use crate::flaw;

pub use super::sync::{AtomicU32, Ordering};
pub use crate::model::pause as give_way;

/// 64 bits that are kept in 32: the values of the tests are small, or all ones.
#[derive(Debug)]
pub struct AtomicU64(AtomicU32);

impl AtomicU64 {
    /// With a value.
    pub const fn new(initial: u64) -> Self {
        Self(AtomicU32::new(initial as u32))
    }

    /// Reads.
    pub fn load(&self, order: Ordering) -> u64 {
        match self.0.load(order) {
            u32::MAX => u64::MAX,
            value => u64::from(value),
        }
    }

    /// Writes.
    pub fn store(&self, value: u64, order: Ordering) {
        self.0.store(value as u32, order);
    }
}

/// A notification.
#[derive(Debug, Default)]
struct Notification {
    state: Mutex<Signals>,
    signalled: Condvar,
}

#[derive(Debug, Default)]
struct Signals {
    pending: bool,
    waiting: u32,
}

thread_local! {
    static NOTIFICATION: RefCell<Option<Rc<Notification>>> = const { RefCell::new(None) };
}

/// Makes the notification, at the beginning of a model.
pub fn make_notification() {
    NOTIFICATION.set(Some(Rc::new(Notification::default())));
}

/// Forgets it, at the end.
pub fn forget_notification() {
    NOTIFICATION.set(None);
}

fn notification() -> Rc<Notification> {
    NOTIFICATION.with_borrow(Clone::clone).expect("a notification")
}

/// Waits for a signal, and takes it.
pub fn wait(_: u64) {
    let notification = notification();
    let mut signals = notification.state.lock().expect("the kernel");
    signals.waiting += 1;
    while !signals.pending {
        signals = notification.signalled.wait(signals).expect("the kernel");
    }
    signals.waiting -= 1;
    signals.pending = false;
}

/// Signals. Signals are collected, not counted.
pub fn signal(_: u64) {
    let notification = notification();
    let mut signals = notification.state.lock().expect("the kernel");
    if signals.waiting > 0 || !flaw::signals_are_forgotten() {
        signals.pending = true;
        notification.signalled.notify_one();
    }
}
