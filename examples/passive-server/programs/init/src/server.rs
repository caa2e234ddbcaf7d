//! The server, seen from its supervisor: how it comes to have no time of its own, and what is done when a caller's time has ended inside it.

use l4k_init::{Problem, Program, Resources};
use l4k_sys::abi::ThreadState;
use l4k_sys::{Endpoint, Message, Reply};

/// The server and what leads to it.
pub struct Server<'a> {
    /// Its image and its memory.
    pub program: Program<'a>,
    /// Where it receives.
    pub service: Endpoint,
    /// Whom it is answering.
    pub caller: Reply,
    /// How often it was started.
    pub starts: u64,
}

impl Server<'_> {
    /// Starts it on time of its own, which is taken back as soon as it waits for callers: from then on, it works on theirs.
    ///
    /// A call returns when the server has answered it and goes on. If it then waits, nobody was in the queue. Otherwise it serves a client that had
    /// called before, still on its own time, and the next call comes after that one.
    ///
    /// # Errors
    /// Those of the start, of the calls, and of the kernel.
    pub fn start(&mut self, resources: &mut Resources) -> Result<(), Problem> {
        self.program.start(resources, [0; 3])?;
        self.starts += 1;
        let home = self.program.home();
        loop {
            self.service.call(Message::new(0, [0]))?;
            if home.thread().query()?.state == Some(ThreadState::Receiving) {
                return Ok(home.context().unbind()?);
            }
        }
    }

    /// The caller whose time has ended gets an answer that it can tell from others, and the server begins anew, for it was stopped in the middle of its
    /// work.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn refuse_and_start_anew(&mut self, resources: &mut Resources) -> Result<(), Problem> {
        self.caller.send(Message::REFUSAL)?;
        self.start(resources)
    }
}
