//! The generator over a model of it.

extern crate std;

use super::*;
use std::collections::VecDeque;

/// Words that the FIFO holds.
const FIFO_WORDS: usize = 16;

/// The generator. Makes a word of 32 bits every second time it is asked for its count, bits of warm-up each time it is asked for
/// theirs.
struct Model {
    control: u32,
    generator_reset: u32,
    source_reset: u32,
    warm_up_left: u32,
    bits: u32,
    threshold: u32,
    status: u32,
    interrupts: u32,
    fifo: VecDeque<u32>,
    fifo_threshold: u32,
    next: u32,
    asked: u32,
    /// After how many words each the tests fail, one for every time that it is turned on.
    ills: VecDeque<u32>,
    /// The tests fail, once, as soon as the FIFO is read.
    is_ill_when_read: bool,
    /// Words since it was turned on.
    words: u32,
    resets: u32,
    /// Bits come at all.
    alive: bool,
}

impl Model {
    fn new() -> Model {
        Model {
            control: 0,
            generator_reset: 0,
            source_reset: 0,
            warm_up_left: 0,
            bits: 0,
            threshold: 0,
            status: 0,
            interrupts: 5,
            fifo: VecDeque::new(),
            fifo_threshold: 0,
            next: 0x0403_0201,
            asked: 0,
            ills: VecDeque::new(),
            is_ill_when_read: false,
            words: 0,
            resets: 0,
            alive: true,
        }
    }

    fn ill(ills: &[u32]) -> Random<Model> {
        Random::new(Model { ills: ills.iter().copied().collect(), ..Model::new() })
    }

    fn is_on(&self) -> bool {
        self.alive && self.control & 1 != 0 && self.status & (TEST_FAILED | LOCKED_OUT) == 0
    }

    fn make_word(&mut self) {
        if !self.is_on() || self.warm_up_left > 0 || self.fifo.len() == FIFO_WORDS {
            return;
        }
        if self.ills.front() == Some(&self.words) {
            self.ills.pop_front();
            self.status |= TEST_FAILED;
            return;
        }
        self.words += 1;
        self.bits += 32;
        self.fifo.push_back(self.next);
        self.next = self.next.wrapping_add(0x0404_0404);
    }

    fn warm_up(&mut self) {
        if self.is_on() {
            self.warm_up_left = self.warm_up_left.saturating_sub(0x1_0000);
            self.make_word();
        }
    }
}

impl Registers for Model {
    fn read(&mut self, register: Offset) -> u32 {
        match register.bytes() {
            0x00 => self.control,
            0x04 => self.generator_reset,
            0x08 => self.source_reset,
            0x0c => {
                self.warm_up();
                self.bits
            }
            0x18 => self.status | 0x2_0000,
            0x20 => {
                if core::mem::take(&mut self.is_ill_when_read) {
                    self.status |= TEST_FAILED;
                }
                self.fifo.pop_front().expect("read from an empty FIFO")
            }
            0x24 => {
                self.asked += 1;
                if self.asked.is_multiple_of(2) {
                    self.make_word();
                }
                self.fifo_threshold << 8 | self.fifo.len() as u32
            }
            offset => panic!("no register to read at {offset:#x}"),
        }
    }

    fn write(&mut self, register: Offset, value: u32) {
        match register.bytes() {
            0x00 => {
                if self.control & 1 == 0 && value & 1 != 0 {
                    assert_eq!((self.generator_reset, self.source_reset), (0, 0), "turned on during the reset");
                    self.warm_up_left = self.threshold;
                    self.words = 0;
                }
                self.control = value;
            }
            0x04 => {
                if value & 1 != 0 {
                    assert_eq!((self.control & GENERATE, self.source_reset), (0, 1), "reset out of order");
                    self.fifo.clear();
                    self.bits = 0;
                    self.threshold = 0;
                    self.fifo_threshold = 0;
                    self.resets += 1;
                }
                self.generator_reset = value & 1;
            }
            0x08 => self.source_reset = value & 1,
            0x10 => self.threshold = value,
            0x18 => self.status &= !value,
            0x1c => self.interrupts = value,
            0x24 => self.fifo_threshold = value >> 8,
            offset => panic!("no register to write at {offset:#x}"),
        }
    }
}

/// Gives up after some looks.
struct Looks(u32);

