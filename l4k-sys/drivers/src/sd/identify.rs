//! From a card just powered to one that is selected for data (SD Physical Layer Simplified Specification 6.00, sections
//! 4.2 and 4.3).

use super::capacity;
use super::clock::CardClock;
use super::command::{
    CardAddress, Command, HighCapacity, INTERFACE_CONDITION, OPERATING_HIGH_CAPACITY, OPERATING_READY, VOLTAGES,
};
use super::error::{HostError, StartError};
use super::host::{Host, ShortResponse};
use super::status::CardStatus;
use crate::registers::Registers;
use crate::wait::Wait;

/// Microseconds between two times that the card is asked whether it is ready.
const ASK_AGAIN: u32 = 10_000;
/// How often it is asked: for a second (section 4.2.3).
const ASK_TIMES: u32 = 100;

/// What the number of a block is to the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardKind {
    /// Standard capacity (SDSC), up to 2 GiB: blocks are addressed by their first byte.
    StandardCapacity,
    /// High and extended capacity (SDHC, SDXC): blocks are addressed by their number.
    HighCapacity,
}

/// A card as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) kind: CardKind,
    pub(super) address: CardAddress,
    /// Blocks of 512 bytes.
    pub(super) blocks: u32,
}

impl<R: Registers, W: Wait> Host<R, W> {
    /// Starts the controller and whatever card it has, up to the state where it takes data commands at 25 MHz on four
    /// lines.
    pub(super) fn identify(&mut self) -> Result<Identity, StartError> {
        self.start()?;
        self.command(Command::go_idle())?;
        let high_capacity = self.interface_condition()?;
        let kind = self.power_up(high_capacity)?;
        self.command_long(Command::all_send_identification())?;
        let address = CardAddress::of_response(self.command(Command::send_address())?).ok_or(StartError::NoAddress)?;
        let csd = self.command_long(Command::send_csd(address))?;
        let blocks = capacity::blocks(csd).ok_or(StartError::Capacity)?;
        self.set_clock(CardClock::DefaultSpeed)?;
        let status = CardStatus(self.command(Command::select(address))?);
        status.check()?;
        if status.is_locked() {
            return Err(StartError::Locked);
        }
        self.prepare(kind, address)?;
        Ok(Identity { kind, address, blocks })
    }

    /// CMD8. A card that does not know it is of version 1.
    fn interface_condition(&mut self) -> Result<HighCapacity, StartError> {
        match self.command(Command::send_interface_condition()) {
            Ok(answer) if answer & 0xfff == INTERFACE_CONDITION => Ok(HighCapacity::Understood),
            Ok(_) => Err(StartError::Voltage),
            Err(HostError::CommandTimeout) => {
                // The card remembers the illegal command and would tell with its next answer.
                self.command(Command::go_idle())?;
                Ok(HighCapacity::Unknown)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// ACMD41 until the card is ready.
    fn power_up(&mut self, high_capacity: HighCapacity) -> Result<CardKind, StartError> {
        for _ in 0..ASK_TIMES {
            let condition = self
                .application_command(None, Command::send_operating_condition(high_capacity))
                .map_err(no_card_if_silent)?;
            if condition & VOLTAGES == 0 {
                return Err(StartError::Voltage);
            }
            if condition & OPERATING_READY != 0 {
                return Ok(match condition & OPERATING_HIGH_CAPACITY {
                    0 => CardKind::StandardCapacity,
                    _ => CardKind::HighCapacity,
                });
            }
            self.pause(ASK_AGAIN);
        }
        Err(StartError::PowerUp)
    }

    /// Four data lines, and blocks of 512 bytes for cards where that is not fixed.
    fn prepare(&mut self, kind: CardKind, address: CardAddress) -> Result<(), StartError> {
        let answer = self.application_command(Some(address), Command::set_four_lines())?;
        CardStatus(answer).check()?;
        self.use_four_lines();
        if kind == CardKind::StandardCapacity {
            CardStatus(self.command(Command::set_block_length())?).check()?;
        }
        Ok(())
    }

    /// CMD55 and the command. The answer to CMD55 tells of commands before and is not looked at.
    fn application_command(
        &mut self,
        address: Option<CardAddress>,
        command: Command,
    ) -> Result<ShortResponse, HostError> {
        self.command(Command::application(address))?;
        self.command(command)
    }
}

const fn no_card_if_silent(error: HostError) -> StartError {
    match error {
        HostError::CommandTimeout => StartError::NoCard,
        _ => StartError::Host(error),
    }
}
