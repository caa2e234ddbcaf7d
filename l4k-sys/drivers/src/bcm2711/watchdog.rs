//! The watchdog of the BCM2711, that resets the board when it is not fed; and with it resetting and powering off on purpose.
//!
//! The data sheet does not describe the block PM. Registers and sequences are those of Linux, `bcm2835_wdt.c`. The block lies at
//! 0xfe10_0000; what is used of it takes 0x28 bytes. The rest of it are power domains: give it to no other program.
//!
//! QEMU before it had a timer in this device does not count: it resets the machine as soon as the watchdog is started.

use core::time::Duration;

use crate::registers::{Offset, Registers};

/// PM_RSTC: what happens when the time is over.
const RESET_CONTROL: Offset = Offset::new(0x1c);
/// PM_RSTS: what reset the board last, and which partition the firmware is to start from.
const RESET_STATUS: Offset = Offset::new(0x20);
/// PM_WDOG: the time that is left.
const TIME: Offset = Offset::new(0x24);

/// In bits 31 to 24 of everything that is written.
const PASSWORD: u32 = 0x5a << 24;
/// The bits below the password.
const VALUE: u32 = 0x00ff_ffff;
/// WRCFG of PM_RSTC.
const ACTION: u32 = 0b11 << 4;
/// WRCFG: reset everything.
const FULL_RESET: u32 = 0b10 << 4;
/// PM_RSTC after a reset of the chip: no action.
const NO_ACTION: u32 = 0x102;
/// The bits of PM_RSTS that hold the partition: 0, 2, 4, 6, 8 and 10.
const PARTITION: u32 = 0x555;
/// The bits of PM_WDOG that hold the time.
const TIME_MASK: u32 = 0x000f_ffff;

/// Ticks in a second.
const TICKS_PER_SECOND: u128 = 1 << 16;
/// The time until a reset that is wanted at once: 153 microseconds.
const AT_ONCE: Timeout = Timeout(10);

/// How long the watchdog waits: 1 to 2^20 - 1 ticks of 1/65536 second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeout(u32);

/// The watchdog cannot wait 0, nor longer than [`Timeout::LONGEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeoutOutOfRange;

impl core::fmt::Display for TimeoutOutOfRange {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("the watchdog cannot wait 0, nor as long as 16 seconds")
    }
}

impl core::error::Error for TimeoutOutOfRange {}

impl Timeout {
    /// The longest: a tick less than 16 seconds.
    pub const LONGEST: Timeout = Timeout(TIME_MASK);

    /// At least this long, rounded up to whole ticks (15.3 microseconds).
    ///
    /// # Errors
    /// [`TimeoutOutOfRange`].
    pub const fn new(duration: Duration) -> Result<Timeout, TimeoutOutOfRange> {
        // A duration has less than 2^94 nanoseconds, so that the product fits.
        let ticks = (duration.as_nanos() * TICKS_PER_SECOND).div_ceil(1_000_000_000);
        if ticks == 0 || ticks > TIME_MASK as u128 {
            return Err(TimeoutOutOfRange);
        }
        Ok(Timeout(ticks as u32))
    }

    /// How long it is, rounded down to nanoseconds.
    #[must_use]
    pub const fn duration(self) -> Duration {
        // 2^20 ticks of 15259 nanoseconds.
        Duration::from_nanos((self.0 as u64 * 1_000_000_000) >> 16)
    }
}

/// A partition of the boot medium that the firmware starts from after a reset, 0 to 62. 0 lets it choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Partition(u8);

impl Partition {
    /// The firmware chooses.
    pub const DEFAULT: Partition = Partition(0);
    /// The firmware does not start at all.
    const HALT: Partition = Partition(63);

    /// This one; `None` from 63 on, since 63 stands for [`power_off`](Watchdog::power_off).
    #[must_use]
    pub const fn new(number: u8) -> Option<Partition> {
        if number < Partition::HALT.0 { Some(Partition(number)) } else { None }
    }

