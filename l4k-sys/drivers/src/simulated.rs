//! A simulated UART with FIFOs and an interrupt line, for the tests of the console service.

extern crate std;

use core::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::vec::Vec;

use crate::serial::{Full, LineError, Listen, SerialHardware};

/// Bytes that each FIFO holds, as in a PL011.
pub const FIFO_BYTES: usize = 32;

/// The registers behind the UART.
#[derive(Debug)]
pub struct Line {
    /// Bytes that have come.
    pub received: VecDeque<Result<u8, LineError>>,
    /// Bytes in the transmit FIFO.
    pub transmitting: VecDeque<u8>,
    /// Bytes that have left.
    pub sent: Vec<u8>,
    /// Interrupts asked for.
    pub listening: (Listen, Listen),
    /// How often interrupts were cleared.
    pub cleared: usize,
}

/// The UART, and another handle to it for the test.
#[derive(Clone, Debug)]
pub struct SimulatedUart {
    line: Rc<RefCell<Line>>,
}

impl SimulatedUart {
    pub fn new() -> SimulatedUart {
        let line = Line {
            received: VecDeque::new(),
            transmitting: VecDeque::new(),
            sent: Vec::new(),
            listening: (Listen::Off, Listen::Off),
            cleared: 0,
        };
        SimulatedUart { line: Rc::new(RefCell::new(line)) }
    }

    /// Bytes come over the line; those that the FIFO has no room for are lost, as on a real line.
    pub fn arrive(&self, bytes: &[u8]) {
        let mut line = self.line.borrow_mut();
        for byte in bytes {
            if line.received.len() < FIFO_BYTES {
                line.received.push_back(Ok(*byte));
            }
        }
    }

    /// A damaged byte comes.
    pub fn arrive_damaged(&self) {
        self.line.borrow_mut().received.push_back(Err(LineError));
    }

    /// Time passes: what is in the transmit FIFO leaves.
    pub fn transmit(&self) {
        let mut line = self.line.borrow_mut();
        let bytes: Vec<u8> = line.transmitting.drain(..).collect();
        line.sent.extend(bytes);
    }

    /// Everything sent up to now, that in the FIFO included.
    pub fn sent(&self) -> Vec<u8> {
        let line = self.line.borrow();
        line.sent.iter().chain(&line.transmitting).copied().collect()
    }

    /// Interrupts asked for: for bytes that come, for room to send.
    pub fn listening(&self) -> (Listen, Listen) {
        self.line.borrow().listening
    }

    /// How often interrupts were cleared.
    pub fn cleared(&self) -> usize {
        self.line.borrow().cleared
    }

    /// Bytes that wait in the receive FIFO.
    pub fn waiting(&self) -> usize {
        self.line.borrow().received.len()
    }
}

impl SerialHardware for SimulatedUart {
    fn receive(&mut self) -> Result<Option<u8>, LineError> {
        self.line.borrow_mut().received.pop_front().transpose()
    }

    fn send(&mut self, byte: u8) -> Result<(), Full> {
        let mut line = self.line.borrow_mut();
        if line.transmitting.len() == FIFO_BYTES {
            return Err(Full);
        }
        line.transmitting.push_back(byte);
        Ok(())
    }

    fn listen(&mut self, receive: Listen, transmit: Listen) {
        self.line.borrow_mut().listening = (receive, transmit);
    }

    fn clear_interrupts(&mut self) {
        self.line.borrow_mut().cleared += 1;
    }
}
