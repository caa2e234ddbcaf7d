//! The mailbox to the VideoCore (BCM2835 ARM Peripherals describes it nowhere; the firmware's wiki does, "Accessing mailboxes"): words of 28
//! bits to a channel, and back. Its registers begin at 0xfe00_b880.

use crate::registers::{Offset, Registers};
use crate::wait::{TimedOut, Wait, until};

/// Mailbox 0: from the VideoCore. Mailbox 1: to it.
const READ: Offset = Offset::new(0x00);
const READ_STATUS: Offset = Offset::new(0x18);
const WRITE: Offset = Offset::new(0x20);
const WRITE_STATUS: Offset = Offset::new(0x38);

const FULL: u32 = 1 << 31;
const EMPTY: u32 = 1 << 30;

/// Microseconds that the VideoCore may take: it may have to turn on clocks and power.
const PATIENCE: u32 = 1_000_000;

/// Answers of other channels, or to questions that nobody waits for any more, that are passed over.
const STRANGERS: usize = 16;

/// A channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Properties, asked for by the ARM cores.
    Properties = 8,
}

/// A word for a channel: its lowest four bits are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter(u32);

impl Letter {
    /// This word; `None` if its lowest four bits are not zero.
    #[must_use]
    pub const fn new(word: u32) -> Option<Letter> {
        if word & 0xf == 0 { Some(Letter(word)) } else { None }
    }
}

/// The mailbox.
#[derive(Debug)]
pub struct Mailbox<R, W> {
    registers: R,
    wait: W,
}

impl<R: Registers, W: Wait> Mailbox<R, W> {
    /// Takes over the mailbox.
    pub const fn new(registers: R, wait: W) -> Mailbox<R, W> {
        Mailbox { registers, wait }
    }

    /// Sends a word to a channel and waits until the same comes back.
    ///
    /// # Errors
    /// [`TimedOut`], also if nothing but answers to others has come.
    pub fn exchange(&mut self, channel: Channel, letter: Letter) -> Result<(), TimedOut> {
        let word = letter.0 | channel as u32;
        let Self { registers, wait } = self;
        until(wait, PATIENCE, || (registers.read(WRITE_STATUS) & FULL == 0).then_some(()))?;
        registers.write(WRITE, word);
        for _ in 0..STRANGERS {
            until(wait, PATIENCE, || (registers.read(READ_STATUS) & EMPTY == 0).then_some(()))?;
            if registers.read(READ) == word {
                return Ok(());
            }
        }
        Err(TimedOut)
    }
}
