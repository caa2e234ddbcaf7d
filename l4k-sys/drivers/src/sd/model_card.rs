//! A model of an SD card: its states, its answers and its blocks, for the tests of the driver.

extern crate std;

use std::vec::Vec;

use super::capacity::BLOCK_BYTES;

/// The address that the card chooses.
pub const ADDRESS: u32 = 0x4567;

/// Which card it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Standard capacity, of version 1: knows no CMD8.
    First,
    /// Standard capacity, of version 2.
    Standard,
    /// High capacity.
    High,
}

/// Something that is wrong with the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Nothing is.
    None,
    /// There is no card.
    Missing,
    /// It never powers up.
    NeverReady,
    /// It sends CMD8's pattern back changed.
    WrongPattern,
    /// It has no voltage in common with the host.
    WrongVoltage,
    /// It publishes address zero.
    NoAddress,
    /// It is locked.
    Locked,
    /// Its CSD is of version 3.
    NewCsd,
    /// It reports a failed write: ERROR in the status.
    WriteError,
    /// It never ends programming.
    Programming,
}

/// CURRENT_STATE by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Idle = 0,
    Ready = 1,
    Identification = 2,
    Standby = 3,
    Transfer = 4,
    Sending = 5,
    Receiving = 6,
    Programming = 7,
}

/// What the card answers a command with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Nothing,
    Short(u32),
    Long(u128),
}

/// The card.
#[derive(Clone, Debug)]
pub struct Card {
    pub kind: Kind,
    pub defect: Defect,
    pub image: Vec<u8>,
    pub state: State,
    pub four_lines: bool,
    /// Every command that came, ACMDs with 100 added.
    pub log: Vec<u32>,
    /// What a status tells of once.
    told: u32,
    application: bool,
    asked: u32,
    busy: u32,
    position: usize,
    block_length_set: bool,
}

impl Card {
    pub fn new(kind: Kind, blocks: usize) -> Card {
        Card {
            kind,
            defect: Defect::None,
            image: (0..blocks * BLOCK_BYTES).map(|place| (place / BLOCK_BYTES * 7 + place) as u8).collect(),
            state: State::Idle,
            four_lines: false,
            log: Vec::new(),
            told: 0,
            application: false,
            asked: 0,
            busy: 0,
            position: 0,
            block_length_set: false,
        }
    }

    /// The contents of a block.
    pub fn block(&self, number: usize) -> &[u8] {
        &self.image[number * BLOCK_BYTES..][..BLOCK_BYTES]
    }

    /// A command comes. `None` if the card does not answer it.
    pub fn command(&mut self, index: u32, argument: u32) -> Option<Answer> {
        if self.defect == Defect::Missing {
            return None;
        }
        let index = if self.application { index + 100 } else { index };
        self.application = false;
        self.log.push(index);
        let answer = self.identification(index, argument).or_else(|| self.transfer(index, argument));
        if answer.is_none() {
            self.told |= 1 << 22;
        }
        answer
    }

    fn identification(&mut self, index: u32, argument: u32) -> Option<Answer> {
        match (index, self.state) {
            (0, _) => {
                let (image, log) = (core::mem::take(&mut self.image), core::mem::take(&mut self.log));
                *self = Card { defect: self.defect, image, log, ..Card::new(self.kind, 0) };
                Some(Answer::Nothing)
            }
            (8, State::Idle) if self.kind != Kind::First => {
                let changed = u32::from(self.defect == Defect::WrongPattern);
                Some(Answer::Short((argument & 0xfff) ^ changed))
            }
            (55, _) => {
                self.application = true;
                Some(Answer::Short(self.status() | 1 << 5))
            }
            (141, State::Idle) => Some(Answer::Short(self.operating_condition(argument))),
            (2, State::Ready) => {
                self.state = State::Identification;
                Some(Answer::Long(0x1234_5678 << 64))
            }
            (3, State::Identification) => {
                self.state = State::Standby;
                let address = if self.defect == Defect::NoAddress { 0 } else { ADDRESS };
                Some(Answer::Short(address << 16 | 0x500))
            }
            (9, State::Standby) if argument >> 16 == ADDRESS => Some(Answer::Long(self.csd())),
            _ => None,
        }
    }

