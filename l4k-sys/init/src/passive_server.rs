//! A program without time of its own: it works on the time of whoever calls it, and its starter looks after it when
//! that time ends. Calls `program`.

use l4k_sys::abi::{Error, Fault, FaultCause, FaultKind, ThreadState};
use l4k_sys::{Endpoint, Message, Nanoseconds, Reply};

use crate::description::Description;
use crate::image::Image;
use crate::problem::Problem;
use crate::program::Program;
use crate::resources::Resources;

/// Whose time a passive server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// That of its callers: it is passive.
    OnItsCallersTime,
    /// Rescue time: it works on something that was begun before. Call [`PassiveServer::settle`] again later.
    OnRescueTime,
}

/// A program that works on its callers' time.
///
/// The time of its description is its *rescue time*. It has that while it starts, and when its caller's time was taken
/// away. As soon as it waits for calls, the rescue time is taken back. Rescue time is always a budget with a period: if
/// it is used up, the server works too long, and is started anew.
///
/// Every passive server has a timeout endpoint: that of its description, or else its supervisor. Whoever receives there
/// calls [`rescue`](Self::rescue) for each timeout of the server. Otherwise the server would stand still for all its
/// clients.
///
/// Give the server a higher priority than the thread that looks after it, on the same core. Then it has done what it
/// can when a call of this type returns, and the thread need not wait for it: a client cannot hold that thread up.
#[derive(Clone, Debug)]
pub struct PassiveServer<'a> {
    program: Program<'a>,
    caller: Reply,
}

impl<'a> PassiveServer<'a> {
    /// Finds the program and sets memory aside for it, as [`Program::new`]. `caller` is the reply object by which the
    /// program answers, in the starter's CNode: the description has to supply it to the program as well.
    ///
    /// # Errors
    /// As [`Program::new`].
    pub fn new(
        resources: &mut Resources,
        name: &'static str,
        description: Description<'a>,
        caller: Reply,
    ) -> Result<PassiveServer<'a>, Problem> {
        let program = Program::new(resources, name, on_rescue_time(description))?;
        Ok(PassiveServer { program, caller })
    }

    /// The same with an image that was found before.
    ///
    /// # Errors
    /// As [`Program::of_image`].
    pub fn of_image(
        resources: &mut Resources,
        image: Image<'static>,
        description: Description<'a>,
        caller: Reply,
    ) -> Result<PassiveServer<'a>, Problem> {
        let program = Program::of_image(resources, image, on_rescue_time(description))?;
        Ok(PassiveServer { program, caller })
    }

    /// Starts it, or starts it anew.
    ///
    /// # Errors
    /// As [`Program::start`], and those of the kernel.
    pub fn start(&self, resources: &mut Resources) -> Result<Standing, Problem> {
        self.program.start(resources, [0; 3])?;
        self.settle()
    }

    /// Looks after the server when a fault of its has arrived; `answer` is the reply object with which it was received.
    ///
    /// - The time that it worked on was **taken away** (cause [`TimeTaken`](FaultCause::TimeTaken)): it gets rescue
    ///   time, and goes on where it was. So its caller gets the answer, and the others are served.
    /// - The time that it works on is **used up**: the caller gets [`Message::REFUSAL`], with its time, and the server
    ///   is started anew. It was in the middle of its work, so what it keeps in memory is lost.
    ///
    /// `None`: the fault is no timeout, and nothing was done.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn rescue(&self, resources: &mut Resources, fault: &Fault, answer: Reply) -> Result<Option<Standing>, Problem> {
        match (fault.kind, fault.cause) {
            (FaultKind::Timeout, FaultCause::TimeTaken) => {
                let home = self.program.home();
                home.context().bind(home.thread())?;
                answer.resume()?;
                self.settle().map(Some)
            }
            (FaultKind::Timeout, _) => {
                match self.caller.send(Message::REFUSAL) {
                    // It worked for nobody, or its caller has left.
                    Ok(()) | Err(Error::NobodyWaiting) => (),
                    Err(error) => return Err(error.into()),
                }
                self.start(resources).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Takes the rescue time back if the server waits for calls.
    ///
    /// # Errors
    /// Those of the kernel.
    pub fn settle(&self) -> Result<Standing, Problem> {
        let home = self.program.home();
        if home.thread().query()?.state != Some(ThreadState::Receiving) {
            return Ok(Standing::OnRescueTime);
        }
        match home.context().unbind() {
            Ok(()) | Err(Error::NotBound) => Ok(Standing::OnItsCallersTime),
            Err(error) => Err(error.into()),
        }
    }

    /// Its image and its memory.
    #[must_use]
    pub const fn program(&self) -> &Program<'a> {
        &self.program
    }
}

