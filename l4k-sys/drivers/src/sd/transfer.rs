//! Blocks through the controller's buffer (SD Host Controller Simplified Specification 3.00, section 3.7.2).

use super::capacity::BLOCK_BYTES;
use super::command::{Direction, Transfer};
use super::error::{Awaited, HostError};
use super::host::{DATA_LIMIT, Host};
use super::layout;
use super::status::CardStatus;
use crate::registers::Registers;
use crate::wait::Wait;

/// What the card said of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    /// To the command.
    pub(super) begin: CardStatus,
    /// To the automatic CMD12, if several blocks were asked for.
    pub(super) stop: Option<CardStatus>,
}

impl<R: Registers, W: Wait> Host<R, W> {
    /// Reads blocks, as many as `transfer` says, which must not be more than `blocks` gives.
    ///
    /// After an error the lines are not at rest; the caller resets them.
    pub(super) fn read_blocks<'b>(
        &mut self,
        transfer: Transfer,
        blocks: impl Iterator<Item = &'b mut [u8; BLOCK_BYTES]>,
    ) -> Result<Answers, HostError> {
        let begin = self.begin(transfer)?;
        // A card that refuses the command sends no data.
        if begin.check().is_ok() {
            for block in blocks.take(usize::from(transfer.count)) {
                // Cleared before the data are taken: with the last of them the next block may be there.
                self.event(layout::BUFFER_READ_READY, DATA_LIMIT, Awaited::BlockRead)?;
                for bytes in block.as_chunks_mut::<4>().0 {
                    *bytes = self.read(layout::BUFFER).to_le_bytes();
                }
            }
            self.event(layout::TRANSFER_COMPLETE, DATA_LIMIT, Awaited::Transfer)?;
        }
        Ok(self.answers(transfer, begin))
    }

    /// Writes blocks; as [`read_blocks`](Self::read_blocks).
    pub(super) fn write_blocks<'b>(
        &mut self,
        transfer: Transfer,
        blocks: impl Iterator<Item = &'b [u8; BLOCK_BYTES]>,
    ) -> Result<Answers, HostError> {
        let begin = self.begin(transfer)?;
        if begin.check().is_ok() {
            for block in blocks.take(usize::from(transfer.count)) {
                self.event(layout::BUFFER_WRITE_READY, DATA_LIMIT, Awaited::BlockWrite)?;
                for bytes in block.as_chunks::<4>().0 {
                    self.write_data(u32::from_le_bytes(*bytes));
                }
            }
            self.event(layout::TRANSFER_COMPLETE, DATA_LIMIT, Awaited::Transfer)?;
        }
        Ok(self.answers(transfer, begin))
    }

    fn begin(&mut self, transfer: Transfer) -> Result<CardStatus, HostError> {
        self.write(layout::BLOCK, u32::from(transfer.count) << 16 | BLOCK_BYTES as u32);
        self.issue(layout::COMMAND_INHIBIT | layout::DATA_INHIBIT, transfer.address, transfer.bits())?;
        Ok(CardStatus(self.read(layout::RESPONSE)))
    }

    fn answers(&mut self, transfer: Transfer, begin: CardStatus) -> Answers {
        if transfer.count < 2 || begin.check().is_err() {
            return Answers { begin, stop: None };
        }
        let stop = CardStatus(self.read(layout::RESPONSE.plus(3)));
        let stop = match transfer.direction {
            Direction::Read => stop.without_out_of_range(),
            Direction::Write => stop,
        };
        Answers { begin, stop: Some(stop) }
    }
}
