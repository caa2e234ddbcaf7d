//! Properties that the VideoCore's firmware tells and sets (the firmware's wiki, "Mailbox property interface"): revisions, memory, clocks, temperature,
//! power.
//!
//! A question is a message in memory that both sides see: its length, a code, and tags, each with its length, a code and its values, which
//! the answer replaces.

use core::fmt;

use super::mailbox::{Channel, Letter, Mailbox};
use crate::barrier;
use crate::registers::{Offset, Registers};
use crate::wait::{TimedOut, Wait};

/// Most words of values in a tag.
pub const VALUES_MAX: usize = 4;

/// Most tags in a message.
pub const TAGS_MAX: usize = 8;

/// Words of the longest message: length, code, tags with their head of three, end.
const WORDS_MAX: usize = 2 + TAGS_MAX * (3 + VALUES_MAX) + 1;

/// Bytes that the buffer has to have.
pub const BUFFER_BYTES: usize = WORDS_MAX * 4;

/// The code of a message that was answered as a whole, and the bit of a tag that was.
const ANSWERED: u32 = 0x8000_0000;

/// What the VideoCore sees of the ARM's first gibibyte, past its caches.
const ALIAS: u32 = 0xc000_0000;

/// The address of the message buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferAddress(Letter);

impl BufferAddress {
    /// A physical address; `None` if it is not a multiple of 16, or the buffer is not in the first gibibyte.
    #[must_use]
    pub fn new(physical: u64) -> Option<BufferAddress> {
        let end = physical.checked_add(BUFFER_BYTES as u64)?;
        let address = u32::try_from(physical).ok().filter(|_| end <= 0x4000_0000)?;
        Letter::new(address | ALIAS).map(BufferAddress)
    }
}

/// Why a property cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyError {
    /// The VideoCore does not answer.
    TimedOut,
    /// It could not read the message; the code that it gave.
    Refused(u32),
    /// It does not know the tag with this number.
    Unanswered(u32),
    /// Its answer to the tag with this number is too short.
    TooShort(u32),
    /// More than [`TAGS_MAX`] tags.
    TooManyTags,
    /// The answer makes no sense, for this reason.
    Nonsense(&'static str),
}

impl fmt::Display for PropertyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => write!(formatter, "the VideoCore does not answer"),
            Self::Refused(code) => write!(formatter, "the VideoCore refuses the message, code {code:#x}"),
            Self::Unanswered(tag) => write!(formatter, "the VideoCore does not know the tag {tag:#x}"),
            Self::TooShort(tag) => write!(formatter, "the VideoCore's answer to the tag {tag:#x} is too short"),
            Self::TooManyTags => write!(formatter, "a message has at most {TAGS_MAX} tags"),
            Self::Nonsense(reason) => write!(formatter, "the VideoCore's answer makes no sense: {reason}"),
        }
    }
}

impl core::error::Error for PropertyError {}

impl From<TimedOut> for PropertyError {
    fn from(_: TimedOut) -> PropertyError {
        PropertyError::TimedOut
    }
}

/// A tag: a number, and values that go there and come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    number: u32,
    values: [u32; VALUES_MAX],
    /// Words that the answer has at least.
    answer: usize,
}

impl Tag {
    /// A tag with these values, of which the answer has at least so many, at most [`VALUES_MAX`].
    #[must_use]
    pub const fn new(number: u32, values: [u32; VALUES_MAX], answer: usize) -> Tag {
        Tag { number, values, answer: if answer < VALUES_MAX { answer } else { VALUES_MAX } }
    }

    /// The values, after the exchange those of the answer.
    #[must_use]
    pub const fn values(&self) -> [u32; VALUES_MAX] {
        self.values
    }
}

/// A clock of the chip, by the firmware's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirmwareClock {
    /// EMMC1.
    Emmc = 1,
    /// The PL011s.
    Uart = 2,
    /// The ARM cores.
    Arm = 3,
    /// The VPU: mini-UART, SPI, I2C.
    Core = 4,
    /// PWM.
    Pwm = 10,
    /// EMMC2, which has the card.
    Emmc2 = 12,
}