    /// Its bits in PM_RSTS: each second one.
    const fn spread(self) -> u32 {
        let mut spread = 0;
        let mut bit = 0;
        while bit < 6 {
            spread |= ((self.0 >> bit & 1) as u32) << (bit * 2);
            bit += 1;
        }
        spread
    }
}

/// The watchdog was not started with [`Watchdog::start`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotStarted;

impl core::fmt::Display for NotStarted {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("the watchdog was not started")
    }
}

impl core::error::Error for NotStarted {}

/// The block, as far as it is about resets.
#[derive(Debug)]
pub struct Watchdog<R> {
    registers: R,
    /// Set between start and stop.
    timeout: Option<Timeout>,
}

impl<R: Registers> Watchdog<R> {
    /// Takes over the block. A watchdog that the firmware started goes on.
    pub const fn new(registers: R) -> Self {
        Self { registers, timeout: None }
    }

    /// From now on the board is reset when it was not fed for this long.
    pub fn start(&mut self, timeout: Timeout) {
        self.timeout = Some(timeout);
        self.count_down(timeout);
    }

    /// Lets the time begin anew.
    ///
    /// # Errors
    /// [`NotStarted`].
    pub fn feed(&mut self) -> Result<(), NotStarted> {
        let timeout = self.timeout.ok_or(NotStarted)?;
        self.count_down(timeout);
        Ok(())
    }

    /// Stops it, whoever started it. The board is not reset.
    pub fn stop(&mut self) {
        self.timeout = None;
        self.registers.write(RESET_CONTROL, PASSWORD | NO_ACTION);
    }

    /// Whether the board is to be reset when the time is over, whoever asked for that.
    pub fn is_running(&mut self) -> bool {
        self.registers.read(RESET_CONTROL) & ACTION == FULL_RESET
    }

    /// The time until the reset, if it [is running](Self::is_running).
    pub fn time_left(&mut self) -> Duration {
        Timeout(self.registers.read(TIME) & TIME_MASK).duration()
    }

    /// Resets the board, 153 microseconds later; the firmware starts from this partition. The program goes on until then: it should
    /// do nothing more.
    pub fn reset(&mut self, partition: Partition) {
        self.set_partition(partition);
        self.timeout = None;
        self.count_down(AT_ONCE);
    }

    /// Powers the board off as far as it can: resets it, 153 microseconds later, with the partition 63, which tells the firmware to
    /// halt. It starts again when its power is switched off and on or its RUN or GLOBAL_EN pin is pulled low.
    pub fn power_off(&mut self) {
        self.reset(Partition::HALT);
    }

    fn count_down(&mut self, timeout: Timeout) {
        self.registers.write(TIME, PASSWORD | timeout.0);
        self.registers.modify(RESET_CONTROL, |control| PASSWORD | control & VALUE & !ACTION | FULL_RESET);
    }

