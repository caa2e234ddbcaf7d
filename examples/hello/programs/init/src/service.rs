//! The loop of init: requests, faults and ends of programs, all at one endpoint.

use heapless::Vec;
use hello_interface::{Answer, FaultReport};
use l4k_init::{Failure, Resources};
use l4k_sys::startup::label;
use l4k_sys::{Badge, Error, Message, Received, Reply, error, info, warn};

use crate::Problem;
use crate::objects::{Objects, REPLIES};
use crate::program::{Program, StartTime};
use crate::programs::Programs;

/// How a program has ended.
#[derive(Clone, Copy)]
enum End {
    Exit(u8),
    Fault(Message),
}

/// What init serves with.
pub struct Service<'a> {
    pub(crate) resources: Resources,
    pub(crate) programs: Programs<'a>,
    supervisor: l4k_sys::Endpoint,
    /// Reply objects that nobody waits at.
    pub(crate) free: Vec<Reply, REPLIES>,
}

impl<'a> Service<'a> {
    /// With these programs.
    pub fn new(resources: Resources, objects: &Objects, programs: Programs<'a>) -> Service<'a> {
        Service { resources, programs, supervisor: objects.supervisor, free: Vec::from_array(objects.replies) }
    }

    /// Starts those programs that start with the system.
    pub fn start_all(&mut self) -> Result<(), Problem> {
        for program in self.programs.iter_mut().filter(|program| program.start_time() == StartTime::Boot) {
            program.start(&mut self.resources, None).map_err(l4k_init::Problem::from)?;
        }
        Ok(())
    }

    /// Serves for ever.
    pub fn run(&mut self) -> Result<core::convert::Infallible, Error> {
        loop {
            // One is always free: `requests` takes care of it.
            let reply = self.free.last().copied().ok_or(Error::Busy)?;
            match self.supervisor.receive(reply)? {
                Received::Message { message, badge } if message.label() == label::EXIT => {
                    self.ended(badge, End::Exit(message.words[0] as u8));
                }
                Received::Message { message, badge } => self.request(reply, &message, badge),
                Received::Fault { message, badge } => self.ended(badge, End::Fault(message)),
                Received::Notification { .. } => {}
            }
        }
    }

    /// The index in the table that a badge stands for.
    pub(crate) fn program_of(&mut self, badge: Badge) -> Option<&mut Program<'a>> {
        let index = usize::try_from(badge.value()).ok()?.checked_sub(1)?;
        self.programs.get_mut(index)
    }

    /// A program has ended. It waits at the reply object until it is destroyed, which frees that object.
    fn ended(&mut self, badge: Badge, end: End) {
        let Some(program) = self.program_of(badge) else { return };
        match end {
            End::Exit(status) => program.exited(status),
            End::Fault(_) => program.crashed(),
        }
        let answer = match end {
            End::Exit(status) => Answer::Exited(status),
            End::Fault(message) => message.fault().map_or(Answer::Refused(Error::NotSupported), Answer::Faulted),
        };
        match program.take_waiting() {
            Some(caller) => self.deliver(caller, answer),
            None => self.unexpected(badge, end),
        }
    }

    /// Answers a caller that has waited.
    pub(crate) fn deliver(&mut self, caller: Reply, answer: Answer) {
        // If the caller is gone, its reply object is free as well.
        let _ = caller.send(answer.to_message());
        let _ = self.free.push(caller);
    }

    /// Nobody has waited for this end: it is told on the debug console, and a server comes back.
    fn unexpected(&mut self, badge: Badge, end: End) {
        let Some(program) = self.program_of(badge) else { return };
        let name = program.name();
        match end {
            End::Exit(0) => info!("{name} has ended"),
            End::Exit(status) => warn!("{name} has ended with status {status}"),
            End::Fault(message) => match message.fault().map(|fault| program.explain(fault)) {
                Some(fault) => error!("{}", FaultReport { program: name, fault }),
                None => error!("{name} has ended in an unknown way"),
            },
        }
        if program.recovers() {
            info!("{name} is started anew");
            let _ = self.start(badge, None);
        }
    }

    /// Starts a program; a failure is told on the debug console.
    pub(crate) fn start(&mut self, badge: Badge, argument: Option<u64>) -> Result<(), Failure<'static>> {
        let index = (badge.value() as usize).wrapping_sub(1);
        let Some(program) = self.programs.get_mut(index) else { return Ok(()) };
        program.start(&mut self.resources, argument).inspect_err(|failure| error!("{failure}"))
    }
}