/// Rescue time ends, and somebody hears of it.
fn on_rescue_time(description: Description<'_>) -> Description<'_> {
    let Description { supervisor, timeouts, time_slice, period, .. } = description;
    let timeouts: Option<Endpoint> = timeouts.or(Some(supervisor));
    let period = period.or(Some(Nanoseconds::new(time_slice.count().saturating_mul(2))));
    Description { timeouts, period, ..description }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::testing::{description, image, record, recorded, resources};
    use l4k_sys::abi::{Access, SystemCall};
    use std::vec::Vec;

    const CALLER: Reply = Reply::from_slot(30);
    const ANSWER: Reply = Reply::from_slot(31);

    fn fault(kind: FaultKind, cause: FaultCause) -> Fault {
        let (instruction_pointer, address, syndrome, stack_pointer, link_register) = (0, 0, 0, 0, 0);
        let access = Access::None;
        Fault { kind, access, cause, level: 0, instruction_pointer, address, syndrome, stack_pointer, link_register }
    }

    /// The calls that a rescue makes, and their first argument.
    fn rescued(fault: &Fault) -> (Option<Standing>, Vec<(SystemCall, u64)>) {
        record(usize::MAX);
        let mut resources = resources();
        let server = PassiveServer::of_image(&mut resources, image(), description(&[]), CALLER).unwrap();
        server.start(&mut resources).unwrap();
        record(usize::MAX);
        let standing = server.rescue(&mut resources, fault, ANSWER).unwrap();
        (standing, recorded().iter().map(|seen| (seen.call, seen.x[0])).collect())
    }

    #[test]
    fn every_passive_server_has_a_timeout_endpoint_and_rescue_time_that_ends() {
        record(usize::MAX);
        let mut resources = resources();
        let server = PassiveServer::of_image(&mut resources, image(), description(&[]), CALLER).unwrap();
        let Description { timeouts, supervisor, time_slice, period, .. } = *server.program().description();
        assert_eq!(timeouts, Some(supervisor));
        assert!(period.is_some_and(|period| period > time_slice));
    }

    #[test]
    fn a_server_whose_time_was_taken_goes_on_with_rescue_time() {
        let (standing, calls) = rescued(&fault(FaultKind::Timeout, FaultCause::TimeTaken));
        let names: Vec<SystemCall> = calls.iter().map(|(call, _)| *call).collect();
        assert_eq!(names, [SystemCall::SchedContextBind, SystemCall::Reply, SystemCall::ThreadQuery]);
        assert_eq!(calls[1].1, ANSWER.slot());
        assert_eq!(standing, Some(Standing::OnRescueTime), "it does not wait yet");
    }

    #[test]
    fn a_server_whose_callers_time_is_used_up_refuses_the_caller_and_starts_anew() {
        let (_, calls) = rescued(&fault(FaultKind::Timeout, FaultCause::Other));
        assert_eq!(calls[0], (SystemCall::Reply, CALLER.slot()));
        assert!(calls.iter().any(|(call, _)| *call == SystemCall::ThreadResume));
    }

    #[test]
    fn other_faults_are_left_to_the_supervisor() {
        assert_eq!(rescued(&fault(FaultKind::Page, FaultCause::NotMapped)), (None, Vec::new()));
    }
}
