//! The I2C controller over a model of it, with a memory of 256 bytes as the device on the bus.

extern crate std;

use super::*;
use std::collections::VecDeque;
use std::vec::Vec;

const DEVICE: u8 = 0x50;
const CLOCK: BusClock = BusClock { core_hertz: 500_000_000, bus_hertz: 100_000 };
const FIFO_BYTES: usize = 16;

/// What happens on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Write,
    Read,
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Defect {
    None,
    /// Acknowledges its address and no byte.
    RefusesBytes,
    HoldsTheClock,
    /// The controller never ends.
    Stuck,
}

/// A byte moves at each look at the status.
struct Controller {
    control: u32,
    status: u32,
    length: u32,
    address: u32,
    divider: u32,
    fifo: VecDeque<u8>,
    /// A start that waits for the end of the write that is under way.
    next: Option<(u32, u32)>,
    left: u32,
    active: Option<u32>,
    memory: [u8; 256],
    pointer: Option<u8>,
    defect: Defect,
    events: Vec<Event>,
}

impl Controller {
    fn new(defect: Defect) -> Controller {
        Controller {
            control: 0,
            status: 0,
            length: 0,
            address: 0,
            divider: 0,
            fifo: VecDeque::new(),
            next: None,
            left: 0,
            active: None,
            memory: core::array::from_fn(|index| index as u8),
            pointer: None,
            defect,
            events: Vec::new(),
        }
    }

    fn begin(&mut self, direction: u32, length: u32) {
        self.events.push(if direction == READ { Event::Read } else { Event::Write });
        if self.address != u32::from(DEVICE) {
            self.status |= REFUSED | DONE;
            self.stop();
            return;
        }
        if direction != READ {
            self.pointer = None;
        }
        (self.active, self.left) = (Some(direction), length);
    }

    fn stop(&mut self) {
        self.events.push(Event::Stop);
        self.active = None;
        self.status |= DONE;
    }

    /// A byte's time passes.
    fn tick(&mut self) {
        let Some(direction) = self.active else { return };
        match (self.defect, direction) {
            (Defect::Stuck, _) => return,
            (Defect::HoldsTheClock, _) => {
                self.status |= STRETCHED;
                return self.stop();
            }
            _ => {}
        }
        if self.left > 0 && direction == READ && self.fifo.len() < FIFO_BYTES {
            let pointer = self.pointer.get_or_insert(0);
            self.fifo.push_back(self.memory[usize::from(*pointer)]);
            *pointer = pointer.wrapping_add(1);
            self.left -= 1;
        } else if self.left > 0 && direction != READ {
            let Some(byte) = self.fifo.pop_front() else { return };
            if self.defect == Defect::RefusesBytes {
                self.status |= REFUSED;
                return self.stop();
            }
            match &mut self.pointer {
                None => self.pointer = Some(byte),
                Some(pointer) => {
                    self.memory[usize::from(*pointer)] = byte;
                    *pointer = pointer.wrapping_add(1);
                }
            }
            self.left -= 1;
        }
        if self.left == 0 {
            match self.next.take() {
                Some((direction, length)) => self.begin(direction, length),
                None => self.stop(),
            }
        }
    }
}

impl Registers for &mut Controller {
    fn read(&mut self, register: Offset) -> u32 {
        match register {
            STATUS => {
                self.tick();
                let ready = if self.active != Some(0) && !self.fifo.is_empty() { BYTE_READY } else { 0 };
                let room = if self.fifo.len() < FIFO_BYTES { ROOM } else { 0 };
                self.status | ready | room
            }
            FIFO => u32::from(self.fifo.pop_front().expect("no byte is read that has not come")),
            other => panic!("read of {other:?}"),
        }
    }

    fn write(&mut self, register: Offset, value: u32) {
        match register {
            CONTROL => {
                self.control = value;
                if value & CLEAR != 0 {
                    self.fifo.clear();
                }
                if value & START != 0 {
                    assert_ne!(value & ENABLE, 0);
                    let request = (value & READ, self.length);
                    if self.active.is_some() { self.next = Some(request) } else { self.begin(request.0, request.1) }
                }
            }
            STATUS => self.status &= !(value & (STRETCHED | REFUSED | DONE)),
            LENGTH => self.length = value,
            ADDRESS => self.address = value,
            FIFO => {
                assert!(self.fifo.len() < FIFO_BYTES, "no byte is written without room for it");
                assert!(self.active.is_some(), "bytes before the start are lost in QEMU");
                self.fifo.push_back(value as u8);
            }
            DIVIDER => self.divider = value,
            other => panic!("write to {other:?}"),
        }
    }
}

/// As often as it takes, but not for ever.
struct Patience(u32);

