//! What can go wrong between the driver, the controller and the card.

use core::fmt;

use super::clock::ClockOutOfRange;
use super::status::CardFault;

/// What the driver waited for in vain, the controller being silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The end of a software reset.
    Reset,
    /// The controller's clock to be stable.
    Clock,
    /// The lines to be free for a command.
    Lines,
    /// The end of a command.
    Command,
    /// A block from the card.
    BlockRead,
    /// Room for a block to the card.
    BlockWrite,
    /// The end of a transfer, or of the card's being busy.
    Transfer,
}

impl fmt::Display for Awaited {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset => formatter.write_str("its reset did not end"),
            Self::Clock => formatter.write_str("its clock did not become stable"),
            Self::Lines => formatter.write_str("the lines did not become free"),
            Self::Command => formatter.write_str("the command did not end"),
            Self::BlockRead => formatter.write_str("no block came from the card"),
            Self::BlockWrite => formatter.write_str("there was no room for a block to the card"),
            Self::Transfer => formatter.write_str("the transfer did not end"),
        }
    }
}

/// Errors of the controller and of the lines between it and the card (SD Host Controller Simplified Specification 3.00,
/// section 2.2.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostError {
    /// The card did not answer the command within 64 clocks.
    CommandTimeout,
    /// The response was damaged.
    CommandCrc,
    /// The response did not end as it should.
    CommandEndBit,
    /// The response was to another command.
    CommandIndex,
    /// The two of timeout and CRC error together: another device drove the command line.
    CommandConflict,
    /// The card sent no data, did not acknowledge data, or was busy for too long.
    DataTimeout,
    /// Data were damaged, on the way to the card or from it.
    DataCrc,
    /// Data did not end as they should.
    DataEndBit,
    /// The card draws too much current.
    CurrentLimit,
    /// The CMD12 that the controller sends by itself failed.
    AutomaticStop(StopError),
    /// Errors that the specification leaves to the vendor, or that this driver does not cause (ADMA, tuning): the error
    /// status.
    Other(u16),
    /// The controller did nothing for too long.
    Silent(Awaited),
}

impl fmt::Display for HostError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandTimeout => formatter.write_str("the card did not answer the command"),
            Self::CommandCrc => formatter.write_str("the response was damaged"),
            Self::CommandEndBit => formatter.write_str("the response did not end as it should"),
            Self::CommandIndex => formatter.write_str("the response was to another command"),
            Self::CommandConflict => formatter.write_str("another device drove the command line"),
            Self::DataTimeout => formatter.write_str("the card sent or took no data in time"),
            Self::DataCrc => formatter.write_str("data were damaged"),
            Self::DataEndBit => formatter.write_str("data did not end as they should"),
            Self::CurrentLimit => formatter.write_str("the card draws too much current"),
            Self::AutomaticStop(error) => write!(formatter, "the automatic stop failed: {error}"),
            Self::Other(status) => write!(formatter, "the controller reports error status {status:#x}"),
            Self::Silent(awaited) => write!(formatter, "the controller did nothing for too long: {awaited}"),
        }
    }
}

impl core::error::Error for HostError {}

/// How an automatic CMD12 failed (section 2.2.23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopError {
    /// It was not sent.
    NotSent,
    /// The card did not answer.
    Timeout,
    /// The response was damaged.
    Crc,
    /// The response did not end as it should.
    EndBit,
    /// The response was to another command.
    Index,
    /// The controller does not say how.
    Unknown,
}

impl fmt::Display for StopError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent => formatter.write_str("the command was not sent"),
            Self::Timeout => formatter.write_str("the card did not answer"),
            Self::Crc => formatter.write_str("the response was damaged"),
            Self::EndBit => formatter.write_str("the response did not end as it should"),
            Self::Index => formatter.write_str("the response was to another command"),
            Self::Unknown => formatter.write_str("the controller does not say how"),
        }
    }
}

impl core::error::Error for StopError {}

