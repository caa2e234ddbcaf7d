//! Interrupts, and calls of the machine.

use super::call::Answer;
use super::state::{Entry, Errors, Object, Place, State};
use l4k_sys::Error;
use l4k_sys::abi::ObjectKind;

/// Lines that devices of the simulated machine have.
const LINES: std::ops::Range<u64> = 32..1020;

impl State {
    fn irq(&self, caller: Object, address: u64) -> Result<Object, Error> {
        self.of_kind(caller, address, ObjectKind::Irq).map(|(_, held)| held.object)
    }

    /// `IrqControlIssue`.
    pub fn issue(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        errors.note(self.of_kind(caller, x[0], ObjectKind::IrqControl));
        let irq = errors.note(self.irq(caller, x[1]));
        errors.when(!LINES.contains(&x[2]), Error::InvalidInterrupt);
        errors.when(!matches!(x[3], 0 | 1 | 3), Error::InvalidArgument);
        let taken = self.irqs.values().any(|irq| irq.line == Some(x[2]));
        errors.when(taken || irq.is_some_and(|irq| self.irqs[&irq].line.is_some()), Error::InterruptTaken);
        let (true, Some(irq)) = (errors.is_empty(), irq) else { return Answer::Refused(errors) };
        let object = self.irqs.get_mut(&irq).expect("an Irq");
        object.line = Some(x[2]);
        object.acknowledges_itself = x[3] == 3;
        let core = self.threads[&caller].core;
        self.send_line(x[2], core);
        self.unmasked.remove(&x[2]);
        Answer::Done([0; 7])
    }

    /// `IrqBind`.
    pub fn bind_irq(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let irq = errors.note(self.irq(caller, x[0]));
        let bound = irq.is_some_and(|irq| self.at(Place::Irq(irq)).is_some());
        if x[1] == 0 {
            errors.when(irq.is_some() && !bound, Error::NotBound);
            let (true, Some(irq)) = (errors.is_empty(), irq) else { return Answer::Refused(errors) };
            if let Some(line) = self.irqs[&irq].line {
                self.unmasked.remove(&line);
            }
            self.delete(Place::Irq(irq));
            return Answer::Done([0; 7]);
        }
        let notification = errors.note(self.with_right(caller, x[1], ObjectKind::Notification, 1));
        let line = irq.and_then(|irq| self.irqs[&irq].line);
        errors.when(irq.is_some() && line.is_none(), Error::NotIssued);
        errors.when(bound, Error::AlreadyBound);
        let (true, Some(irq), Some(capability)) = (errors.is_empty(), irq, notification) else {
            return Answer::Refused(errors);
        };
        let (source, _) = self.look_up(caller, x[1]).expect("looked up before");
        self.entries.insert(Place::Irq(irq), Entry { capability, parent: Some(source) });
        if let Some(line) = line {
            self.let_through(irq, line);
        }
        Answer::Done([0; 7])
    }

    /// A line is unmasked. An interrupt that was missed comes first, and masks it again.
    fn let_through(&mut self, irq: Object, line: u64) {
        self.unmasked.insert(line);
        if std::mem::take(&mut self.irqs.get_mut(&irq).expect("an Irq").missed) {
            self.take_line_of(irq, line);
        }
    }

    /// `IrqAcknowledge`.
    pub fn acknowledge(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let irq = errors.note(self.irq(caller, x[0]));
        if let Some(irq) = irq {
            errors.when(self.irqs[&irq].line.is_none(), Error::NotIssued);
            errors.when(self.at(Place::Irq(irq)).is_none(), Error::NotBound);
        }
        let line = irq.and_then(|irq| self.irqs[&irq].line);
        let (true, Some(irq), Some(line)) = (errors.is_empty(), irq, line) else {
            return Answer::Refused(errors);
        };
        self.let_through(irq, line);
        Answer::Done([0; 7])
    }

    /// `IrqRaise`: what an interrupt of the line would do is done by the call, or when the line is unmasked next. No core is interrupted.
    pub fn raise(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let irq = match self.irq(caller, x[0]) {
            Err(error) => return Answer::refused(error),
            Ok(irq) => irq,
        };
        match self.irqs[&irq].line {
            None => return Answer::refused(Error::NotIssued),
            Some(line) if self.unmasked.contains(&line) => self.take_line_of(irq, line),
            Some(_) => self.irqs.get_mut(&irq).expect("an Irq").missed = true,
        }
        Answer::Done([0; 7])
    }

