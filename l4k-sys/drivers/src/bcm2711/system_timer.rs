//! The system timer of the BCM2711: a counter of microseconds, and the two of its compare registers that are left to Arm.
//!
//! BCM2711 ARM Peripherals, chapter 10. The block lies at 0xfe00_3000 and takes 0x1c bytes. Compare registers 0 and 2 belong to the
//! VideoCore and are not reached from here; 1 and 3 have an interrupt line each. The firmware starts the counter; nobody sets it.

use crate::delay::Counter;
use crate::registers::{Offset, Registers};

/// CS.
const STATUS: Offset = Offset::new(0x00);
/// CLO.
const COUNTER_LOW: Offset = Offset::new(0x04);
/// CHI.
const COUNTER_HIGH: Offset = Offset::new(0x08);
/// C1.
const COMPARE_ONE: Offset = Offset::new(0x10);
/// C3.
const COMPARE_THREE: Offset = Offset::new(0x18);

/// How often the counter counts in a second (section 10.1, "1 MHz").
pub const TICKS_PER_SECOND: u64 = 1_000_000;

/// A compare register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// C1, interrupt line 1 of the VideoCore's peripherals (section 6.2.4).
    One,
    /// C3, interrupt line 3 of the VideoCore's peripherals (section 6.2.4).
    Three,
}

impl Compare {
    const fn register(self) -> Offset {
        match self {
            Compare::One => COMPARE_ONE,
            Compare::Three => COMPARE_THREE,
        }
    }

    /// M1 or M3 in CS.
    const fn mask(self) -> u32 {
        match self {
            Compare::One => 1 << 1,
            Compare::Three => 1 << 3,
        }
    }
}

/// The moment had passed before the compare register was set: it would match 71 minutes later only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed;

/// The block.
#[derive(Debug)]
pub struct SystemTimer<R> {
    registers: R,
}

impl<R: Registers> SystemTimer<R> {
    /// Takes over the block, with its compare registers as they are.
    pub const fn new(registers: R) -> Self {
        Self { registers }
    }

    /// Microseconds since the counter was started: 64 bits that belong together.
    pub fn now(&mut self) -> u64 {
        let high = self.registers.read(COUNTER_HIGH);
        let low = self.registers.read(COUNTER_LOW);
        let again = self.registers.read(COUNTER_HIGH);
        // If the low half wrapped around meanwhile, it does not do so again for 71 minutes.
        let low = if again == high { low } else { self.registers.read(COUNTER_LOW) };
        u64::from(again) << 32 | u64::from(low)
    }

    /// The low 32 bits of the counter, which is what compare registers are compared with.
    pub fn now_low(&mut self) -> u32 {
        self.registers.read(COUNTER_LOW)
    }

    /// A match as soon as the low 32 bits of the counter are `moment`, whenever that is. A match that is there stays.
    pub fn set(&mut self, compare: Compare, moment: u32) {
        self.registers.write(compare.register(), moment);
    }

    /// Forgets the last match, and makes one in `microseconds`. Gives the moment, as of [`now_low`](Self::now_low).
    ///
    /// # Errors
    /// [`Passed`] if the time was over before the register was set up, and no match is there. Always for 0.
    pub fn set_after(&mut self, compare: Compare, microseconds: u32) -> Result<u32, Passed> {
        let start = self.now_low();
        let moment = start.wrapping_add(microseconds);
        self.set(compare, moment);
        // Only now, so that no match with what the register had before is taken for the new one.
        self.clear(compare);
        let is_over = self.now_low().wrapping_sub(start) >= microseconds;
        if is_over && !self.has_matched(compare) { Err(Passed) } else { Ok(moment) }
    }

    /// What the compare register is set to.
    pub fn compare(&mut self, compare: Compare) -> u32 {
        self.registers.read(compare.register())
    }

    /// Whether there was a match since the last was cleared. The interrupt line stays asserted as long.
    pub fn has_matched(&mut self, compare: Compare) -> bool {
        self.registers.read(STATUS) & compare.mask() != 0
    }

    /// Clears a match, and no other.
    pub fn clear(&mut self, compare: Compare) {
        self.registers.write(STATUS, compare.mask());
    }
}