impl Wait for Patience {
    fn begin(&mut self, _: u32) {
        self.0 = 100;
    }

    fn again(&mut self) -> Result<(), TimedOut> {
        self.0 = self.0.checked_sub(1).ok_or(TimedOut)?;
        Ok(())
    }
}

fn bus(controller: &mut Controller) -> I2c<&mut Controller, Patience> {
    I2c::new(controller, Patience(0), CLOCK).unwrap()
}

#[test]
fn a_register_is_read_without_a_stop_between() {
    let mut controller = Controller::new(Defect::None);
    let mut answer = [0; 3];
    bus(&mut controller).write_read(DEVICE, &[7], &mut answer).unwrap();
    assert_eq!(answer, [7, 8, 9]);
    assert_eq!(controller.events, [Event::Write, Event::Read, Event::Stop]);
    assert_eq!((controller.divider, controller.control), (5000, CLEAR));
}

#[test]
fn more_bytes_than_the_fifo_holds_go_both_ways() {
    let mut controller = Controller::new(Defect::None);
    let mut message = [0xa5; 100];
    message[0] = 20;
    bus(&mut controller).write(DEVICE, &message).unwrap();
    assert!(controller.memory[20..119].iter().all(|byte| *byte == 0xa5) && controller.memory[119] == 119);
    let mut back = [0; 99];
    bus(&mut controller).write_read(DEVICE, &[20], &mut back).unwrap();
    assert_eq!(back, [0xa5; 99]);
    controller.events.clear();
    bus(&mut controller).read(DEVICE, &mut back[..1]).unwrap();
    assert_eq!((back[0], controller.events.as_slice()), (119, &[Event::Read, Event::Stop][..]));
}

#[test]
fn pieces_of_one_direction_are_one_transfer() {
    let mut controller = Controller::new(Defect::None);
    let (mut first, mut second) = ([0; 2], [0; 1]);
    let mut operations =
        [Operation::Write(&[9]), Operation::Write(&[1, 2]), Operation::Read(&mut first), Operation::Read(&mut second)];
    bus(&mut controller).transaction(DEVICE, &mut operations).unwrap();
    assert_eq!((controller.memory[9], controller.memory[10]), (1, 2));
    assert_eq!((first, second), ([11, 12], [13]));
    assert_eq!(controller.events, [Event::Write, Event::Read, Event::Stop]);
}

#[test]
fn each_failure_is_told_and_the_bus_works_again() {
    let cases = [
        (Defect::RefusesBytes, I2cError::NotAcknowledged),
        (Defect::HoldsTheClock, I2cError::ClockStretched),
        (Defect::Stuck, I2cError::TimedOut),
    ];
    for (defect, error) in cases {
        let mut controller = Controller::new(defect);
        assert_eq!(bus(&mut controller).write(DEVICE, &[1, 2]), Err(error));
        controller.defect = Defect::None;
        controller.active = None;
        let mut answer = [0];
        bus(&mut controller).write_read(DEVICE, &[3], &mut answer).unwrap();
        assert_eq!(answer, [3]);
    }
}

#[test]
fn nobody_at_an_address_is_no_acknowledgement() {
    let mut controller = Controller::new(Defect::None);
    assert_eq!(bus(&mut controller).read(0x10, &mut [0]), Err(I2cError::NotAcknowledged));
    assert_eq!(bus(&mut controller).write(0x10, &[]), Err(I2cError::NotAcknowledged));
    assert_eq!(bus(&mut controller).write(DEVICE, &[]), Ok(()));
}

#[test]
fn what_the_controller_cannot_do_is_refused_before_anything_happens() {
    let mut controller = Controller::new(Defect::None);
    let mut bus = bus(&mut controller);
    let mut byte = [0];
    let mut operations = [Operation::Read(&mut byte), Operation::Write(&[1])];
    assert_eq!(bus.transaction(DEVICE, &mut operations), Err(I2cError::WriteAfterRead));
    let long = std::vec![0; LONGEST + 1];
    assert_eq!(bus.write(DEVICE, &long), Err(I2cError::TooLong));
    assert_eq!(controller.events, []);
}

#[test]
fn a_clock_too_slow_is_refused_before_anything_is_written() {
    let mut controller = Controller { control: READ, ..Controller::new(Defect::None) };
    let slowest = BusClock { core_hertz: 65_534, bus_hertz: 1 };
    let slower = BusClock { core_hertz: 65_535, bus_hertz: 1 };
    assert_eq!(I2c::new(&mut controller, Patience(0), slower).err(), Some(ClockOutOfRange));
    assert_eq!((controller.control, controller.divider), (READ, 0));
    I2c::new(&mut controller, Patience(0), slowest).unwrap();
    assert_eq!((controller.control, controller.divider), (0, 65_534));
}
