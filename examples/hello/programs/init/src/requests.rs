//! What programs ask of init.

use hello_interface::{Answer, Name, ProgramState, ProgramStatus, Request};
use l4k_init::Resources;
use l4k_sys::abi::boot::slot;
use l4k_sys::{Badge, Message, Reply, Thread};

use crate::programs::{SHELL, badge_of};
use crate::service::Service;

const INIT: &str = "init";

/// What becomes of a request.
enum Outcome {
    Now(Answer),
    /// When the program with this badge has ended.
    AtTheEndOf(Badge),
}

impl Service<'_> {
    /// Fulfils a request, now or later.
    pub(crate) fn request(&mut self, reply: Reply, message: &Message, badge: Badge) {
        match self.fulfil(message, badge) {
            Outcome::Now(answer) => {
                // A caller that is gone (it may have had itself restarted) needs no answer.
                let _ = reply.send(answer.to_message());
            }
            Outcome::AtTheEndOf(program) => {
                if let Some(program) = self.program_of(program) {
                    program.wait(reply);
                    self.free.pop();
                }
            }
        }
    }

    fn fulfil(&mut self, message: &Message, caller: Badge) -> Outcome {
        let Some(request) = Request::from_message(message) else { return Outcome::Now(Answer::BadRequest) };
        match request {
            Request::List(index) => Outcome::Now(self.list(index)),
            Request::Memory => {
                let totals = self.resources.memory.totals();
                Outcome::Now(Answer::Memory(totals.total, totals.free))
            }
            _ if caller != SHELL => Outcome::Now(Answer::NotAllowed),
            Request::Run(name, argument) => self.run_program(name, argument),
            Request::Restart(name) => Outcome::Now(self.restart(name)),
            Request::EndMachine(status) => Outcome::Now(end_machine(status)),
        }
    }

    /// Index 0 is init itself.
    fn list(&self, index: u64) -> Answer {
        let status = match usize::try_from(index) {
            Ok(0) => own_status(),
            Ok(index) => self.programs.get(index - 1).and_then(|program| program.status()),
            Err(_) => None,
        };
        status.map_or(Answer::NoMore, Answer::Program)
    }

    fn run_program(&mut self, name: Name, argument: u64) -> Outcome {
        let Some(badge) = self.find(name) else { return Outcome::Now(Answer::UnknownProgram) };
        // Two reply objects must stay free: one for the next caller, one for this one's successor.
        let awaited = self.program_of(badge).is_some_and(|program| program.is_awaited());
        if awaited || self.free.len() < 2 {
            return Outcome::Now(Answer::Busy);
        }
        match self.start(badge, Some(argument)) {
            Ok(()) => Outcome::AtTheEndOf(badge),
            Err(_) => Outcome::Now(Answer::CannotStart),
        }
    }

    fn restart(&mut self, name: Name) -> Answer {
        if name.as_str() == INIT {
            return Answer::NotAllowed;
        }
        let Some(badge) = self.find(name) else { return Answer::UnknownProgram };
        if let Some(caller) = self.program_of(badge).and_then(|program| program.take_waiting()) {
            self.deliver(caller, Answer::Restarted);
        }
        match self.start(badge, None) {
            Ok(()) => Answer::Restarted,
            Err(_) => Answer::CannotStart,
        }
    }

    fn find(&self, name: Name) -> Option<Badge> {
        self.programs.iter().position(|program| program.name() == name.as_str()).map(badge_of)
    }
}

fn own_status() -> Option<ProgramStatus> {
    let status = Thread::from_slot(slot::THREAD).query().ok()?;
    Some(ProgramStatus {
        name: Name::new(INIT)?,
        state: status.state.map_or(ProgramState::Absent, ProgramState::Present),
        priority: status.priority,
        starts: 1,
        time_used: status.time_used,
        memory: 0,
    })
}

/// Comes back only if the kernel refuses, for example because it has no debug console.
fn end_machine(status: u8) -> Answer {
    match Resources::DEBUG_CONSOLE.exit(status) {
        Ok(never) => match never {},
        Err(error) => Answer::Refused(error),
    }
}