    fn transfer(&mut self, index: u32, argument: u32) -> Option<Answer> {
        match (index, self.state) {
            (7, State::Standby) if argument >> 16 == ADDRESS => Some(self.change(State::Transfer)),
            (106, State::Transfer) => {
                assert_eq!(argument, 2, "four lines");
                self.four_lines = true;
                Some(Answer::Short(self.status()))
            }
            (16, State::Transfer) => {
                assert_eq!(argument, 512);
                self.block_length_set = true;
                Some(Answer::Short(self.status()))
            }
            (17 | 18, State::Transfer) => Some(self.open(argument, State::Sending)),
            (24 | 25, State::Transfer) => Some(self.open(argument, State::Receiving)),
            (12, State::Sending) => Some(self.change(State::Transfer)),
            (12, State::Receiving) => {
                self.busy = 3;
                Some(self.change(State::Programming))
            }
            (13, _) if argument >> 16 == ADDRESS && self.state as u32 >= 3 => {
                let answer = Answer::Short(self.status());
                self.program();
                Some(answer)
            }
            _ => None,
        }
    }

    /// ACMD41: ready when asked the third time.
    fn operating_condition(&mut self, argument: u32) -> u32 {
        assert_eq!(argument >> 30 & 1 != 0, self.kind != Kind::First, "HCS only after CMD8 was answered");
        self.asked += 1;
        if self.defect == Defect::WrongVoltage {
            return 0x80;
        }
        if self.asked < 3 || self.defect == Defect::NeverReady {
            return argument & 0x00ff_8000;
        }
        self.state = State::Ready;
        1 << 31 | u32::from(self.kind == Kind::High) << 30 | argument & 0x00ff_8000
    }

    /// The CSD that fits the image best; no card has fewer than four blocks by its CSD.
    fn csd(&self) -> u128 {
        let blocks = (self.image.len() / BLOCK_BYTES) as u128;
        match self.kind {
            _ if self.defect == Defect::NewCsd => 2 << 126,
            Kind::High => 1 << 126 | (blocks.div_ceil(1024) - 1) << 48,
            Kind::First | Kind::Standard => 9 << 80 | (blocks.div_ceil(4) - 1) << 62,
        }
    }

    fn open(&mut self, argument: u32, state: State) -> Answer {
        let unit = if self.kind == Kind::High { BLOCK_BYTES } else { 1 };
        assert!(self.block_length_set || self.kind == Kind::High, "CMD16");
        self.position = argument as usize * unit;
        if self.position >= self.image.len() {
            return Answer::Short(self.status() | 1 << 31);
        }
        self.change(state)
    }

    /// Answers with the status before the change, as the specification wants it.
    fn change(&mut self, state: State) -> Answer {
        let status = self.status();
        self.state = state;
        Answer::Short(status)
    }

    fn status(&mut self) -> u32 {
        let told = core::mem::take(&mut self.told);
        let locked = u32::from(self.defect == Defect::Locked) << 25;
        let ready = u32::from(self.state != State::Programming) << 8;
        told | locked | ready | (self.state as u32) << 9
    }

    fn program(&mut self) {
        if self.state == State::Programming && self.defect != Defect::Programming {
            self.busy -= 1;
            if self.busy == 0 {
                self.state = State::Transfer;
            }
        }
    }

    /// The next block to the host.
    pub fn send(&mut self) -> [u8; BLOCK_BYTES] {
        assert_eq!(self.state, State::Sending);
        let block = self.image[self.position..][..BLOCK_BYTES].try_into().expect("a block");
        self.position += BLOCK_BYTES;
        if self.position >= self.image.len() && self.log.last() == Some(&18) {
            self.told |= 1 << 31;
        }
        if self.log.last() == Some(&17) {
            self.state = State::Transfer;
        }
        block
    }

    /// The next block from the host.
    pub fn receive(&mut self, block: &[u8]) {
        assert_eq!(self.state, State::Receiving);
        if self.defect == Defect::WriteError {
            self.told |= 1 << 19;
        } else {
            self.image[self.position..][..BLOCK_BYTES].copy_from_slice(block);
        }
        self.position += BLOCK_BYTES;
        if self.log.last() == Some(&24) {
            self.busy = 3;
            self.state = State::Programming;
        }
    }
}
