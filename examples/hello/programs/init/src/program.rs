//! One supervised program: what it is started with, and its life.

use hello_interface::{Name, ProgramState, ProgramStatus};
use l4k_init::{Explanation, Failure, Resources};
use l4k_sys::abi::Fault;
use l4k_sys::{Nanoseconds, Reply};

/// When a program is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTime {
    /// With the system.
    Boot,
    /// When somebody asks for it.
    Request,
}

/// What is done when a program ends or faults without anybody waiting for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// It stays away.
    None,
    /// It is started anew, up to [`RECOVERIES_MAX`] times.
    Restart,
}

/// How often a program is started anew by itself: one that crashes at once must not keep the system busy.
const RECOVERIES_MAX: u32 = 5;

/// Where a program's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Absent,
    Present,
    Exited(u8),
    Crashed,
}

/// A supervised program.
pub struct Program<'a> {
    program: l4k_init::Program<'a>,
    start_time: StartTime,
    recovery: Recovery,
    arguments: [u64; 3],
    life: Life,
    starts: u32,
    recoveries: u32,
    /// Time used in earlier lives.
    time_before: u64,
    /// Who waits for its end.
    waiting: Option<Reply>,
}

impl<'a> Program<'a> {
    /// A program that was not started yet.
    pub const fn new(
        program: l4k_init::Program<'a>,
        start_time: StartTime,
        recovery: Recovery,
        arguments: [u64; 3],
    ) -> Program<'a> {
        Program {
            program,
            start_time,
            recovery,
            arguments,
            life: Life::Absent,
            starts: 0,
            recoveries: 0,
            time_before: 0,
            waiting: None,
        }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.program.name()
    }

    /// When it is started.
    pub const fn start_time(&self) -> StartTime {
        self.start_time
    }

    /// Destroys what is left of it and starts it, with another first argument if one is given.
    pub fn start(&mut self, resources: &mut Resources, argument: Option<u64>) -> Result<(), Failure<'static>> {
        self.note_time();
        self.life = Life::Absent;
        let [first, second, third] = self.arguments;
        let arguments = [argument.unwrap_or(first), second, third];
        self.program.start(resources, arguments)?;
        self.life = Life::Present;
        self.starts += 1;
        Ok(())
    }

    /// A fault of it in words.
    pub fn explain(&self, fault: Fault) -> Explanation {
        self.program.explain(fault)
    }

    /// It has ended with a status: everything of it is destroyed.
    pub fn exited(&mut self, status: u8) {
        self.end(Life::Exited(status));
    }

    /// It has faulted: everything of it is destroyed.
    pub fn crashed(&mut self) {
        self.end(Life::Crashed);
    }

    fn end(&mut self, life: Life) {
        self.note_time();
        let _ = self.program.home().destroy();
        self.life = life;
    }

    /// Whether it is to be started anew by itself now. Counts.
    pub fn recovers(&mut self) -> bool {
        let recovers = self.recovery == Recovery::Restart && self.recoveries < RECOVERIES_MAX;
        self.recoveries += u32::from(recovers);
        recovers
    }

    /// Lets a caller wait for its end, of which there is one at most: see [`is_awaited`](Self::is_awaited).
    pub fn wait(&mut self, caller: Reply) {
        self.waiting = Some(caller);
    }

    /// Whether somebody waits for its end.
    pub const fn is_awaited(&self) -> bool {
        self.waiting.is_some()
    }

    /// Who waits for its end, and does not any more.
    pub fn take_waiting(&mut self) -> Option<Reply> {
        self.waiting.take()
    }

    /// What is told of it.
    pub fn status(&self) -> Option<ProgramStatus> {
        let thread = if self.life == Life::Present { self.program.home().status() } else { None };
        let time_now = thread.map_or(0, |thread| thread.time_used.count());
        let state = match self.life {
            Life::Absent => ProgramState::Absent,
            Life::Exited(status) => ProgramState::Exited(status),
            Life::Crashed => ProgramState::Crashed,
            Life::Present => thread.and_then(|thread| thread.state).map_or(ProgramState::Absent, ProgramState::Present),
        };
        Some(ProgramStatus {
            name: Name::new(self.name())?,
            state,
            priority: self.program.description().priority,
            starts: self.starts,
            time_used: Nanoseconds::new(self.time_before.saturating_add(time_now)),
            memory: self.program.home().memory_bytes(),
        })
    }

    /// Keeps the time used, before the thread that knows it goes away.
    fn note_time(&mut self) {
        if self.life == Life::Present {
            let time = self.program.home().status().map_or(0, |thread| thread.time_used.count());
            self.time_before = self.time_before.saturating_add(time);
        }
    }
}
