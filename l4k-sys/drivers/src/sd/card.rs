//! A card in use: its blocks are read and written, and it is brought back to order after errors.

use core::fmt;

use super::capacity::BLOCK_BYTES;
use super::command::{Command, Direction, Transfer};
use super::error::{BlockError, HostError, StartError};
use super::host::Host;
use super::identify::{CardKind, Identity};
use super::status::{CardState, CardStatus};
use super::transfer::Answers;
use crate::registers::Registers;
use crate::wait::Wait;

/// Microseconds between two times that a card is asked whether it has ended programming.
const ASK_AGAIN: u32 = 100;
/// How often it is asked: for a second, twice what the specification allows any card (SD Physical Layer Simplified
/// Specification 6.00, section 4.6.2.2).
const ASK_TIMES: u32 = 10_000;
/// The most blocks that one command moves: what the controller's counter holds (SD Host Controller Simplified
/// Specification 3.00, section 2.2.3).
const MOST_BLOCKS: usize = u16::MAX as usize;

/// An SD card that takes data commands.
#[derive(Debug)]
pub struct SdCard<R, W> {
    host: Host<R, W>,
    identity: Identity,
    condition: Condition,
}

/// Whether the card is known to be waiting for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    /// It is.
    Ready,
    /// The last transfer failed: the card may still be sending or receiving.
    Doubtful,
}

/// A card could not be started. Has the controller for another try.
#[derive(Debug)]
pub struct StartFailure<R, W> {
    /// Why.
    pub error: StartError,
    /// The controller that was given.
    pub host: Host<R, W>,
}

impl<R, W> fmt::Display for StartFailure<R, W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the card could not be started: {}", self.error)
    }
}

impl<R: fmt::Debug, W: fmt::Debug> core::error::Error for StartFailure<R, W> {}

impl<R: Registers, W: Wait> SdCard<R, W> {
    /// Resets the controller, and identifies and selects its card. Takes up to a few seconds if the card does not
    /// answer as it should.
    ///
    /// # Errors
    /// [`StartError`], and the controller.
    pub fn start(mut host: Host<R, W>) -> Result<SdCard<R, W>, StartFailure<R, W>> {
        match host.identify() {
            Ok(identity) => Ok(SdCard { host, identity, condition: Condition::Ready }),
            Err(error) => Err(StartFailure { error, host }),
        }
    }

    /// Gives the controller back, for example to start a card that was put in anew.
    #[must_use]
    pub fn into_host(self) -> Host<R, W> {
        self.host
    }

    /// Blocks of 512 bytes that the card has.
    #[must_use]
    pub const fn blocks(&self) -> u32 {
        self.identity.blocks
    }

    /// The card's kind.
    #[must_use]
    pub const fn kind(&self) -> CardKind {
        self.identity.kind
    }

    /// Reads blocks from number `first` on, one for each of `blocks`. What `blocks` holds after an error is not told.
    ///
    /// # Errors
    /// [`BlockError`]. The card can be used again afterwards, unless it is broken or gone.
    pub fn read<'b, I>(&mut self, first: u32, blocks: I) -> Result<(), BlockError>
    where
        I: IntoIterator<Item = &'b mut [u8; BLOCK_BYTES], IntoIter: ExactSizeIterator>,
    {
        let mut blocks = blocks.into_iter();
        self.each_transfer(Direction::Read, first, blocks.len(), |card, transfer| {
            let answers = card.host.read_blocks(transfer, &mut blocks)?;
            answers.check()
        })
    }

    /// Writes blocks from number `first` on, one for each of `blocks`, and waits until the card has programmed them.
    ///
    /// # Errors
    /// [`BlockError`]. The card can be used again afterwards, unless it is broken or gone.
    pub fn write<'b, I>(&mut self, first: u32, blocks: I) -> Result<(), BlockError>
    where
        I: IntoIterator<Item = &'b [u8; BLOCK_BYTES], IntoIter: ExactSizeIterator>,
    {
        let mut blocks = blocks.into_iter();
        self.each_transfer(Direction::Write, first, blocks.len(), |card, transfer| {
            let answers = card.host.write_blocks(transfer, &mut blocks)?;
            answers.check()?;
            card.until_programmed()
        })
    }

    /// Splits the blocks into transfers that the controller can count.
    fn each_transfer(
        &mut self,
        direction: Direction,
        first: u32,
        count: usize,
        mut transfer: impl FnMut(&mut Self, Transfer) -> Result<(), BlockError>,
    ) -> Result<(), BlockError> {
        let end = u64::from(first).saturating_add(count as u64);
        if end > u64::from(self.identity.blocks) {
            return Err(BlockError::BeyondEnd);
        }
        let (mut first, mut left) = (first, count);
        while left > 0 {
            self.make_ready()?;
            let now = left.min(MOST_BLOCKS);
            let described = Transfer { direction, address: self.address_of(first), count: now as u16 };
            if let Err(error) = transfer(self, described) {
                self.condition = Condition::Doubtful;
                // The error that came first is the one to tell of. What remains doubtful is tried again before the next
                // transfer.
                let _ = self.make_ready();
                return Err(error);
            }
            // Neither overflows: `end` has a place in 32 bits.
            first += now as u32;
            left -= now;
        }
        Ok(())
    }

    /// What the card is told for a block inside it. Cards of standard capacity have at most 2^23 blocks by their CSD,
    /// so that the number of the byte has a place in 32 bits.
    const fn address_of(&self, block: u32) -> u32 {
        match self.identity.kind {
            CardKind::StandardCapacity => block.wrapping_mul(BLOCK_BYTES as u32),
            CardKind::HighCapacity => block,
        }
    }

    /// After an error: brings the lines to rest and stops what the card still does (section 3.10 of the host's
    /// specification).
    fn make_ready(&mut self) -> Result<(), BlockError> {
        if self.condition == Condition::Ready {
            return Ok(());
        }
        self.host.reset_lines()?;
        // Faults that this status tells of are those of the transfer that failed.
        if matches!(self.status()?.state(), CardState::Sending | CardState::Receiving) {
            // The card may have ended by itself meanwhile, and then knows no CMD12: its state is what counts.
            let _ = self.host.command(Command::stop());
        }
        self.until_ready()?;
        self.condition = Condition::Ready;
        Ok(())
    }

    /// CMD13 until writing has ended.
    fn until_programmed(&mut self) -> Result<(), BlockError> {
        self.until_ready()?.check().map_err(BlockError::Card)
    }

    /// CMD13 until the card waits for a command and has room for data. Gives every fault that was told of meanwhile.
    fn until_ready(&mut self) -> Result<CardStatus, BlockError> {
        let mut told = 0;
        for _ in 0..ASK_TIMES {
            let status = self.status()?;
            told |= status.0;
            match status.state() {
                CardState::Transfer if status.is_ready_for_data() => return Ok(CardStatus(told)),
                CardState::Transfer | CardState::Programming => self.host.pause(ASK_AGAIN),
                CardState::Sending | CardState::Receiving | CardState::Unselected => {
                    return Err(BlockError::WrongState);
                }
            }
        }
        Err(BlockError::StillProgramming)
    }

    fn status(&mut self) -> Result<CardStatus, HostError> {
        self.host.command(Command::send_status(self.identity.address)).map(CardStatus)
    }
}

impl Answers {
    /// Whether the card was content.
    fn check(self) -> Result<(), BlockError> {
        self.begin.check()?;
        self.stop.map_or(Ok(()), CardStatus::check)?;
        Ok(())
    }
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
