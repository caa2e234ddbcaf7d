//! Properties and the framebuffer, over a model of the mailbox and of the firmware behind it.

extern crate std;

use super::*;
use crate::bcm2711::framebuffer::{Framebuffer, PixelOrder, Size};
use core::cell::RefCell;
use std::vec::Vec;

const PHYSICAL: u64 = 0x3000_1000;

/// How the firmware answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Well,
    Silent,
    /// Answers questions of others first.
    Busy,
    Refusing,
    Forgetful,
    Short,
    /// A framebuffer with rows that do not fit.
    Confused,
}

struct VideoCore {
    manner: Manner,
    memory: [u32; WORDS_MAX],
    /// What waits in mailbox 0.
    letters: Vec<u32>,
    clock: u32,
}

impl VideoCore {
    fn answer(&mut self, letter: u32) {
        assert_eq!(letter, PHYSICAL as u32 | ALIAS | 8);
        if self.manner == Manner::Silent {
            return;
        }
        let length = self.memory[0] as usize / 4;
        let mut place = 2;
        while self.memory[place] != 0 {
            let (tag, words) = (self.memory[place], self.memory[place + 1] as usize / 4);
            let request: Vec<u32> = self.memory[place + 3..place + 3 + words].to_vec();
            if self.manner != Manner::Forgetful {
                let answer = self.property(tag, &request);
                self.memory[place + 3..place + 3 + answer.len()].copy_from_slice(&answer);
                let told = if self.manner == Manner::Short { answer.len() - 1 } else { answer.len() };
                self.memory[place + 2] = ANSWERED | (told as u32 * 4);
            }
            place += 3 + words;
        }
        assert_eq!(place + 1, length, "the message is as long as it says");
        self.memory[1] = if self.manner == Manner::Refusing { ANSWERED | 1 } else { ANSWERED };
        if self.manner == Manner::Busy {
            self.letters.extend([0x1234_5001, 0x8]);
        }
        self.letters.push(letter);
    }

    fn property(&mut self, tag: u32, request: &[u32]) -> Vec<u32> {
        match tag {
            0x1 => [0x6542_1100].to_vec(),
            0x1_0004 => [0x89ab_cdef, 0x1000_0000].to_vec(),
            0x1_0006 => [0x3b40_0000, 0x04c0_0000].to_vec(),
            0x3_0002 => [request[0], self.clock].to_vec(),
            0x3_8002 => {
                self.clock = request[1].min(200_000_000);
                [request[0], self.clock].to_vec()
            }
            0x3_0006 => [0, 48_312].to_vec(),
            0x2_8001 => [request[0], if request[0] == 7 { 2 } else { request[1] & 1 }].to_vec(),
            0x4_8003 | 0x4_8004 => request[..2].to_vec(),
            0x4_8005 | 0x4_8006 => request[..1].to_vec(),
            0x4_0001 => [0xfc10_0000, 320 * 240 * 4].to_vec(),
            0x4_0008 if self.manner == Manner::Confused => [320 * 4 + 4].to_vec(),
            0x4_0008 => [320 * 4].to_vec(),
            other => panic!("tag {other:#x}"),
        }
    }
}

struct Ports<'a>(&'a RefCell<VideoCore>);
struct Buffer<'a>(&'a RefCell<VideoCore>);

impl Registers for Ports<'_> {
    fn read(&mut self, register: Offset) -> u32 {
        let mut core = self.0.borrow_mut();
        match register.bytes() {
            0x00 => core.letters.remove(0),
            0x18 if core.letters.is_empty() => 1 << 30,
            _ => 0,
        }
    }

    fn write(&mut self, register: Offset, value: u32) {
        assert_eq!(register.bytes(), 0x20);
        self.0.borrow_mut().answer(value);
    }
}

impl Registers for Buffer<'_> {
    fn read(&mut self, register: Offset) -> u32 {
        self.0.borrow().memory[register.bytes() / 4]
    }

    fn write(&mut self, register: Offset, value: u32) {
        self.0.borrow_mut().memory[register.bytes() / 4] = value;
    }
}

