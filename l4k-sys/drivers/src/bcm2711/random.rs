//! The random number generator of the BCM2711, an RNG200: warm-up, health and numbers.
//!
//! The data sheet does not describe it. Registers and sequences are those of Linux: `iproc-rng200.c`, for the warm-up that of the branch
//! of Raspberry Pi. The block lies at 0xfe10_4000 and takes 0x28 bytes. It can interrupt, but its interrupts are left disabled here: at a
//! megahertz of samples a word takes some tens of microseconds, thus [`Polling`](crate::wait::Polling) is the way to wait.

use crate::registers::{Offset, Registers};
use crate::wait::{TimedOut, Wait, until};

/// RNG_CTRL.
const CONTROL: Offset = Offset::new(0x00);
/// RNG_SOFT_RESET: of the generator.
const GENERATOR_RESET: Offset = Offset::new(0x04);
/// RBG_SOFT_RESET: of the source of bits behind it.
const SOURCE_RESET: Offset = Offset::new(0x08);
/// RNG_TOTAL_BIT_COUNT: bits that were made.
const BIT_COUNT: Offset = Offset::new(0x0c);
/// RNG_TOTAL_BIT_COUNT_THRESHOLD: how many of them the warm-up takes.
const BIT_COUNT_THRESHOLD: Offset = Offset::new(0x10);
/// RNG_INT_STATUS. Cleared by writing ones.
const STATUS: Offset = Offset::new(0x18);
/// RNG_INT_ENABLE.
const INTERRUPT_ENABLE: Offset = Offset::new(0x1c);
/// RNG_FIFO_DATA.
const DATA: Offset = Offset::new(0x20);
/// RNG_FIFO_COUNT: words that are ready in bits 7 to 0, above them the threshold of the interrupt.
const COUNT: Offset = Offset::new(0x24);

/// RNG_RBGEN: on. All bits of the field, as the branch of Raspberry Pi has it.
const GENERATE: u32 = 0x1fff;
/// The divider of the sampling rate: 3 stands for 1 MHz.
const SAMPLING: u32 = 3 << 13;
/// NIST_FAIL: the bits failed the tests that run along with the generator.
const TEST_FAILED: u32 = 1 << 5;
/// MASTER_FAIL_LOCKOUT: the generator has given up.
const LOCKED_OUT: u32 = 1 << 31;
/// The first bits are less random: so many are thrown away by the device.
const WARM_UP_BITS: u32 = 0x4_0000;
/// The count of bits that shows that the warm-up is over.
const WARM_BITS: u32 = 16;
/// Words in the FIFO that would make an interrupt.
const FIFO_THRESHOLD: u32 = 2 << 8;
/// The words in the FIFO, of [`COUNT`].
const COUNT_MASK: u32 = 0xff;

/// How long the warm-up may take: 2^18 bits at 1 MHz are a quarter of a second.
const WARM_UP_MICROSECONDS: u32 = 2_000_000;
/// How long a word may take.
const WORD_MICROSECONDS: u32 = 100_000;
/// How often a call resets the generator before it gives up.
const RESETS: u32 = 1;

/// Why there are no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RandomError {
    /// The generator makes no bits.
    TimedOut,
    /// The bits failed the generator's tests, again after it was reset.
    TestFailed,
}

impl core::fmt::Display for RandomError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TimedOut => formatter.write_str("the generator makes no bits"),
            Self::TestFailed => formatter.write_str("the bits failed the generator's tests, again after it was reset"),
        }
    }
}

impl core::error::Error for RandomError {}

/// What one attempt failed with.
enum Failure {
    TimedOut,
    TestFailed,
}

impl From<TimedOut> for Failure {
    fn from(_: TimedOut) -> Failure {
        Failure::TimedOut
    }
}

/// The block.
#[derive(Debug)]
pub struct Random<R> {
    registers: R,
}

impl<R: Registers> Random<R> {
    /// Takes over the generator and turns it on, unless the firmware has done that. Its interrupts are off.
    pub fn new(registers: R) -> Self {
        let mut random = Self { registers };
        random.registers.write(INTERRUPT_ENABLE, 0);
        if random.registers.read(CONTROL) & GENERATE == 0 {
            random.turn_on();
        }
        random
    }

    /// Fills `bytes`. Waits for the warm-up if it is not over, and for each word that is not ready. If the bits fail the generator's
    /// tests, it is reset once, and all bytes are made anew.
    ///
    /// # Errors
    /// [`RandomError`], and all bytes are 0.
    pub fn fill(&mut self, bytes: &mut [u8], wait: &mut impl Wait) -> Result<(), RandomError> {
        let mut resets = 0;
        let error = loop {
            match self.attempt(bytes, wait) {
                Ok(()) => return Ok(()),
                Err(Failure::TimedOut) => break RandomError::TimedOut,
                Err(Failure::TestFailed) if resets == RESETS => break RandomError::TestFailed,
                Err(Failure::TestFailed) => {
                    self.reset();
                    resets += 1;
                }
            }
        };
        bytes.fill(0);
        Err(error)
    }

    /// Words that are ready now, 0 to 255. Those of a generator that is cold or ill count too.
    pub fn words_ready(&mut self) -> u8 {
        (self.registers.read(COUNT) & COUNT_MASK) as u8
    }

    /// Throws away what the generator has, and lets it begin again with the warm-up. [`fill`](Self::fill) does it by itself when it
    /// must.
    pub fn reset(&mut self) {
        self.turn_off();
        self.registers.write(STATUS, u32::MAX);
        for (register, value) in [(SOURCE_RESET, 1), (GENERATOR_RESET, 1), (GENERATOR_RESET, 0), (SOURCE_RESET, 0)] {
            self.registers.modify(register, |reset| reset & !1 | value);
        }
        self.turn_on();
    }

    /// Turns the generator off. [`reset`](Self::reset) turns it on again.
    pub fn turn_off(&mut self) {
        self.registers.modify(CONTROL, |control| control & !GENERATE);
    }

    fn turn_on(&mut self) {
        self.registers.write(BIT_COUNT_THRESHOLD, WARM_UP_BITS);
        self.registers.write(COUNT, FIFO_THRESHOLD);
        self.registers.write(CONTROL, SAMPLING | GENERATE);
    }

    fn attempt(&mut self, bytes: &mut [u8], wait: &mut impl Wait) -> Result<(), Failure> {
        self.until_healthy(wait, WARM_UP_MICROSECONDS, |registers| registers.read(BIT_COUNT) > WARM_BITS)?;
        for chunk in bytes.chunks_mut(4) {
            self.until_healthy(wait, WORD_MICROSECONDS, |registers| registers.read(COUNT) & COUNT_MASK != 0)?;
            let word = self.registers.read(DATA).to_le_bytes();
            chunk.iter_mut().zip(word).for_each(|(byte, random)| *byte = random);
        }
        // The test may have failed after the last word was made.
        self.health()
    }

    /// Waits until `ready`, or until the bits fail the tests.
    fn until_healthy(
        &mut self,
        wait: &mut impl Wait,
        microseconds: u32,
        ready: impl Fn(&mut R) -> bool,
    ) -> Result<(), Failure> {
        until(wait, microseconds, || match self.health() {
            Ok(()) => ready(&mut self.registers).then_some(Ok(())),
            failed => Some(failed),
        })?
    }

    fn health(&mut self) -> Result<(), Failure> {
        if self.registers.read(STATUS) & (TEST_FAILED | LOCKED_OUT) == 0 { Ok(()) } else { Err(Failure::TestFailed) }
    }
}

#[cfg(test)]
#[path = "random_tests.rs"]
mod tests;
