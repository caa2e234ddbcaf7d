//! A model of an SD host controller, for the tests of the driver: strict where the specification is, and slow, so that
//! nothing is ready when it is first asked for.

extern crate std;

use core::cell::{RefCell, RefMut};
use std::collections::VecDeque;
use std::rc::Rc;
use std::vec::Vec;

use super::capacity::BLOCK_BYTES;
use super::layout;
use super::model_card::{Answer, Card};
use crate::registers::{Offset, Registers};
use crate::wait::{TimedOut, Wait};

/// The rate that clocks are divided from.
pub const BASE_HERTZ: u32 = 100_000_000;

/// When an error of the lines strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The card gets the command, its response is lost.
    Response,
    /// After so many blocks, while the next is expected.
    Block(u16),
    /// At the automatic CMD12, with this in the register for its errors; the card does not get it.
    Stop(u32),
    /// Together with the end of the transfer.
    End,
}

/// An error of the lines, which strikes once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// The command that it strikes.
    pub index: u32,
    pub phase: Phase,
    /// The error status, not shifted.
    pub errors: u32,
}

/// A part of the controller that does not do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    Nothing,
    Reset,
    Clock,
    Events,
    Lines,
}

#[derive(Debug)]
pub struct Controller {
    pub card: Card,
    pub fault: Option<LineFault>,
    pub stuck: Stuck,
    /// The specification's version as its register has it.
    pub version: u32,
    block: u32,
    argument: u32,
    response: [u32; 4],
    pub control: u32,
    clock: u32,
    /// Reads until resets and clock are done.
    delay: u32,
    status: u32,
    enabled: u32,
    automatic_error: u32,
    /// What will be shown in the status, one at a read.
    events: VecDeque<u32>,
    data: VecDeque<u8>,
    collected: Vec<u8>,
    /// The transfer under way: the command's bits, blocks moved.
    transfer: Option<(u32, u16)>,
    /// Resets of command and data lines.
    pub line_resets: u32,
}

/// The controller, shared by driver and test.
#[derive(Clone, Debug)]
pub struct Model(Rc<RefCell<Controller>>);

impl Model {
    pub fn new(card: Card) -> Model {
        Model(Rc::new(RefCell::new(Controller {
            card,
            fault: None,
            stuck: Stuck::Nothing,
            version: 2,
            block: 0,
            argument: 0,
            response: [0; 4],
            control: 0,
            clock: 0,
            delay: 0,
            status: 0,
            enabled: 0,
            automatic_error: 0,
            events: VecDeque::new(),
            data: VecDeque::new(),
            collected: Vec::new(),
            transfer: None,
            line_resets: 0,
        })))
    }

    /// What is behind the registers.
    pub fn inside(&self) -> RefMut<'_, Controller> {
        self.0.borrow_mut()
    }
}

impl Registers for Model {
    fn read(&mut self, register: Offset) -> u32 {
        self.inside().read(register)
    }

    fn write(&mut self, register: Offset, value: u32) {
        self.inside().write(register, value);
    }
}

impl Controller {
    /// The card's clock in hertz, 0 if it stands still.
    pub fn hertz(&self) -> u32 {
        let half = self.clock >> 8 & 0xff | (self.clock >> 6 & 3) << 8;
        let running = layout::CLOCK_INTERNAL | layout::CLOCK_CARD;
        let divisor = if half == 0 { 1 } else { 2 * half };
        if self.clock & running == running { BASE_HERTZ / divisor } else { 0 }
    }

    fn read(&mut self, register: Offset) -> u32 {
        match register {
            layout::BUFFER => self.read_data(),
            layout::PRESENT => {
                let busy = self.transfer.is_some() || self.stuck == Stuck::Lines;
                u32::from(busy) << 1 | u32::from(self.stuck == Stuck::Lines)
            }
            layout::CONTROL => self.control,
            layout::CLOCK => self.read_clock(),
            layout::STATUS => {
                if self.stuck != Stuck::Events
                    && let Some(event) = self.events.pop_front()
                {
                    self.status |= event & self.enabled;
                }
                self.status | u32::from(self.status >> 16 != 0) << 15
            }
            layout::STATUS_ENABLE => self.enabled,
            layout::AUTOMATIC_ERROR => self.automatic_error,
            layout::VERSION => 0x9900_0000 | self.version << 16,
            _ => {
                let place = (register.bytes() - layout::RESPONSE.bytes()) / 4;
                self.response[place]
            }
        }
    }

    fn read_clock(&mut self) -> u32 {
        if self.delay > 0 {
            self.delay -= 1;
        }
        if self.delay == 0 {
            if self.stuck != Stuck::Reset {
                self.clock &= 0x00ff_ffff;
            }
            if self.clock & layout::CLOCK_INTERNAL != 0 && self.stuck != Stuck::Clock {
                self.clock |= layout::CLOCK_STABLE;
            }
        }
        self.clock
    }

    fn write(&mut self, register: Offset, value: u32) {
        match register {
            layout::BLOCK => {
                assert!(self.transfer.is_none(), "not during a transfer");
                self.block = value;
            }
            layout::ARGUMENT => self.argument = value,
            layout::COMMAND => self.command(value),
            layout::BUFFER => self.write_data(value),
            layout::CONTROL => self.control = value,
            layout::CLOCK => self.write_clock(value),
            layout::STATUS => self.status &= !value,
            layout::STATUS_ENABLE => self.enabled = value,
            layout::SIGNAL_ENABLE => assert_eq!(value, 0, "the driver does without interrupts"),
            _ => panic!("nobody writes {register:?}"),
        }
    }