struct Patience(u32);

impl Wait for Patience {
    fn begin(&mut self, _: u32) {
        self.0 = 3;
    }

    fn again(&mut self) -> Result<(), TimedOut> {
        self.0 = self.0.checked_sub(1).ok_or(TimedOut)?;
        Ok(())
    }
}

fn video_core(manner: Manner) -> RefCell<VideoCore> {
    RefCell::new(VideoCore { manner, memory: [0; WORDS_MAX], letters: Vec::new(), clock: 48_000_000 })
}

fn firmware(core: &RefCell<VideoCore>) -> Firmware<Ports<'_>, Patience, Buffer<'_>> {
    Firmware::new(Mailbox::new(Ports(core), Patience(0)), Buffer(core), BufferAddress::new(PHYSICAL).unwrap())
}

fn framebuffer(manner: Manner) -> Result<Framebuffer, PropertyError> {
    let core = video_core(manner);
    Framebuffer::allocate(&mut firmware(&core), Size::new(320, 240).unwrap(), PixelOrder::BlueFirst)
}

#[test]
fn properties_are_told() {
    let core = video_core(Manner::Well);
    let mut firmware = firmware(&core);
    assert_eq!(firmware.revision(), Ok(0x6542_1100));
    assert_eq!(firmware.board_serial(), Ok(0x1000_0000_89ab_cdef));
    assert_eq!(firmware.video_memory(), Ok(MemoryPart { start: 0x3b40_0000, bytes: 0x04c0_0000 }));
    assert_eq!(firmware.temperature(), Ok(48_312));
    assert_eq!(firmware.clock_rate(FirmwareClock::Uart), Ok(48_000_000));
    assert_eq!(firmware.set_clock_rate(FirmwareClock::Emmc2, 300_000_000), Ok(200_000_000));
    assert_eq!(firmware.set_power(PowerDomain::SdCard, Power::On), Ok(()));
    assert!(matches!(firmware.set_power(PowerDomain::Spi, Power::On), Err(PropertyError::Nonsense(_))));
}

#[test]
fn answers_to_others_are_passed_over() {
    let core = video_core(Manner::Busy);
    assert_eq!(firmware(&core).revision(), Ok(0x6542_1100));
}

#[test]
fn each_failure_is_told() {
    let cases = [
        (Manner::Silent, PropertyError::TimedOut),
        (Manner::Refusing, PropertyError::Refused(ANSWERED | 1)),
        (Manner::Forgetful, PropertyError::Unanswered(1)),
        (Manner::Short, PropertyError::TooShort(1)),
    ];
    for (manner, error) in cases {
        let core = video_core(manner);
        assert_eq!(firmware(&core).revision(), Err(error));
    }
    let core = video_core(Manner::Well);
    let mut tags = [Tag::new(1, [0; 4], 1); TAGS_MAX + 1];
    assert_eq!(firmware(&core).exchange(&mut tags), Err(PropertyError::TooManyTags));
}

#[test]
fn a_framebuffer_is_had_by_its_physical_address() {
    let expected =
        Framebuffer { address: 0x3c10_0000, bytes: 320 * 240 * 4, pitch: 1280, size: Size::new(320, 240).unwrap() };
    assert_eq!(framebuffer(Manner::Well), Ok(expected));
    assert!(matches!(framebuffer(Manner::Confused), Err(PropertyError::Nonsense(_))));
    assert_eq!(Size::new(0, 5), None);
    assert_eq!(Size::new(5, 4097), None);
}

#[test]
fn a_buffer_lies_where_the_video_core_can_see_it() {
    assert!(BufferAddress::new(0x1000).is_some());
    assert!(BufferAddress::new(0x1008).is_none());
    assert!(BufferAddress::new(0x3fff_fff0).is_none());
    assert!(BufferAddress::new(0x4000_0000).is_none());
    assert!(BufferAddress::new(!0xf).is_none());
}
