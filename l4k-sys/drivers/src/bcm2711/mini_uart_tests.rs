//! The mini UART over a model of it.

extern crate std;

use super::*;
use std::collections::VecDeque;
use std::vec::Vec;

/// The block AUX.
#[derive(Default)]
struct Model {
    enables: u32,
    received: VecDeque<u8>,
    transmitting: VecDeque<u8>,
    sent: Vec<u8>,
    is_overrun: bool,
    interrupts: u32,
    line: u32,
    modem: u32,
    control: u32,
    divider: u32,
}

impl Model {
    /// A byte comes in.
    fn come(&mut self, byte: u8) {
        if self.control & 1 == 0 {
            return;
        }
        if self.received.len() == FIFO_BYTES { self.is_overrun = true } else { self.received.push_back(byte) }
    }

    /// A byte goes out.
    fn leave(&mut self) {
        if self.control & 2 != 0 {
            self.sent.extend(self.transmitting.pop_front());
        }
    }

    /// The interrupt line.
    fn is_asserted(&self) -> bool {
        let receive = self.interrupts & 1 != 0 && self.interrupts & 4 != 0 && !self.received.is_empty();
        let transmit = self.interrupts & 2 != 0 && self.transmitting.is_empty();
        let overrun = self.interrupts & 4 != 0 && self.is_overrun;
        receive || transmit || overrun
    }

    fn check(&self, offset: usize) {
        assert!(self.enables & 1 != 0 || offset == 4, "register {offset:#x} of a device that is off");
        assert!(self.line & 0x80 == 0 || (offset != 0x40 && offset != 0x44), "DLAB is set");
    }
}

impl Registers for Model {
    fn read(&mut self, register: Offset) -> u32 {
        let offset = register.bytes();
        self.check(offset);
        let ready = u32::from(!self.received.is_empty());
        let room = u32::from(self.transmitting.len() < FIFO_BYTES);
        match offset {
            0x04 => self.enables,
            0x40 => u32::from(self.received.pop_front().unwrap_or(0)),
            0x44 => self.interrupts,
            0x4c => self.line,
            0x54 => {
                let overrun = u32::from(core::mem::take(&mut self.is_overrun)) << 1;
                ready | overrun | room << 5 | u32::from(self.transmitting.is_empty()) << 6
            }
            0x64 => {
                let levels = (self.received.len() << 16 | self.transmitting.len() << 24) as u32;
                ready | room << 1 | u32::from(self.is_overrun) << 4 | (1 - room) << 5 | levels
            }
            _ => panic!("no register to read at {offset:#x}"),
        }
    }

    fn write(&mut self, register: Offset, value: u32) {
        let offset = register.bytes();
        self.check(offset);
        match offset {
            0x04 => self.enables = value & 7,
            0x40 if self.transmitting.len() < FIFO_BYTES => self.transmitting.push_back(value as u8),
            0x40 => panic!("written to a full FIFO"),
            0x44 => self.interrupts = value & 0xf,
            0x48 => {
                if value & 2 != 0 {
                    self.received.clear();
                }
                if value & 4 != 0 {
                    self.transmitting.clear();
                }
            }
            0x4c => self.line = value,
            0x50 => self.modem = value,
            0x60 => self.control = value,
            0x68 => {
                assert_eq!(self.control, 0, "the speed was changed while the line was on");
                self.divider = value & 0xffff;
            }
            _ => panic!("no register to write at {offset:#x}"),
        }
    }
}

const SPEED: LineSpeed = LineSpeed { baud_rate: 115_200, clock_hertz: 500_000_000 };

fn uart() -> MiniUart<Model> {
    let mut uart = MiniUart::new(Model { enables: 0b110, modem: 2, ..Model::default() }, Enabling::Here);
    uart.set_line(SPEED).unwrap();
    uart
}

#[test]
fn the_device_is_turned_on_beside_its_neighbours() {
    assert_eq!(uart().registers.enables, 0b111);
    let model = Model { enables: 0b001, interrupts: 0xf, line: 0x83, control: 3, ..Model::default() };
    let mut uart = MiniUart::new(model, Enabling::Elsewhere);
    assert_eq!((uart.registers.enables, uart.registers.interrupts, uart.registers.line), (0b001, 0, 3));
    uart.registers.come(b'a');
    assert_eq!(uart.receive(), Ok(Some(b'a')), "the line stays as it was");
}

