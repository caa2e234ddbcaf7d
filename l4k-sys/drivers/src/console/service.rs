//! The logic of the console service: queues between the UART and the callers. Knows neither kernel nor registers, so that it
//! runs on the host. Called by the server loop; calls the UART.

use heapless::Deque;
use l4k_sys::Badge;

use super::protocol::{Answer, SHORT_BYTES, ShortBytes};
use crate::serial::{Listen, SerialHardware};

/// Bytes that have come and that nobody has read.
const INCOMING_BYTES: usize = 256;

/// Bytes written and not yet given to the hardware.
const OUTGOING_BYTES: usize = 2048;

/// Callers that can wait for room or for a flush.
pub const WAITERS_MAX: usize = 4;

/// Callers that can wait at once: one reader, and the others.
pub const CALLERS_MAX: usize = WAITERS_MAX + 1;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answer the caller now.
    Now(Answer),
    /// The caller waits; [`ConsoleService::next_completion`] will name it.
    Later,
}

/// The answer to a caller that has waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion<C> {
    /// The caller.
    pub caller: C,
    /// Its answer.
    pub answer: Answer,
}

#[derive(Clone, Copy, Debug)]
struct Reader<C> {
    caller: C,
    client: Badge,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
enum Waiter<C> {
    ForRoom(C),
    ForFlush(C),
}

/// The console service over some UART, for callers that a `C` names.
#[derive(Debug)]
pub struct ConsoleService<H, C> {
    hardware: H,
    incoming: Deque<u8, INCOMING_BYTES>,
    outgoing: Deque<u8, OUTGOING_BYTES>,
    reader: Option<Reader<C>>,
    /// A reader whose client reads anew: it cannot wait any more.
    replaced: Option<C>,
    waiters: Deque<Waiter<C>, WAITERS_MAX>,
    damaged: u32,
}

impl<H: SerialHardware, C: Copy> ConsoleService<H, C> {
    /// A service that listens for bytes to come.
    pub fn new(hardware: H) -> ConsoleService<H, C> {
        let mut service = ConsoleService {
            hardware,
            incoming: Deque::new(),
            outgoing: Deque::new(),
            reader: None,
            replaced: None,
            waiters: Deque::new(),
            damaged: 0,
        };
        service.serve_hardware();
        service
    }

    /// The UART has interrupted.
    pub fn interrupt(&mut self) {
        self.hardware.clear_interrupts();
        self.serve_hardware();
    }

    /// Takes as many of a writer's bytes as there is room for.
    pub fn write(&mut self, caller: C, bytes: impl Iterator<Item = u8>) -> Outcome {
        let mut taken = 0;
        for byte in bytes {
            if self.outgoing.push_back(byte).is_err() {
                break;
            }
            taken += 1;
        }
        self.serve_hardware();
        if taken == 0 { self.wait(Waiter::ForRoom(caller)) } else { Outcome::Now(Answer::Taken(taken)) }
    }

    /// Gives a reader what has come, or lets it wait. A second reader is refused, unless it is the same client: then the
    /// first call is one that its client has given up (it was restarted, or cancelled).
    pub fn read(&mut self, caller: C, client: Badge, count: usize) -> Outcome {
        if let Some(reader) = &self.reader {
            if reader.client != client {
                return Outcome::Now(Answer::Busy);
            }
            self.replaced = Some(reader.caller);
            self.reader = None;
        }
        if self.incoming.is_empty() {
            self.reader = Some(Reader { caller, client, count });
            return Outcome::Later;
        }
        Outcome::Now(Answer::Bytes(self.take_incoming(count)))
    }

    /// Answers when everything written before has gone to the hardware.
    pub fn flush(&mut self, caller: C) -> Outcome {
        if self.outgoing.is_empty() { Outcome::Now(Answer::Flushed) } else { self.wait(Waiter::ForFlush(caller)) }
    }

    /// The next caller whose waiting is over. To be asked until it is `None` after each interrupt and each request.
    pub fn next_completion(&mut self) -> Option<Completion<C>> {
        if let Some(caller) = self.replaced.take() {
            return Some(Completion { caller, answer: Answer::Busy });
        }
        if let Some(Reader { caller, count, .. }) = self.reader
            && !self.incoming.is_empty()
        {
            self.reader = None;
            return Some(Completion { caller, answer: Answer::Bytes(self.take_incoming(count)) });
        }
        let (caller, answer) = match self.waiters.front()? {
            Waiter::ForRoom(caller) if !self.outgoing.is_full() => (*caller, Answer::Taken(0)),
            Waiter::ForFlush(caller) if self.outgoing.is_empty() => (*caller, Answer::Flushed),
            _ => return None,
        };
        self.waiters.pop_front();
        Some(Completion { caller, answer })
    }

    /// Puts back the bytes of an answer that reached nobody, for the next reader.
    pub fn undelivered(&mut self, answer: &Answer) {
        let Answer::Bytes(bytes) = answer else { return };
        for byte in bytes.iter().rev() {
            if self.incoming.push_front(*byte).is_err() {
                self.damaged = self.damaged.saturating_add(1);
            }
        }
    }

    /// How many bytes were damaged on the line or lost.
    #[must_use]
    pub const fn damaged(&self) -> u32 {
        self.damaged
    }

    fn wait(&mut self, waiter: Waiter<C>) -> Outcome {
        match self.waiters.push_back(waiter) {
            Ok(()) => Outcome::Later,
            Err(_) => Outcome::Now(Answer::Busy),
        }
    }

    fn take_incoming(&mut self, count: usize) -> ShortBytes {
        let mut bytes = ShortBytes::new();
        while bytes.len() < count.min(SHORT_BYTES)
            && let Some(byte) = self.incoming.pop_front()
        {
            let _ = bytes.push(byte);
        }
        // There is room again: the UART may hold bytes that it will not interrupt for a second time.
        self.serve_hardware();
        bytes
    }

    /// Moves bytes both ways as far as they go, and asks for the interrupts that will let it go on.
    fn serve_hardware(&mut self) {
        self.drain();
        while let Some(byte) = self.outgoing.front() {
            if self.hardware.send(*byte).is_err() {
                break;
            }
            self.outgoing.pop_front();
        }
        let receive = if self.incoming.is_full() { Listen::Off } else { Listen::On };
        let transmit = if self.outgoing.is_empty() { Listen::Off } else { Listen::On };
        self.hardware.listen(receive, transmit);
    }

    fn drain(&mut self) {
        while !self.incoming.is_full() {
            match self.hardware.receive() {
                Ok(Some(byte)) => {
                    let _ = self.incoming.push_back(byte);
                }
                Ok(None) => return,
                Err(_) => self.damaged = self.damaged.saturating_add(1),
            }
        }
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