/// Power domains that can be turned on, by the firmware's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerDomain {
    /// The SD card.
    SdCard = 0,
    /// UART0.
    Uart0 = 1,
    /// SPI.
    Spi = 7,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Off.
    Off,
    /// On.
    On,
}

/// A range of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPart {
    /// First byte.
    pub start: u32,
    /// Bytes.
    pub bytes: u32,
}

/// The firmware, asked by its mailbox. `B` is the message buffer: memory without a cache, [`BUFFER_BYTES`] long.
#[derive(Debug)]
pub struct Firmware<R, W, B> {
    mailbox: Mailbox<R, W>,
    buffer: B,
    address: BufferAddress,
}

impl<R: Registers, W: Wait, B: Registers> Firmware<R, W, B> {
    /// Asks by this mailbox, with messages in this buffer.
    pub const fn new(mailbox: Mailbox<R, W>, buffer: B, address: BufferAddress) -> Firmware<R, W, B> {
        Firmware { mailbox, buffer, address }
    }

    /// Sends tags in one message and puts the answers in their place.
    ///
    /// # Errors
    /// [`PropertyError`]; what the tags hold is not told then.
    pub fn exchange(&mut self, tags: &mut [Tag]) -> Result<(), PropertyError> {
        if tags.len() > TAGS_MAX {
            return Err(PropertyError::TooManyTags);
        }
        self.put(tags);
        barrier::complete();
        self.mailbox.exchange(Channel::Properties, self.address.0)?;
        barrier::complete();
        match self.word(1) {
            ANSWERED => self.take(tags),
            code => Err(PropertyError::Refused(code)),
        }
    }

    fn put(&mut self, tags: &[Tag]) {
        let words = 2 + tags.len() * (3 + VALUES_MAX) + 1;
        let head = [words as u32 * 4, 0];
        let body = tags.iter().flat_map(|tag| [tag.number, VALUES_MAX as u32 * 4, 0].into_iter().chain(tag.values));
        for (place, word) in (0..).zip(head.into_iter().chain(body).chain([0])) {
            self.buffer.write(Offset::new(0).plus(place), word);
        }
    }

    fn take(&mut self, tags: &mut [Tag]) -> Result<(), PropertyError> {
        let mut place = 2;
        for tag in tags {
            let code = self.word(place + 2);
            if code & ANSWERED == 0 {
                return Err(PropertyError::Unanswered(tag.number));
            }
            if ((code & !ANSWERED) as usize) < tag.answer * 4 {
                return Err(PropertyError::TooShort(tag.number));
            }
            for (number, value) in (0..).zip(&mut tag.values) {
                *value = self.word(place + 3 + number);
            }
            place += 3 + VALUES_MAX as u16;
        }
        Ok(())
    }

    fn word(&mut self, place: u16) -> u32 {
        self.buffer.read(Offset::new(0).plus(place))
    }

    fn ask(&mut self, number: u32, request: u32, answer: usize) -> Result<[u32; VALUES_MAX], PropertyError> {
        let mut tags = [Tag::new(number, [request, 0, 0, 0], answer)];
        self.exchange(&mut tags)?;
        Ok(tags[0].values)
    }

    /// When the firmware was built, in seconds since 1970.
    ///
    /// # Errors
    /// [`PropertyError`].
    pub fn revision(&mut self) -> Result<u32, PropertyError> {
        self.ask(0x1, 0, 1).map(|values| values[0])
    }

    /// The board's revision code, as the vendor's table of revisions has it.
    ///
    /// # Errors
    /// [`PropertyError`].
    pub fn board_revision(&mut self) -> Result<u32, PropertyError> {
        self.ask(0x1_0002, 0, 1).map(|values| values[0])
    }

