//! The card's status, which it answers most commands with (SD Physical Layer Simplified Specification 6.00, section
//! 4.10.1).

use core::fmt;

/// What the card says went wrong. The names are those of the specification's table 4-42, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFault {
    /// The command's address is beyond the card's end.
    OutOfRange,
    /// The address does not fit the block length.
    Address,
    /// The block length is not allowed.
    BlockLength,
    /// A sequence of erase commands was wrong, or wrong blocks were named for erasing.
    Erase,
    /// The block is write-protected.
    WriteProtected,
    /// Unlocking failed.
    Unlock,
    /// The CRC of the command before was wrong.
    CommandCrc,
    /// The command before is not allowed in the card's state.
    IllegalCommand,
    /// The card could not correct its data.
    Ecc,
    /// The card's own controller failed.
    Controller,
    /// Another error.
    General,
    /// The CSD cannot be overwritten like this.
    CsdOverwrite,
}

impl fmt::Display for CardFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OutOfRange => "the address is beyond its end",
            Self::Address => "the address does not fit the block length",
            Self::BlockLength => "the block length is not allowed",
            Self::Erase => "the commands to erase came in a wrong order, or named wrong blocks",
            Self::WriteProtected => "the block is write-protected",
            Self::Unlock => "unlocking failed",
            Self::CommandCrc => "the checksum of the command before was wrong",
            Self::IllegalCommand => "the command before is not allowed in its state",
            Self::Ecc => "its data could not be corrected",
            Self::Controller => "its own controller failed",
            Self::General => "an error of no other kind happened",
            Self::CsdOverwrite => "its CSD register cannot be overwritten like this",
        })
    }
}

impl core::error::Error for CardFault {}

/// What the card does (CURRENT_STATE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CardState {
    /// Selected, without a transfer.
    Transfer,
    /// Sends data.
    Sending,
    /// Takes data.
    Receiving,
    /// Writes what it has taken.
    Programming,
    /// A state that a selected card does not have.
    Unselected,
}

/// A card's status as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CardStatus(pub(super) u32);

/// Bits of the status and what they say, the most telling first.
const FAULTS: [(u32, CardFault); 14] = [
    (31, CardFault::OutOfRange),
    (30, CardFault::Address),
    (29, CardFault::BlockLength),
    (26, CardFault::WriteProtected),
    (24, CardFault::Unlock),
    (21, CardFault::Ecc),
    (20, CardFault::Controller),
    (28, CardFault::Erase),
    (27, CardFault::Erase),
    (15, CardFault::Erase),
    (16, CardFault::CsdOverwrite),
    (23, CardFault::CommandCrc),
    (22, CardFault::IllegalCommand),
    (19, CardFault::General),
];

impl CardStatus {
    /// The status without OUT_OF_RANGE: reading several blocks up to the last of the card may set it, since the card
    /// looks one block ahead until it is stopped (section 4.3.3).
    pub(super) const fn without_out_of_range(self) -> CardStatus {
        CardStatus(self.0 & !(1 << 31))
    }

    /// Whether the card tells of no fault.
    ///
    /// # Errors
    /// The fault.
    pub(super) fn check(self) -> Result<(), CardFault> {
        let fault = FAULTS.iter().find(|(bit, _)| self.0 & 1 << bit != 0);
        fault.map_or(Ok(()), |(_, fault)| Err(*fault))
    }

    /// Whether the card is locked with a password.
    pub(super) const fn is_locked(self) -> bool {
        self.0 & 1 << 25 != 0
    }

    /// Whether the card has room for data.
    pub(super) const fn is_ready_for_data(self) -> bool {
        self.0 & 1 << 8 != 0
    }

    /// What the card did when it got the command.
    pub(super) const fn state(self) -> CardState {
        match self.0 >> 9 & 0xf {
            4 => CardState::Transfer,
            5 => CardState::Sending,
            6 => CardState::Receiving,
            7 => CardState::Programming,
            _ => CardState::Unselected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_apart() {
        assert_eq!(CardStatus(0x900).check(), Ok(()));
        for (bit, fault) in FAULTS {
            assert_eq!(CardStatus(0x900 | 1 << bit).check(), Err(fault));
        }
        assert_eq!(CardStatus(1 << 31).without_out_of_range().check(), Ok(()));
        assert_eq!(CardStatus(1 << 31 | 1 << 21).without_out_of_range().check(), Err(CardFault::Ecc));
    }

    #[test]
    fn states_are_told_apart() {
        assert_eq!(CardStatus(0x900).state(), CardState::Transfer);
        assert_eq!(CardStatus(0xe00).state(), CardState::Programming);
        assert_eq!(CardStatus(0x700).state(), CardState::Unselected);
        assert!(CardStatus(0x900).is_ready_for_data() && !CardStatus(0x800).is_ready_for_data());
        assert!(CardStatus(1 << 25).is_locked());
    }
}