impl<R: Registers> Counter for SystemTimer<R> {
    fn ticks(&mut self) -> u64 {
        self.now()
    }

    fn ticks_per_second(&self) -> u64 {
        TICKS_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delay::Delay;
    use embedded_hal::delay::DelayNs;

    /// The block. `step` microseconds go by after each access.
    struct Model {
        counter: u64,
        step: u64,
        status: u32,
        compare: [u32; 4],
    }

    impl Model {
        fn go_by(&mut self) {
            for _ in 0..self.step {
                self.counter = self.counter.wrapping_add(1);
                for (index, compare) in self.compare.into_iter().enumerate() {
                    self.status |= u32::from(compare == self.counter as u32) << index;
                }
            }
        }
    }

    impl Registers for Model {
        fn read(&mut self, register: Offset) -> u32 {
            let value = match register.bytes() {
                0x00 => self.status,
                0x04 => self.counter as u32,
                0x08 => (self.counter >> 32) as u32,
                offset => self.compare[(offset - 0x0c) / 4],
            };
            self.go_by();
            value
        }

        fn write(&mut self, register: Offset, value: u32) {
            match register.bytes() {
                0x00 => {
                    assert_eq!(value & 0b0101, 0, "the VideoCore's match was cleared");
                    self.status &= !value;
                }
                offset @ (0x10 | 0x18) => self.compare[(offset - 0x0c) / 4] = value,
                offset => panic!("written at {offset:#x}"),
            }
            self.go_by();
        }
    }

    fn timer(counter: u64, step: u64) -> SystemTimer<Model> {
        SystemTimer::new(Model { counter, step, status: 0b0101, compare: [1 << 31; 4] })
    }

    #[test]
    fn the_counter_is_read_in_one_piece() {
        for before in 0..6 {
            let mut timer = timer(0x1_0000_0000 - before, 1);
            let now = timer.now();
            assert!((0x1_0000_0000 - before..=timer.registers.counter).contains(&now), "{now:#x}");
        }
        assert_eq!(timer(0x1234_5678_9abc_def0, 0).now(), 0x1234_5678_9abc_def0);
    }

    #[test]
    fn a_match_comes_in_time_and_stays_until_it_is_cleared() {
        for (compare, other) in [(Compare::One, Compare::Three), (Compare::Three, Compare::One)] {
            let mut timer = timer(0xffff_fff0, 1);
            let moment = timer.set_after(compare, 100).unwrap();
            assert_eq!(timer.compare(compare), moment);
            while !timer.has_matched(compare) {
                assert!(timer.registers.counter < 0xffff_fff0 + 110);
            }
            assert!(timer.registers.counter >= 0xffff_fff0 + 100);
            assert!(timer.has_matched(compare) && !timer.has_matched(other));
            timer.clear(compare);
            assert!(!timer.has_matched(compare));
            assert_eq!(timer.registers.status, 0b0101);
        }
    }

    #[test]
    fn a_moment_that_has_passed_is_told() {
        assert_eq!(timer(100, 1).set_after(Compare::One, 0), Err(Passed));
        assert_eq!(timer(100, 1).set_after(Compare::One, 1), Err(Passed));
        assert_eq!(timer(100, 10).set_after(Compare::Three, 10), Err(Passed));
        assert_eq!(timer(100, 10).set_after(Compare::Three, 25), Ok(125), "it matched before it was looked at");
        assert_eq!(timer(100, 10).set_after(Compare::Three, 15), Err(Passed), "its match was cleared with the old one");
        assert_eq!(timer(100, 1).set_after(Compare::Three, u32::MAX), Ok(99));
    }

    #[test]
    fn a_moment_may_be_set_as_it_is() {
        let mut timer = timer(0, 1);
        timer.set(Compare::One, 20);
        while !timer.has_matched(Compare::One) {}
        assert!(timer.now_low() >= 20);
    }

    #[test]
    fn delays_go_by_the_counter() {
        let timer = timer(u64::from(u32::MAX) - 3, 1);
        assert_eq!(timer.ticks_per_second(), 1_000_000);
        let mut delay = Delay::new(timer);
        delay.delay_us(20);
    }
}