    /// The board's serial number.
    ///
    /// # Errors
    /// [`PropertyError`].
    pub fn board_serial(&mut self) -> Result<u64, PropertyError> {
        self.ask(0x1_0004, 0, 2).map(|values| u64::from(values[0]) | u64::from(values[1]) << 32)
    }

    /// The ARM cores' memory, the first gibibyte of it at most.
    ///
    /// # Errors
    /// [`PropertyError`].
    pub fn arm_memory(&mut self) -> Result<MemoryPart, PropertyError> {
        self.ask(0x1_0005, 0, 2).map(|values| MemoryPart { start: values[0], bytes: values[1] })
    }

    /// The VideoCore's memory.
    ///
    /// # Errors
    /// [`PropertyError`].
    pub fn video_memory(&mut self) -> Result<MemoryPart, PropertyError> {
        self.ask(0x1_0006, 0, 2).map(|values| MemoryPart { start: values[0], bytes: values[1] })
    }

    /// Rate of a clock in hertz, as it was set; 0 if it is off.
    ///
    /// # Errors
    /// [`PropertyError`].
    pub fn clock_rate(&mut self, clock: FirmwareClock) -> Result<u32, PropertyError> {
        self.clock(0x3_0002, clock)
    }

    /// Rate of a clock in hertz, as it was measured.
    ///
    /// # Errors
    /// [`PropertyError`].
    pub fn measured_clock_rate(&mut self, clock: FirmwareClock) -> Result<u32, PropertyError> {
        self.clock(0x3_0047, clock)
    }

    fn clock(&mut self, tag: u32, clock: FirmwareClock) -> Result<u32, PropertyError> {
        match self.ask(tag, clock as u32, 2)? {
            [number, rate, ..] if number == clock as u32 => Ok(rate),
            _ => Err(PropertyError::Nonsense("another clock")),
        }
    }

    /// Sets a clock, without making the others faster along with it. Returns the rate that it has now.
    ///
    /// # Errors
    /// [`PropertyError`].
    pub fn set_clock_rate(&mut self, clock: FirmwareClock, hertz: u32) -> Result<u32, PropertyError> {
        const WITHOUT_TURBO: u32 = 1;
        let mut tags = [Tag::new(0x3_8002, [clock as u32, hertz, WITHOUT_TURBO, 0], 2)];
        self.exchange(&mut tags)?;
        match tags[0].values {
            [number, rate, ..] if number == clock as u32 => Ok(rate),
            _ => Err(PropertyError::Nonsense("another clock")),
        }
    }

    /// Temperature of the chip in thousandths of a degree Celsius.
    ///
    /// # Errors
    /// [`PropertyError`].
    pub fn temperature(&mut self) -> Result<u32, PropertyError> {
        self.ask(0x3_0006, 0, 2).map(|values| values[1])
    }

    /// Temperature above which the chip is slowed down, in thousandths of a degree Celsius.
    ///
    /// # Errors
    /// [`PropertyError`].
    pub fn highest_temperature(&mut self) -> Result<u32, PropertyError> {
        self.ask(0x3_000a, 0, 2).map(|values| values[1])
    }

    /// Turns a device on or off and waits until it is.
    ///
    /// # Errors
    /// [`PropertyError`], also if it is not there or stays as it was.
    pub fn set_power(&mut self, domain: PowerDomain, power: Power) -> Result<(), PropertyError> {
        const WAIT: u32 = 1 << 1;
        const ABSENT: u32 = 1 << 1;
        let wanted = u32::from(power == Power::On);
        let mut tags = [Tag::new(0x2_8001, [domain as u32, wanted | WAIT, 0, 0], 2)];
        self.exchange(&mut tags)?;
        match tags[0].values[1] {
            state if state & ABSENT != 0 => Err(PropertyError::Nonsense("there is no such device")),
            state if state & 1 != wanted => Err(PropertyError::Nonsense("the power stays as it was")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "property_tests.rs"]
mod tests;
