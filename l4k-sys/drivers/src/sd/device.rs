//! A card as what the file systems of the crate `embedded-sdmmc` run on.

use core::cell::RefCell;

use embedded_sdmmc::{Block, BlockCount, BlockDevice, BlockIdx};

use super::card::SdCard;
use super::error::BlockError;
use crate::registers::Registers;
use crate::wait::Wait;

/// A card behind shared references. For one thread.
#[derive(Debug)]
pub struct SdBlockDevice<R, W> {
    card: RefCell<SdCard<R, W>>,
}

impl<R: Registers, W: Wait> SdBlockDevice<R, W> {
    /// This card.
    #[must_use]
    pub const fn new(card: SdCard<R, W>) -> SdBlockDevice<R, W> {
        SdBlockDevice { card: RefCell::new(card) }
    }

    /// Gives the card back.
    #[must_use]
    pub fn into_card(self) -> SdCard<R, W> {
        self.card.into_inner()
    }
}

impl<R: Registers, W: Wait> BlockDevice for SdBlockDevice<R, W> {
    type Error = BlockError;

    fn read(&self, blocks: &mut [Block], first: BlockIdx) -> Result<(), BlockError> {
        let mut card = self.card.try_borrow_mut().map_err(|_| BlockError::InUse)?;
        card.read(first.0, blocks.iter_mut().map(|block| &mut block.contents))
    }

    fn write(&self, blocks: &[Block], first: BlockIdx) -> Result<(), BlockError> {
        let mut card = self.card.try_borrow_mut().map_err(|_| BlockError::InUse)?;
        card.write(first.0, blocks.iter().map(|block| &block.contents))
    }

    fn num_blocks(&self) -> Result<BlockCount, BlockError> {
        let card = self.card.try_borrow().map_err(|_| BlockError::InUse)?;
        Ok(BlockCount(card.blocks()))
    }
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