    /// `IrqSetCore`.
    pub fn route(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let line = errors.note(self.irq(caller, x[0])).map(|irq| self.irqs[&irq].line);
        errors.when(line == Some(None), Error::NotIssued);
        errors.when(x[1] >= self.cores.len() as u64, Error::InvalidCore);
        let (true, Some(Some(line))) = (errors.is_empty(), line) else { return Answer::Refused(errors) };
        self.send_line(line, x[1]);
        Answer::Done([0; 7])
    }

    fn send_line(&mut self, line: u64, core: u64) {
        match core {
            0 => self.routes.remove(&line),
            core => self.routes.insert(line, core),
        };
    }

    /// The first line that would interrupt a core.
    #[must_use]
    pub fn line_for(&self, core: u64) -> Option<u64> {
        let here = |line: &&u64| self.routes.get(line).copied().unwrap_or(0) == core;
        self.pending.intersection(&self.unmasked).find(here).copied()
    }

    /// A processor takes a line that is pending and not masked: its notification is signalled, and it is
    /// masked until somebody acknowledges it.
    pub fn take_line(&mut self, line: u64) {
        self.pending.remove(&line);
        let irq = self.irqs.iter().find(|(_, irq)| irq.line == Some(line)).map(|(object, _)| *object);
        if let Some(irq) = irq {
            self.take_line_of(irq, line);
        }
    }

    fn take_line_of(&mut self, irq: Object, line: u64) {
        match self.at(Place::Irq(irq)) {
            Some(notification) => {
                if !self.irqs[&irq].acknowledges_itself {
                    self.unmasked.remove(&line);
                }
                self.signal(notification.object, notification.badge);
            }
            None => {
                self.unmasked.remove(&line);
                self.irqs.get_mut(&irq).expect("an Irq").missed = true;
            }
        }
    }

    /// `DebugWrite`, `DebugNameThread`: what they do shows nowhere in the state.
    #[must_use]
    pub fn debug(&self, caller: Object, x: [u64; 8], names: bool) -> Answer {
        let mut errors = Errors::default();
        errors.note(self.with_right(caller, x[0], ObjectKind::DebugConsole, 1));
        if names {
            errors.note(self.of_kind(caller, x[1], ObjectKind::Thread));
            let bytes = [x[3], x[4]].map(u64::to_le_bytes);
            let name = bytes.as_flattened().get(..usize::try_from(x[2]).unwrap_or(usize::MAX));
            let is_good = |name: &[u8]| !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
            errors.when(!name.is_some_and(is_good), Error::InvalidArgument);
        } else {
            errors.when(x[1] > 48, Error::InvalidArgument);
        }
        if errors.is_empty() { Answer::Done([0; 7]) } else { Answer::Refused(errors) }
    }

    /// `DebugLockTimes`: nothing is measured on this machine.
    #[must_use]
    pub fn lock_times(&self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        errors.note(self.with_right(caller, x[0], ObjectKind::DebugConsole, 1));
        errors.when(x[1] >= self.cores.len() as u64, Error::InvalidCore);
        if errors.is_empty() { Answer::Done([0; 7]) } else { Answer::Refused(errors) }
    }

    /// `DebugExit`: the machine goes on, since it is simulated.
    #[must_use]
    pub fn exit(&self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        errors.note(self.with_right(caller, x[0], ObjectKind::DebugConsole, 2));
        errors.when(x[1] > 255, Error::InvalidArgument);
        if errors.is_empty() { Answer::Done([0; 7]) } else { Answer::Refused(errors) }
    }

    /// `FirmwareCall`, on a machine whose firmware answers with its own arguments.
    #[must_use]
    pub fn firmware(&self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        errors.when(x[1] >> 32 != 0, Error::InvalidArgument);
        if let Some((_, control)) = errors.note(self.of_kind(caller, x[0], ObjectKind::SmcControl)) {
            errors.when(control.badge != 0 && control.badge != x[1], Error::MissingRight);
        }
        if errors.is_empty() { Answer::Done([x[1], x[2], x[3], x[4], 0, 0, 0]) } else { Answer::Refused(errors) }
    }
}
