//! Where the registers of an SD host controller lie and what their bits mean (SD Host Controller Simplified
//! Specification 3.00, part 2). The controllers of the BCM2711 take accesses of 32 bits only, so that what the
//! specification calls several registers of 8 or 16 bits is one here.

use crate::registers::Offset;

/// Block size (bits 11:0, bytes) and block count (bits 31:16): sections 2.2.2 and 2.2.3.
pub(super) const BLOCK: Offset = Offset::new(0x04);
/// Argument of the command: section 2.2.4.
pub(super) const ARGUMENT: Offset = Offset::new(0x08);
/// Transfer mode (bits 15:0) and command (bits 31:16): sections 2.2.5 and 2.2.6. Writing it sends the command.
pub(super) const COMMAND: Offset = Offset::new(0x0c);
/// First of four registers with the response: section 2.2.7. The last has the response to an automatic CMD12.
pub(super) const RESPONSE: Offset = Offset::new(0x10);
/// The buffer, four bytes an access, the first in the lowest bits: section 2.2.8.
pub(super) const BUFFER: Offset = Offset::new(0x20);
/// What the controller and the card's lines do: section 2.2.9.
pub(super) const PRESENT: Offset = Offset::new(0x24);
/// Host control 1 (bits 7:0) and power (bits 15:8): sections 2.2.10 and 2.2.11.
pub(super) const CONTROL: Offset = Offset::new(0x28);
/// Clock (bits 15:0), limit of the data line's waits (bits 19:16) and software reset (bits 26:24): sections 2.2.14 to
/// 2.2.16.
pub(super) const CLOCK: Offset = Offset::new(0x2c);
/// What has happened: section 2.2.17 (bits 15:0) and, for errors, 2.2.18 (bits 31:16). Writing ones clears.
pub(super) const STATUS: Offset = Offset::new(0x30);
/// Which bits of [`STATUS`] are shown: sections 2.2.19 and 2.2.20.
pub(super) const STATUS_ENABLE: Offset = Offset::new(0x34);
/// Which bits of [`STATUS`] raise the interrupt line: sections 2.2.21 and 2.2.22.
pub(super) const SIGNAL_ENABLE: Offset = Offset::new(0x38);
/// Errors of the automatic CMD12 (bits 15:0): section 2.2.23.
pub(super) const AUTOMATIC_ERROR: Offset = Offset::new(0x3c);
/// Version of the specification (bits 23:16): section 2.2.36.
pub(super) const VERSION: Offset = Offset::new(0xfc);

/// Transfer mode: [`BLOCK`]'s count ends the transfer.
pub(super) const MODE_COUNTED: u32 = 1 << 1;
/// Transfer mode: the controller sends CMD12 after the last block.
pub(super) const MODE_AUTOMATIC_STOP: u32 = 1 << 2;
/// Transfer mode: from the card to the host.
pub(super) const MODE_READ: u32 = 1 << 4;
/// Transfer mode: more than one block.
pub(super) const MODE_MULTIPLE: u32 = 1 << 5;

/// Command: response of 136 bits.
pub(super) const RESPONSE_LONG: u32 = 1 << 16;
/// Command: response of 48 bits.
pub(super) const RESPONSE_SHORT: u32 = 2 << 16;
/// Command: response of 48 bits, after which the card may be busy.
pub(super) const RESPONSE_BUSY: u32 = 3 << 16;
/// Command: the response's CRC is checked.
pub(super) const CHECK_CRC: u32 = 1 << 19;
/// Command: the index in the response is checked.
pub(super) const CHECK_INDEX: u32 = 1 << 20;
/// Command: data follow.
pub(super) const DATA_PRESENT: u32 = 1 << 21;
/// Command: it stops a transfer.
pub(super) const ABORT: u32 = 3 << 22;
/// Command: where its index lies.
pub(super) const INDEX_SHIFT: u32 = 24;

/// Present state: no command may be sent.
pub(super) const COMMAND_INHIBIT: u32 = 1 << 0;
/// Present state: no command that uses the data lines may be sent.
pub(super) const DATA_INHIBIT: u32 = 1 << 1;

/// Host control: four data lines.
pub(super) const FOUR_LINES: u32 = 1 << 1;
/// Power: 3.3 V, on. The BCM2711's EMMC2 is off while this field is zero, although its cards are powered by a
/// regulator.
pub(super) const POWER_ON: u32 = 0x0f << 8;

/// Clock: the controller's own clock runs.
pub(super) const CLOCK_INTERNAL: u32 = 1 << 0;
/// Clock: it is stable.
pub(super) const CLOCK_STABLE: u32 = 1 << 1;
/// Clock: it is given to the card.
pub(super) const CLOCK_CARD: u32 = 1 << 2;
/// Limit of the data line's waits: the longest, 2^27 cycles.
pub(super) const LONGEST_WAIT: u32 = 0xe << 16;
/// Software reset of everything but what detects cards.
pub(super) const RESET_ALL: u32 = 1 << 24;
/// Software reset of the command line's part.
pub(super) const RESET_COMMAND: u32 = 1 << 25;
/// Software reset of the data lines' part.
pub(super) const RESET_DATA: u32 = 1 << 26;

/// Status: the response has come, or the command was sent that has none.
pub(super) const COMMAND_COMPLETE: u32 = 1 << 0;
/// Status: the transfer is over, or the card is not busy any more.
pub(super) const TRANSFER_COMPLETE: u32 = 1 << 1;
/// Status: the buffer has room for a block.
pub(super) const BUFFER_WRITE_READY: u32 = 1 << 4;
/// Status: the buffer has a block.
pub(super) const BUFFER_READ_READY: u32 = 1 << 5;
/// Status: every error.
pub(super) const ERRORS: u32 = 0xffff_0000;
/// Status: the error that data, or the end of the card's being busy, did not come.
pub(super) const DATA_TIMEOUT: u32 = 1 << 20;
/// What is shown in the status: the above, and every error that the specification knows. The card's own interrupt,
/// insertion and removal are not.
pub(super) const SHOWN: u32 =
    COMMAND_COMPLETE | TRANSFER_COMPLETE | BUFFER_WRITE_READY | BUFFER_READ_READY | 0x01ff_0000;