    fn set_partition(&mut self, partition: Partition) {
        self.registers.modify(RESET_STATUS, |status| PASSWORD | status & VALUE & !PARTITION | partition.spread());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The block. Time goes by with [`go_by`](Self::go_by).
    struct Model {
        control: u32,
        status: u32,
        time: u32,
        /// PM_RSTS at the moment of the reset.
        reset: Option<u32>,
    }

    impl Model {
        fn go_by(&mut self, ticks: u32) {
            let is_over = self.time <= ticks;
            self.time = self.time.saturating_sub(ticks);
            if is_over && self.control & ACTION == FULL_RESET {
                self.reset.get_or_insert(self.status);
            }
        }
    }

    impl Registers for Model {
        fn read(&mut self, register: Offset) -> u32 {
            match register.bytes() {
                0x1c => self.control,
                0x20 => self.status,
                0x24 => self.time,
                offset => panic!("no register at {offset:#x}"),
            }
        }

        fn write(&mut self, register: Offset, value: u32) {
            if value >> 24 != 0x5a {
                return;
            }
            let value = value & VALUE;
            match register.bytes() {
                0x1c => self.control = value,
                0x20 => self.status = value,
                0x24 => self.time = value & TIME_MASK,
                offset => panic!("no register at {offset:#x}"),
            }
        }
    }

    fn watchdog() -> Watchdog<Model> {
        // As after power on, with a bit of the partition set.
        Watchdog::new(Model { control: 0x102, status: 0x1004, time: 0, reset: None })
    }

    fn seconds(seconds: u64) -> Timeout {
        Timeout::new(Duration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn the_board_is_reset_when_the_watchdog_is_not_fed() {
        let mut watchdog = watchdog();
        assert!(!watchdog.is_running());
        watchdog.start(seconds(2));
        assert!(watchdog.is_running());
        assert_eq!(watchdog.registers.control, 0x122);
        watchdog.registers.go_by(0x1_ffff);
        assert_eq!(watchdog.registers.reset, None);
        watchdog.registers.go_by(1);
        assert_eq!(watchdog.registers.reset, Some(0x1004), "the partition was changed");
    }

    #[test]
    fn another_action_that_was_chosen_before_is_replaced() {
        let mut watchdog = watchdog();
        watchdog.registers.control = 0x132;
        assert!(!watchdog.is_running());
        watchdog.start(seconds(1));
        assert!(watchdog.is_running());
        assert_eq!(watchdog.registers.control, 0x122);
    }

    #[test]
    fn a_watchdog_that_is_fed_or_stopped_does_nothing() {
        let mut watchdog = watchdog();
        watchdog.start(seconds(1));
        for _ in 0..10 {
            watchdog.registers.go_by(0x8000);
            assert_eq!(watchdog.time_left(), Duration::from_millis(500));
            assert_eq!(watchdog.feed(), Ok(()));
        }
        watchdog.stop();
        assert!(!watchdog.is_running());
        assert_eq!(watchdog.feed(), Err(NotStarted));
        watchdog.registers.go_by(u32::MAX);
        assert_eq!((watchdog.registers.reset, watchdog.registers.control), (None, 0x102));
    }

    #[test]
    fn timeouts_are_checked_and_rounded_up() {
        let new = |nanoseconds| Timeout::new(Duration::from_nanos(nanoseconds));
        assert_eq!(new(0), Err(TimeoutOutOfRange));
        assert_eq!(new(1), Ok(Timeout(1)));
        assert_eq!(new(15_258), Ok(Timeout(1)));
        assert_eq!(new(15_259), Ok(Timeout(2)));
        assert_eq!(new(15_999_984_741), Ok(Timeout::LONGEST));
        assert_eq!(new(15_999_984_742), Err(TimeoutOutOfRange));
        assert_eq!(Timeout::new(Duration::from_secs(16)), Err(TimeoutOutOfRange));
        assert_eq!(Timeout::new(Duration::MAX), Err(TimeoutOutOfRange));
        assert_eq!(seconds(15).duration(), Duration::from_secs(15));
        assert_eq!(Timeout::LONGEST.duration().as_millis(), 15_999);
    }

    #[test]
    fn a_reset_says_where_to_start_from() {
        for (number, bits) in [(0, 0), (1, 1), (2, 4), (33, 0x401), (62, 0x554)] {
            let mut watchdog = watchdog();
            watchdog.start(seconds(1));
            watchdog.reset(Partition::new(number).unwrap());
            assert_eq!(watchdog.feed(), Err(NotStarted), "fed after all was over");
            watchdog.registers.go_by(10);
            assert_eq!(watchdog.registers.reset, Some(0x1000 | bits), "partition {number}");
        }
        assert_eq!(Partition::new(63), None);
        assert_eq!(Partition::DEFAULT, Partition::new(0).unwrap());
    }

    #[test]
    fn power_off_halts_the_firmware() {
        let mut watchdog = watchdog();
        watchdog.power_off();
        watchdog.registers.go_by(10);
        assert_eq!(watchdog.registers.reset, Some(0x1555));
    }
}
