//! Short delays for drivers, by the machine's counter: what drivers written against `embedded-hal` ask for.
//!
//! A driver waits for events, not for time to pass. This is for the few microseconds that a data sheet asks for between two
//! accesses, where no event tells that they are over; the processor's time is spent meanwhile.

use embedded_hal::delay::DelayNs;

/// A counter that runs at a constant rate.
pub trait Counter {
    /// Its value, modulo 2^64.
    fn ticks(&mut self) -> u64;
    /// Its rate; 0 is taken for one tick a second.
    fn ticks_per_second(&self) -> u64;
}

/// The machine's counter, CNTVCT_EL0.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineCounter;

impl Counter for MachineCounter {
    fn ticks(&mut self) -> u64 {
        l4k_sys::system::ticks()
    }

    fn ticks_per_second(&self) -> u64 {
        l4k_sys::system::ticks_per_second()
    }
}

/// Delays by a counter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delay<C = MachineCounter> {
    counter: C,
}

impl<C: Counter> Delay<C> {
    /// Delays by this counter.
    pub const fn new(counter: C) -> Self {
        Self { counter }
    }
}

impl<C: Counter> DelayNs for Delay<C> {
    /// Waits at least `nanoseconds`, rounded up to whole ticks, and one tick more, since the first may be nearly over.
    fn delay_ns(&mut self, nanoseconds: u32) {
        let rate = u128::from(self.counter.ticks_per_second().max(1));
        let ticks = (u128::from(nanoseconds) * rate).div_ceil(1_000_000_000) as u64 + 1;
        let start = self.counter.ticks();
        while self.counter.ticks().wrapping_sub(start) < ticks {
            core::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves on by `step` at each look.
    struct Steps {
        now: u64,
        step: u64,
        rate: u64,
    }

    impl Counter for Steps {
        fn ticks(&mut self) -> u64 {
            self.now = self.now.wrapping_add(self.step);
            self.now
        }

        fn ticks_per_second(&self) -> u64 {
            self.rate
        }
    }

    fn waited(nanoseconds: u32, start: u64, rate: u64) -> u64 {
        let mut delay = Delay::new(Steps { now: start, step: 1, rate });
        delay.delay_ns(nanoseconds);
        delay.counter.now.wrapping_sub(start)
    }

    #[test]
    fn a_delay_is_never_shorter_than_asked() {
        // 62.5 MHz: 16 ns a tick.
        assert!(waited(16, 0, 62_500_000) >= 2);
        assert!(waited(17, 0, 62_500_000) >= 3);
        assert!(waited(1_000, 0, 62_500_000) >= 63);
        assert!(waited(1, 0, 0) >= 1);
    }

    #[test]
    fn the_counter_may_wrap_around() {
        assert!(waited(1_000, u64::MAX - 5, 62_500_000) >= 63);
    }

    #[test]
    fn the_longest_delay_does_not_overflow() {
        let mut delay = Delay::new(Steps { now: 0, step: 1 << 50, rate: u64::MAX });
        delay.delay_ns(u32::MAX);
        assert!(delay.counter.now > 0);
    }
}