#[test]
fn the_line_is_set() {
    let mut uart = uart();
    uart.registers.come(b'a');
    uart.send(b'b').unwrap();
    uart.set_line(LineSpeed { baud_rate: 9600, ..SPEED }).unwrap();
    let model = &uart.registers;
    assert_eq!((model.line, model.modem, model.control, model.divider), (3, 0, 3, 6509));
    assert!(model.received.is_empty() && model.transmitting.is_empty());
}

#[test]
fn dividers_are_checked() {
    let divider = |baud_rate, clock_hertz| divider(LineSpeed { baud_rate, clock_hertz });
    assert_eq!(divider(115_200, 250_000_000), Ok(270));
    assert_eq!(divider(115_200, 500_000_000), Ok(542));
    assert_eq!(divider(31_250_000, 250_000_000), Ok(0));
    assert_eq!(divider(1, 8 * 65_536), Ok(0xffff));
    assert_eq!(divider(1, 8 * 65_537), Err(SpeedOutOfRange));
    // Twice the fastest, and halfway between the fastest two.
    assert_eq!(divider(62_500_000, 250_000_000), Err(SpeedOutOfRange));
    assert_eq!(divider(21_000_000, 250_000_000), Err(SpeedOutOfRange));
    for (baud_rate, clock_hertz) in [(0, 250_000_000), (0, 0), (115_200, 0), (u32::MAX, 1), (300, u32::MAX)] {
        assert_eq!(divider(baud_rate, clock_hertz), Err(SpeedOutOfRange), "{baud_rate} of {clock_hertz}");
    }
    assert!(divider(u32::MAX, u32::MAX).is_err());
    let mut uart = uart();
    assert_eq!(uart.set_line(LineSpeed { baud_rate: 0, ..SPEED }), Err(SpeedOutOfRange));
    assert_eq!((uart.registers.divider, uart.registers.control), (542, 3));
}

#[test]
fn bytes_are_received_in_order() {
    let mut uart = uart();
    assert_eq!(uart.receive(), Ok(None));
    for byte in b"12345678" {
        uart.registers.come(*byte);
    }
    let received: Vec<u8> = core::iter::from_fn(|| uart.receive().unwrap()).collect();
    assert_eq!(received, b"12345678");
}

#[test]
fn a_full_fifo_takes_no_byte() {
    let mut uart = uart();
    for byte in 0..FIFO_BYTES as u8 {
        assert_eq!(uart.send(byte), Ok(()));
    }
    assert_eq!(uart.send(8), Err(Full));
    uart.registers.leave();
    assert_eq!(uart.send(8), Ok(()));
    while !uart.registers.transmitting.is_empty() {
        uart.registers.leave();
    }
    assert!(uart.registers.sent.iter().copied().eq(0..=8));
}

#[test]
fn a_byte_that_was_lost_is_told_once() {
    for cleared_before in [0, 1, 2] {
        let mut uart = uart();
        (0..9).for_each(|byte| uart.registers.come(byte));
        (0..cleared_before).for_each(|_| uart.clear_interrupts());
        assert_eq!(uart.send(b'x'), Ok(()));
        assert_eq!(uart.receive(), Err(LineError));
        for byte in 0..8 {
            assert_eq!(uart.receive(), Ok(Some(byte)));
        }
        assert_eq!(uart.receive(), Ok(None));
    }
}

#[test]
fn interrupts_come_when_they_are_listened_for() {
    let mut uart = uart();
    uart.registers.come(b'a');
    assert!(!uart.registers.is_asserted());
    uart.listen(Listen::On, Listen::Off);
    assert_eq!(uart.registers.interrupts, 0b101);
    assert!(uart.registers.is_asserted());
    uart.clear_interrupts();
    assert_eq!(uart.receive(), Ok(Some(b'a')));
    assert!(!uart.registers.is_asserted());
    uart.listen(Listen::On, Listen::On);
    assert_eq!(uart.registers.interrupts, 0b111);
    assert!(uart.registers.is_asserted());
    uart.send(b'b').unwrap();
    assert!(!uart.registers.is_asserted());
    uart.listen(Listen::Off, Listen::On);
    assert_eq!(uart.registers.interrupts, 0b010);
    uart.registers.leave();
    assert!(uart.registers.is_asserted());
    uart.listen(Listen::Off, Listen::Off);
    assert!(!uart.registers.is_asserted());
}

#[test]
fn an_overrun_does_not_hold_the_interrupt() {
    let mut uart = uart();
    uart.listen(Listen::On, Listen::Off);
    (0..9).for_each(|byte| uart.registers.come(byte));
    uart.clear_interrupts();
    while uart.receive() != Ok(None) {}
    assert!(!uart.registers.is_asserted());
}
