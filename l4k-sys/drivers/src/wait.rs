//! How a driver waits until its device is ready: for the device's interrupt, or, where there is none, by looking again.

use l4k_sys::{Irq, Notification};

use crate::delay::{Counter, MachineCounter};

/// The device was not ready in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut;

impl core::fmt::Display for TimedOut {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("the device was not ready in time")
    }
}

impl core::error::Error for TimedOut {}

/// A way to wait. The driver asks its device, and between two questions calls [`again`](Self::again).
pub trait Wait {
    /// A new wait begins, that may last this long.
    fn begin(&mut self, microseconds: u32);

    /// Returns when it is worth asking the device again.
    ///
    /// # Errors
    /// [`TimedOut`] if it is not worth it any more.
    fn again(&mut self) -> Result<(), TimedOut>;
}

/// Asks `ready` until it has an answer, for at most so long. It is asked once more when the time is over, since the program may
/// not have run meanwhile.
///
/// # Errors
/// [`TimedOut`].
pub fn until<T>(wait: &mut impl Wait, microseconds: u32, mut ready: impl FnMut() -> Option<T>) -> Result<T, TimedOut> {
    wait.begin(microseconds);
    loop {
        if let Some(answer) = ready() {
            return Ok(answer);
        }
        if wait.again().is_err() {
            return ready().ok_or(TimedOut);
        }
    }
}

/// Asks again at once, until the time is over. For devices without an interrupt, and for waits of a few microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Polling<C = MachineCounter> {
    counter: C,
    start: u64,
    ticks: u64,
}

impl<C: Counter> Polling<C> {
    /// Time by this counter.
    pub const fn new(counter: C) -> Self {
        Self { counter, start: 0, ticks: 0 }
    }
}

impl<C: Counter> Wait for Polling<C> {
    fn begin(&mut self, microseconds: u32) {
        let rate = u128::from(self.counter.ticks_per_second().max(1));
        self.ticks = (u128::from(microseconds) * rate).div_ceil(1_000_000) as u64 + 1;
        self.start = self.counter.ticks();
    }

    fn again(&mut self) -> Result<(), TimedOut> {
        core::hint::spin_loop();
        if self.counter.ticks().wrapping_sub(self.start) < self.ticks { Ok(()) } else { Err(TimedOut) }
    }
}

/// Sleeps until the device's interrupt comes. It has no limit of its own: a device that never answers holds its driver up
/// and nobody else.
#[derive(Clone, Copy, Debug)]
pub struct Interrupted {
    irq: Irq,
    notification: Notification,
}

impl Interrupted {
    /// Waits with `notification`, which `irq` is bound to.
    #[must_use]
    pub const fn new(irq: Irq, notification: Notification) -> Interrupted {
        Interrupted { irq, notification }
    }
}

impl Wait for Interrupted {
    fn begin(&mut self, _microseconds: u32) {}

    fn again(&mut self) -> Result<(), TimedOut> {
        // Unmasked first: the device's line is a level, so that what came before is not lost.
        self.irq.acknowledge().map_err(|_| TimedOut)?;
        self.notification.wait().map(|_| ()).map_err(|_| TimedOut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One tick a look, a thousand ticks a second.
    struct Ticks(u64);

    impl Counter for Ticks {
        fn ticks(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(1);
            self.0
        }

        fn ticks_per_second(&self) -> u64 {
            1000
        }
    }

    #[test]
    fn a_device_that_never_answers_times_out_after_the_time_at_the_earliest() {
        let mut polling = Polling::new(Ticks(u64::MAX - 3));
        let mut asked = 0;
        let answer = until(&mut polling, 10_000, || {
            asked += 1;
            None::<()>
        });
        assert_eq!(answer, Err(TimedOut));
        assert!(asked >= 10, "asked {asked} times in ten ticks");
    }

    #[test]
    fn an_answer_that_comes_with_the_end_of_the_time_is_taken() {
        let mut polling = Polling::new(Ticks(0));
        let mut asked = 0;
        let answer = until(&mut polling, 0, || {
            asked += 1;
            (asked == 2).then_some(7)
        });
        assert_eq!(answer, Ok(7));
    }
}
