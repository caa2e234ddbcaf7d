//! How long cores wait for the kernel's lock and hold it, in kernels with `lock-times`.

use super::cores::CORES_MAX;
use crate::base::arch::{CoreNumber, LockTimes};
use crate::base::time::{Instant, Ticks};
use aarch64_cpu::registers::CNTVCT_EL0;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tock_registers::interfaces::Readable;

/// Whether they are measured.
const MEASURED: bool = cfg!(feature = "lock-times");

/// Of one core: turns, waited in all, longest wait, held in all, longest hold. Nobody but the core itself writes.
static TIMES: [[AtomicU64; 5]; CORES_MAX] = [const { [const { AtomicU64::new(0) }; 5] }; CORES_MAX];

fn now() -> Instant {
    Instant(if MEASURED { CNTVCT_EL0.get() } else { 0 })
}

/// A turn that is being measured.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    since: Instant,
}

impl Measure {
    /// It begins to wait, or to hold.
    pub fn begin() -> Measure {
        Measure { since: now() }
    }

    /// The wait is over.
    pub fn end_of_wait(self, core: CoreNumber) -> Measure {
        self.note(core, 1);
        Measure::begin()
    }

    /// The lock is about to be given back.
    pub fn end_of_hold(self, core: CoreNumber) {
        self.note(core, 3);
        if MEASURED {
            add(&TIMES[usize::from(core.0) % CORES_MAX][0], 1);
        }
    }

    fn note(self, core: CoreNumber, place: usize) {
        if MEASURED {
            let Ticks(passed) = now().since(self.since);
            if let [_, sums @ ..] = &TIMES[usize::from(core.0) % CORES_MAX]
                && let Some([sum, longest]) = sums.get(place - 1..).and_then(|places| places.first_chunk())
            {
                add(sum, passed);
                longest.store(longest.load(Relaxed).max(passed), Relaxed);
            }
        }
    }
}

fn add(sum: &AtomicU64, more: u64) {
    sum.store(sum.load(Relaxed).wrapping_add(more), Relaxed);
}

/// What was measured on a core; `None` if nothing is.
pub fn of(core: CoreNumber) -> Option<LockTimes> {
    if !MEASURED {
        return None;
    }
    let [turns, waited, longest_wait, held, longest_hold] =
        TIMES[usize::from(core.0) % CORES_MAX].each_ref().map(|time| time.load(Relaxed));
    let [waited, longest_wait, held, longest_hold] = [waited, longest_wait, held, longest_hold].map(Ticks);
    Some(LockTimes { turns, waited, longest_wait, held, longest_hold })
}