impl Wait for Looks {
    fn begin(&mut self, _microseconds: u32) {
        self.0 = 100;
    }

    fn again(&mut self) -> Result<(), TimedOut> {
        self.0 = self.0.checked_sub(1).ok_or(TimedOut)?;
        Ok(())
    }
}

fn fill(random: &mut Random<Model>, bytes: &mut [u8]) -> Result<(), RandomError> {
    random.fill(bytes, &mut Looks(0))
}

#[test]
fn the_generator_is_turned_on_with_a_warm_up_and_without_interrupts() {
    let random = Random::new(Model::new());
    let model = &random.registers;
    assert_eq!((model.control, model.threshold, model.interrupts), (0x7fff, 0x4_0000, 0));
    assert_eq!(model.fifo_threshold, 2);
}

#[test]
fn a_generator_that_is_on_is_left_alone() {
    let random = Random::new(Model { control: 0x4001, ..Model::new() });
    assert_eq!((random.registers.control, random.registers.threshold), (0x4001, 0));
}

#[test]
fn every_byte_is_filled_and_none_twice() {
    let mut random = Random::new(Model::new());
    for length in [0, 1, 3, 4, 5, 101] {
        let mut bytes = [0; 101];
        let next = random.registers.fifo.front().copied().unwrap_or(random.registers.next) as u8;
        assert_eq!(fill(&mut random, &mut bytes[..length]), Ok(()));
        let expected = (0..length).map(|index| next.wrapping_add(index as u8));
        assert!(bytes[..length].iter().copied().eq(expected), "{bytes:?}");
        assert!(bytes[length..].iter().all(|byte| *byte == 0));
    }
    assert_eq!(random.registers.warm_up_left, 0);
    assert_eq!(random.registers.resets, 0);
}

#[test]
fn after_a_failed_test_the_generator_is_reset_and_all_bytes_are_made_anew() {
    let mut random = Model::ill(&[3]);
    let mut bytes = [0; 32];
    assert_eq!(fill(&mut random, &mut bytes), Ok(()));
    assert_eq!(random.registers.resets, 1);
    // The words from before the reset are 0x04030201, 0x08070605 and 0x0c0b0a09.
    assert!(bytes.iter().copied().eq(13..45), "{bytes:?}");
    assert_eq!(random.registers.control, 0x7fff);
    assert_eq!(random.registers.threshold, 0x4_0000, "the reset forgot the threshold");
}

#[test]
fn a_test_that_fails_after_the_last_word_counts() {
    let mut random = Random::new(Model { is_ill_when_read: true, ..Model::new() });
    let mut bytes = [0; 4];
    assert_eq!(fill(&mut random, &mut bytes), Ok(()));
    assert_eq!(random.registers.resets, 1);
    assert_ne!(bytes, [1, 2, 3, 4], "the word from before the reset");
}

#[test]
fn a_generator_that_fails_again_gives_nothing() {
    for ills in [[3, 3], [0, 0]] {
        let mut random = Model::ill(&ills);
        let mut bytes = [7; 32];
        assert_eq!(fill(&mut random, &mut bytes), Err(RandomError::TestFailed));
        assert_eq!(bytes, [0; 32]);
        assert_eq!(random.registers.resets, 1);
        // The next call tries again.
        assert_eq!(fill(&mut random, &mut bytes), Ok(()));
        assert_eq!(random.registers.resets, 2);
    }
}

#[test]
fn a_generator_that_has_given_up_is_reset() {
    let mut random = Random::new(Model { status: LOCKED_OUT, ..Model::new() });
    assert_eq!(fill(&mut random, &mut [0; 4]), Ok(()));
    assert_eq!(random.registers.resets, 1);
}

#[test]
fn a_generator_that_makes_no_bits_times_out() {
    let mut random = Random::new(Model { alive: false, ..Model::new() });
    let mut bytes = [7; 5];
    assert_eq!(fill(&mut random, &mut bytes), Err(RandomError::TimedOut));
    assert_eq!(bytes, [0; 5]);
    random.registers.alive = true;
    assert_eq!(fill(&mut random, &mut bytes), Ok(()));
    random.turn_off();
    assert_eq!(fill(&mut random, &mut [0; 200]), Err(RandomError::TimedOut));
    random.reset();
    assert_eq!(random.words_ready(), 0);
    assert_eq!(fill(&mut random, &mut [0; 200]), Ok(()));
}