    fn write_clock(&mut self, value: u32) {
        self.delay = 2;
        match value >> 24 {
            0 => {
                let starts = value & layout::CLOCK_CARD != 0;
                assert!(!starts || self.clock & layout::CLOCK_STABLE != 0, "a clock that is not stable yet");
            }
            1 => (self.control, self.status, self.enabled) = (0, 0, 0),
            // QEMU's controller takes one at a time.
            2 | 4 => {
                self.line_resets += 1;
                self.events.clear();
                if value >> 24 == 4 {
                    self.transfer = None;
                    self.data.clear();
                    self.collected.clear();
                }
            }
            _ => panic!("one reset at a time"),
        }
        self.clock = value & !layout::CLOCK_STABLE | self.clock & layout::CLOCK_STABLE & value << 1;
    }

    fn command(&mut self, bits: u32) {
        assert_eq!(self.status, 0, "old events are cleared");
        assert!(self.control & layout::POWER_ON == layout::POWER_ON && self.hertz() > 0, "power and clock");
        let index = bits >> layout::INDEX_SHIFT;
        let limit = if index == 7 || self.control & layout::FOUR_LINES != 0 { 25_000_000 } else { 400_000 };
        assert!(self.hertz() <= limit || index == 55 || index == 6, "CMD{index} at {}", self.hertz());
        self.respond(index, bits);
    }

    fn respond(&mut self, index: u32, bits: u32) {
        match self.card.command(index, self.argument) {
            // Nobody misses an answer that is not expected.
            None if bits & layout::RESPONSE_BUSY == 0 => {}
            None => return self.events.push_back(layout::COMMAND_COMPLETE | 1 << 16),
            Some(Answer::Nothing) => assert_eq!(bits & layout::RESPONSE_BUSY, 0),
            Some(Answer::Short(answer)) => {
                assert!(bits & layout::RESPONSE_SHORT != 0);
                self.response = [answer, 0, 0, 0];
            }
            Some(Answer::Long(answer)) => {
                assert_eq!(bits & layout::RESPONSE_BUSY, layout::RESPONSE_LONG);
                self.response = [0, 1, 2, 3].map(|place| (answer >> (8 + 32 * place)) as u32);
                self.response[3] &= 0x00ff_ffff;
            }
        }
        if let Some(errors) = self.strike(index, Phase::Response) {
            return self.events.push_back(errors << 16);
        }
        self.events.extend([0, layout::COMMAND_COMPLETE]);
        if bits & layout::DATA_PRESENT != 0 {
            self.transfer = Some((bits, 0));
            self.next_block();
        } else if bits & layout::RESPONSE_BUSY == layout::RESPONSE_BUSY {
            self.events.extend([0, layout::TRANSFER_COMPLETE]);
        }
    }

    /// The fault's errors, if it is its time.
    fn strike(&mut self, index: u32, phase: Phase) -> Option<u32> {
        let fault = self.fault.take_if(|fault| fault.index == index && fault.phase == phase)?;
        Some(fault.errors)
    }

    /// Asks for the next block, or ends the transfer.
    fn next_block(&mut self) {
        let Some((bits, moved)) = self.transfer else { return };
        let index = bits >> layout::INDEX_SHIFT;
        assert_eq!(self.block & 0xfff, BLOCK_BYTES as u32);
        if let Some(errors) = self.strike(index, Phase::Block(moved)) {
            return self.events.push_back(errors << 16);
        }
        let several = bits & layout::MODE_MULTIPLE != 0;
        assert_eq!(several, index == 18 || index == 25);
        if moved == if several { (self.block >> 16) as u16 } else { 1 } {
            return self.end(index, bits);
        }
        if self.response[0] >> 31 != 0 {
            return;
        }
        if bits & layout::MODE_READ != 0 {
            self.data.extend(self.card.send());
            self.events.extend([0, layout::BUFFER_READ_READY]);
        } else {
            self.events.extend([0, layout::BUFFER_WRITE_READY]);
        }
    }

    fn end(&mut self, index: u32, bits: u32) {
        if let Some(LineFault { phase: Phase::Stop(automatic), errors, index: struck }) = self.fault
            && struck == index
        {
            (self.fault, self.automatic_error) = (None, automatic);
            return self.events.push_back(errors << 16);
        }
        self.transfer = None;
        if bits & layout::MODE_AUTOMATIC_STOP != 0
            && let Some(Answer::Short(answer)) = self.card.command(12, 0)
        {
            self.response[3] = answer;
        }
        let errors = self.strike(index, Phase::End).unwrap_or(0);
        self.events.extend([0, layout::TRANSFER_COMPLETE | errors << 16]);
    }

    fn read_data(&mut self) -> u32 {
        let word = [(); 4].map(|()| self.data.pop_front().expect("data are there"));
        if self.data.is_empty() {
            self.moved();
        }
        u32::from_le_bytes(word)
    }

    fn write_data(&mut self, value: u32) {
        assert!(self.transfer.is_some(), "nothing is transferred");
        self.collected.extend(value.to_le_bytes());
        if self.collected.len() == BLOCK_BYTES {
            let block = core::mem::take(&mut self.collected);
            self.card.receive(&block);
            self.moved();
        }
    }

    fn moved(&mut self) {
        if let Some((_, moved)) = &mut self.transfer {
            *moved += 1;
        }
        self.next_block();
    }
}

/// Time that passes when it is waited for: ten microseconds a look.
#[derive(Debug, Default)]
pub struct Clockwork {
    left: u32,
}

impl Wait for Clockwork {
    fn begin(&mut self, microseconds: u32) {
        self.left = microseconds;
    }

    fn again(&mut self) -> Result<(), TimedOut> {
        self.left = self.left.checked_sub(10).ok_or(TimedOut)?;
        Ok(())
    }
}