impl HostError {
    /// From the error status (bits 31:16 of the status register, shifted down) and the errors of the automatic CMD12.
    /// Of several errors the first cause counts. Meant for a status with errors.
    pub(super) const fn decode(errors: u16, automatic: u32) -> HostError {
        const TIMEOUT_AND_CRC: u16 = 0b11;
        match errors {
            _ if errors & TIMEOUT_AND_CRC == TIMEOUT_AND_CRC => HostError::CommandConflict,
            _ if errors & 1 << 0 != 0 => HostError::CommandTimeout,
            _ if errors & 1 << 1 != 0 => HostError::CommandCrc,
            _ if errors & 1 << 2 != 0 => HostError::CommandEndBit,
            _ if errors & 1 << 3 != 0 => HostError::CommandIndex,
            _ if errors & 1 << 5 != 0 => HostError::DataCrc,
            _ if errors & 1 << 6 != 0 => HostError::DataEndBit,
            _ if errors & 1 << 4 != 0 => HostError::DataTimeout,
            _ if errors & 1 << 7 != 0 => HostError::CurrentLimit,
            _ if errors & 1 << 8 != 0 => HostError::AutomaticStop(StopError::decode(automatic)),
            _ => HostError::Other(errors),
        }
    }
}

impl StopError {
    const fn decode(automatic: u32) -> StopError {
        match automatic {
            _ if automatic & 1 << 0 != 0 => StopError::NotSent,
            _ if automatic & 1 << 1 != 0 => StopError::Timeout,
            _ if automatic & 1 << 2 != 0 => StopError::Crc,
            _ if automatic & 1 << 3 != 0 => StopError::EndBit,
            _ if automatic & 1 << 4 != 0 => StopError::Index,
            _ => StopError::Unknown,
        }
    }
}

/// Why a card could not be taken into use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The clocks of a card cannot be divided from the base clock by this controller.
    Clock,
    /// Nothing answers: there is no card, or none of the SD kind.
    NoCard,
    /// The card does not work at 3.3 V.
    Voltage,
    /// The card was not ready within a second (SD Physical Layer Simplified Specification 6.00, section 4.2.3).
    PowerUp,
    /// The card published no address.
    NoAddress,
    /// The card is locked with a password.
    Locked,
    /// The card's CSD has a version or a block length that this driver does not know.
    Capacity,
    /// The card refuses a command.
    Card(CardFault),
    /// The controller or the lines failed.
    Host(HostError),
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock => formatter.write_str("the clocks of a card cannot be divided from the base clock"),
            Self::NoCard => formatter.write_str("there is no card"),
            Self::Voltage => formatter.write_str("the card does not work at 3.3 V"),
            Self::PowerUp => formatter.write_str("the card was not ready within a second"),
            Self::NoAddress => formatter.write_str("the card published no address"),
            Self::Locked => formatter.write_str("the card is locked with a password"),
            Self::Capacity => formatter.write_str("the card has a capacity register of an unknown version"),
            Self::Card(fault) => write!(formatter, "the card says: {fault}"),
            Self::Host(error) => write!(formatter, "{error}"),
        }
    }
}

impl core::error::Error for StartError {}

/// Why blocks could not be read or written. Of a write that failed, any part may have reached the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockError {
    /// The card does not have these blocks. Nothing was done.
    BeyondEnd,
    /// The card is still programming after a second.
    StillProgramming,
    /// The card is in a state where it does not take data, and could not be brought out of it.
    WrongState,
    /// The blocks are used already, from a call further out.
    InUse,
    /// The card refuses, or says that something went wrong.
    Card(CardFault),
    /// The controller or the lines failed.
    Host(HostError),
}

impl From<ClockOutOfRange> for StartError {
    fn from(_: ClockOutOfRange) -> StartError {
        StartError::Clock
    }
}

impl From<HostError> for StartError {
    fn from(error: HostError) -> StartError {
        StartError::Host(error)
    }
}

impl From<CardFault> for StartError {
    fn from(fault: CardFault) -> StartError {
        StartError::Card(fault)
    }
}

impl From<HostError> for BlockError {
    fn from(error: HostError) -> BlockError {
        BlockError::Host(error)
    }
}

impl From<CardFault> for BlockError {
    fn from(fault: CardFault) -> BlockError {
        BlockError::Card(fault)
    }
}

impl fmt::Display for BlockError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlockError::BeyondEnd => formatter.write_str("blocks beyond the card's end"),
            BlockError::StillProgramming => formatter.write_str("the card does not end programming"),
            BlockError::WrongState => formatter.write_str("the card does not take data"),
            BlockError::InUse => formatter.write_str("the card is in use"),
            BlockError::Card(fault) => write!(formatter, "the card says: {fault}"),
            BlockError::Host(error) => write!(formatter, "{error}"),
        }
    }
}

impl core::error::Error for BlockError {}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
