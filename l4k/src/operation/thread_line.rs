//! One thread in one line, with the feature `debug`: its name, its state, and what it waits for. May call `console`.

use super::console::{Console, ThreadName};
use super::system::System;
use crate::base::arch::{Arch, Line, Mask};
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::endpoint::Endpoint;
use crate::object::notification::Notification;
use crate::object::reply::ReplyState;
use crate::object::thread::{CallKind, State, Suspension, Thread};
use core::fmt::{self, Display, Formatter, Write};
use l4k_sys::abi::Fault;

/// A thread, as messages name it.
#[derive(Clone, Copy, Debug)]
struct Named {
    name: ThreadName,
    thread: Ref<Thread>,
}

/// Who serves an endpoint.
#[derive(Clone, Copy, Debug)]
enum Receiver {
    /// No thread has received there yet.
    Nobody,
    /// The one that received there last was destroyed, or is not in the list.
    Gone,
    /// This one received there last.
    Last(Named),
}

/// What signals a notification.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// Programs only.
    Programs,
    /// This interrupt.
    Interrupt(Line),
    /// This interrupt, which is masked since its driver has not acknowledged the last one.
    Masked(Line),
}

/// A notification, and what signals it.
#[derive(Clone, Copy, Debug)]
struct Signals {
    notification: Ref<Notification>,
    source: Source,
}

/// Why a thread does not run.
#[derive(Clone, Copy, Debug)]
enum Waits {
    /// It is suspended.
    Suspended(Suspension, Option<Fault>),
    /// It is ready. It has no scheduling context.
    NoTime,
    /// It is ready. Its budget comes later.
    Refill,
    /// It is ready.
    Turn,
    /// For a receiver of its call.
    Receiver { endpoint: Ref<Endpoint>, kind: CallKind, receiver: Receiver },
    /// For an answer.
    Answer { server: Option<Named>, kind: CallKind },
    /// For a call, or for signals.
    Call { endpoint: Ref<Endpoint>, signals: Option<Signals> },
    /// For signals.
    Signals(Signals),
}

/// A line.
#[derive(Clone, Copy, Debug)]
struct ThreadLine {
    thread: Named,
    core: u8,
    priority: u8,
    waits: Waits,
}

impl<A: Arch> System<A> {
    /// Prints what one thread waits for.
    pub fn tell_thread(&mut self, thread: Ref<Thread>) {
        let Thread { core, priority, .. } = *self.store.get(thread);
        let line = ThreadLine { thread: self.named(thread), core: core.0, priority, waits: self.waits(thread) };
        self.say(format_args!("  {line}"));
    }

    /// Prints a line of the kernel's.
    pub fn say(&mut self, message: fmt::Arguments<'_>) {
        let _ = writeln!(Console(&mut self.store.machine), "l4k: {message}");
    }

    /// Whether a line's Irq signals a notification when it interrupts, and which.
    pub fn signalled_by(&self, line: Line) -> Option<Ref<Notification>> {
        let irq = (*self.lines.get(usize::from(line.0))?)?;
        match self.store.get(irq.notification()).capability {
            Capability::Notification { object, .. } => Some(object),
            _ => None,
        }
    }

    /// Whether a line's Irq lets it interrupt.
    pub fn is_let_through(&self, line: Line) -> bool {
        let irq = self.lines.get(usize::from(line.0)).copied().flatten();
        irq.is_some_and(|irq| self.store.get(irq).mask == Mask::Unmasked)
    }

    fn named(&self, thread: Ref<Thread>) -> Named {
        Named { name: ThreadName(self.store.get(thread).name), thread }
    }

