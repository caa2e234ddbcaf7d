//! Commands to the card (SD Physical Layer Simplified Specification 6.00, section 4.7.4) and how the controller is told
//! of them.

use super::layout;

/// What the card answers with (section 4.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResponseKind {
    /// Nothing.
    None,
    /// R1, R6, R7: 48 bits with index and CRC.
    Short,
    /// R1b: as R1, and the card may be busy afterwards.
    ShortBusy,
    /// R3: 48 bits without index and CRC.
    ShortUnchecked,
    /// R2: 136 bits.
    Long,
}

/// Whether a command stops a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It does not.
    Ordinary,
    /// It does, and may be sent while data lines are in use.
    Stop,
}

/// A command without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) index: u32,
    pub(super) argument: u32,
    pub(super) response: ResponseKind,
    pub(super) purpose: Purpose,
}

impl Command {
    const fn new(index: u32, argument: u32, response: ResponseKind) -> Command {
        Command { index, argument, response, purpose: Purpose::Ordinary }
    }

    /// CMD0: every card goes to the state that it has after power-up.
    pub(super) const fn go_idle() -> Command {
        Command::new(0, 0, ResponseKind::None)
    }

    /// CMD2: the card sends its identification.
    pub(super) const fn all_send_identification() -> Command {
        Command::new(2, 0, ResponseKind::Long)
    }

    /// CMD3: the card chooses an address.
    pub(super) const fn send_address() -> Command {
        Command::new(3, 0, ResponseKind::Short)
    }

    /// ACMD6: four data lines.
    pub(super) const fn set_four_lines() -> Command {
        Command::new(6, 2, ResponseKind::Short)
    }

    /// CMD7: selects the card.
    pub(super) const fn select(address: CardAddress) -> Command {
        Command::new(7, address.argument(), ResponseKind::ShortBusy)
    }

    /// CMD8: 2.7 V to 3.6 V, and a pattern to be sent back. Cards before version 2 do not answer.
    pub(super) const fn send_interface_condition() -> Command {
        Command::new(8, INTERFACE_CONDITION, ResponseKind::Short)
    }

    /// CMD9: the card sends its CSD.
    pub(super) const fn send_csd(address: CardAddress) -> Command {
        Command::new(9, address.argument(), ResponseKind::Long)
    }

    /// CMD12: stops a transfer.
    pub(super) const fn stop() -> Command {
        Command { purpose: Purpose::Stop, ..Command::new(12, 0, ResponseKind::ShortBusy) }
    }

    /// CMD13: the card sends its status.
    pub(super) const fn send_status(address: CardAddress) -> Command {
        Command::new(13, address.argument(), ResponseKind::Short)
    }

    /// CMD16: blocks of 512 bytes.
    pub(super) const fn set_block_length() -> Command {
        Command::new(16, super::capacity::BLOCK_BYTES as u32, ResponseKind::Short)
    }

    /// ACMD41: the card powers up, and says whether it is of high capacity if it is asked.
    pub(super) const fn send_operating_condition(asked: HighCapacity) -> Command {
        let asked = match asked {
            HighCapacity::Unknown => 0,
            HighCapacity::Understood => OPERATING_HIGH_CAPACITY,
        };
        Command::new(41, VOLTAGES | asked, ResponseKind::ShortUnchecked)
    }

    /// CMD55: the next command is one of the ACMDs.
    pub(super) const fn application(address: Option<CardAddress>) -> Command {
        let argument = match address {
            Some(address) => address.argument(),
            None => 0,
        };
        Command::new(55, argument, ResponseKind::Short)
    }

    /// What is written to the command register: no data follow.
    pub(super) const fn bits(self) -> u32 {
        let response = match self.response {
            ResponseKind::None => 0,
            ResponseKind::Short => layout::RESPONSE_SHORT | layout::CHECK_CRC | layout::CHECK_INDEX,
            ResponseKind::ShortBusy => layout::RESPONSE_BUSY | layout::CHECK_CRC | layout::CHECK_INDEX,
            ResponseKind::ShortUnchecked => layout::RESPONSE_SHORT,
            ResponseKind::Long => layout::RESPONSE_LONG | layout::CHECK_CRC,
        };
        let purpose = match self.purpose {
            Purpose::Ordinary => 0,
            Purpose::Stop => layout::ABORT,
        };
        self.index << layout::INDEX_SHIFT | response | purpose
    }
}

/// Whether the host tells the card that it understands high capacity (HCS of ACMD41).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HighCapacity {
    /// The card did not answer CMD8 and thus does not know of it.
    Unknown,
    /// The host does.
    Understood,
}

/// Argument of CMD8 and what the card sends back of it.
pub(super) const INTERFACE_CONDITION: u32 = 0x1aa;
/// OCR: the voltages from 2.7 V to 3.6 V.
pub(super) const VOLTAGES: u32 = 0x00ff_8000;
/// OCR: the card has high capacity (CCS), or the host understands it (HCS).
pub(super) const OPERATING_HIGH_CAPACITY: u32 = 1 << 30;
/// OCR: the card is ready.
pub(super) const OPERATING_READY: u32 = 1 << 31;

/// The address that a card has chosen for itself; never zero, which selects none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CardAddress(u16);

impl CardAddress {
    /// From the response to CMD3. `None` if it has no address.
    pub(super) const fn of_response(response: u32) -> Option<CardAddress> {
        match (response >> 16) as u16 {
            0 => None,
            address => Some(CardAddress(address)),
        }
    }

    const fn argument(self) -> u32 {
        (self.0 as u32) << 16
    }
}

/// Which way data go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the card.
    Read,
    /// To the card.
    Write,
}

/// A command with data: CMD17, CMD18, CMD24 or CMD25, with blocks of 512 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) direction: Direction,
    /// Where the first block lies: its number, or on cards of standard capacity the number of its first byte.
    pub(super) address: u32,
    /// Blocks, at least one.
    pub(super) count: u16,
}

impl Transfer {
    /// What is written to the command register, transfer mode included. Several blocks are stopped by the controller
    /// with CMD12: the BCM2711's EMMC2 tells of errors that are none after several blocks without it.
    pub(super) const fn bits(self) -> u32 {
        let (one, several, direction) = match self.direction {
            Direction::Read => (17, 18, layout::MODE_READ),
            Direction::Write => (24, 25, 0),
        };
        let (index, mode) = match self.count {
            0 | 1 => (one, 0),
            _ => (several, layout::MODE_MULTIPLE | layout::MODE_COUNTED | layout::MODE_AUTOMATIC_STOP),
        };
        let command = Command::new(index, self.address, ResponseKind::Short).bits();
        command | layout::DATA_PRESENT | mode | direction
    }
}