    fn waits(&self, thread: Ref<Thread>) -> Waits {
        let Thread { state, running_on, rank, fault, notification, .. } = self.store.get(thread);
        match *state {
            State::Suspended(why) => Waits::Suspended(why, fault.get()),
            State::Ready if running_on.is_none() => Waits::NoTime,
            State::Ready if *rank != 0 => Waits::Refill,
            State::Ready => Waits::Turn,
            State::Calling { endpoint, kind, .. } => {
                Waits::Receiver { endpoint, kind, receiver: self.receiver_of(endpoint) }
            }
            State::AwaitingReply { reply, kind } => {
                let server = match self.store.get(reply).state {
                    ReplyState::Owed { server, .. } => Some(self.named(server)),
                    _ => None,
                };
                Waits::Answer { server, kind }
            }
            State::Receiving { endpoint, .. } => {
                Waits::Call { endpoint, signals: notification.map(|notification| self.signals_of(notification)) }
            }
            State::Waiting { notification } => Waits::Signals(self.signals_of(notification)),
        }
    }

    fn receiver_of(&self, endpoint: Ref<Endpoint>) -> Receiver {
        let mark = self.store.get(endpoint).last_receiver;
        match self.watch.threads.find(mark) {
            Some(thread) => Receiver::Last(self.named(thread)),
            None if mark.is_none() => Receiver::Nobody,
            None => Receiver::Gone,
        }
    }

    fn signals_of(&self, notification: Ref<Notification>) -> Signals {
        let mut lines = (0..self.lines.len()).map(|number| Line(number as u16));
        let source = match lines.find(|line| self.signalled_by(*line) == Some(notification)) {
            Some(line) if self.is_let_through(line) => Source::Interrupt(line),
            Some(line) => Source::Masked(line),
            None => Source::Programs,
        };
        Signals { notification, source }
    }
}

impl Display for Named {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "'{}' ({:?})", self.name, self.thread)
    }
}

impl Display for ThreadLine {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let ThreadLine { thread, core, priority, waits } = self;
        write!(formatter, "thread {thread}, core {core}, priority {priority}: {waits}")
    }
}

impl Display for Waits {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suspended(Suspension::Faulted, Some(fault)) => write!(formatter, "suspended by a fault: {fault}"),
            Self::Suspended(Suspension::Faulted, None) => formatter.write_str("suspended by a fault"),
            Self::Suspended(Suspension::Stopped, _) => formatter.write_str("suspended"),
            Self::Suspended(Suspension::Dying, _) => formatter.write_str("being destroyed"),
            Self::NoTime => formatter.write_str("ready, but has no scheduling context to run on"),
            Self::Refill => formatter.write_str("ready, its budget is used up until the next refill"),
            Self::Turn => formatter.write_str("ready"),
            Self::Receiver { endpoint, kind, receiver } => {
                write!(formatter, "{} endpoint {endpoint:?}; {receiver}", calls(*kind))
            }
            Self::Answer { server: Some(server), kind } => {
                write!(formatter, "waits for an answer to its {}, which {server} owes", sent(*kind))
            }
            Self::Answer { server: None, kind } => write!(formatter, "waits for an answer to its {}", sent(*kind)),
            Self::Call { endpoint, signals: None } => write!(formatter, "receives at endpoint {endpoint:?}"),
            Self::Call { endpoint, signals: Some(signals) } => {
                write!(formatter, "receives at endpoint {endpoint:?}, and signals of {signals}")
            }
            Self::Signals(signals) => write!(formatter, "waits for signals of {signals}"),
        }
    }
}

const fn calls(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Message => "calls",
        CallKind::Fault => "has faulted, which calls",
    }
}

const fn sent(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Message => "call",
        CallKind::Fault => "fault",
    }
}

impl Display for Receiver {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => formatter.write_str("nobody receives here: no thread has done so yet"),
            Self::Gone => formatter.write_str("the thread that received here last is gone"),
            Self::Last(thread) => write!(formatter, "{thread} received here last"),
        }
    }
}

impl Display for Signals {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Signals { notification, source } = self;
        write!(formatter, "notification {notification:?}")?;
        match source {
            Source::Programs => Ok(()),
            Source::Interrupt(line) => write!(formatter, " (interrupt {})", line.0),
            Source::Masked(line) => {
                write!(formatter, " (interrupt {}, masked until its driver acknowledges it)", line.0)
            }
        }
    }
}
