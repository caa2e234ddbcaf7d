//! Routines: a few instructions that a test writes into a page, and a thread that runs them, fault by fault.

use l4k_sys::abi::{Fault, MapAttributes, ThreadState};
use l4k_sys::handle::StartRegisters;
use l4k_sys::{Endpoint, Frame, Received, Reply, Thread};
use suite_support::machine;

use super::bench::{Bench, READ_EXECUTE, READ_WRITE, SPACE, map, page};
use super::bodies;
use super::failure::{Failure, Outcome, same};
use super::threads::{Manner, URGENT};

/// Where a test's routine lies, unless it says something else.
pub const CODE: u64 = page(0);

/// A page that a test's routine may read and write, if the test maps it.
pub const DATA: u64 = page(8);

/// A thread whose faults the test handles.
#[derive(Clone, Copy, Debug)]
pub struct Routine {
    /// The thread, urgent.
    pub thread: Thread,
    handler: Endpoint,
    reply: Reply,
}

/// Writes instructions to an address that is mapped for writing.
pub fn write_instructions(address: u64, instructions: &[u32]) {
    for (place, instruction) in (address..).step_by(4).zip(instructions) {
        machine::write_register(place, *instruction);
    }
}

impl Bench<'_> {
    /// A page of instructions, mapped at the address to be executed.
    pub fn code(&mut self, address: u64, instructions: &[u32]) -> Outcome<Frame> {
        let frame = self.frame()?;
        map(frame, address, READ_WRITE)?;
        write_instructions(address, instructions);
        frame.protect(READ_EXECUTE, MapAttributes::NORMAL)?;
        Ok(frame)
    }

    /// A suspended thread that begins at [`CODE`].
    pub fn routine(&mut self, arguments: [u64; 3]) -> Outcome<Routine> {
        self.routine_of(Manner::of(URGENT), arguments)
    }

    /// A suspended thread made in this manner that begins at [`CODE`].
    pub fn routine_of(&mut self, manner: Manner, arguments: [u64; 3]) -> Outcome<Routine> {
        let (handler, reply) = (self.endpoint()?, self.reply()?);
        let helper = self.thread(manner.faults(handler), bodies::once, [0, 0])?;
        helper.thread.configure(manner.cnode, SPACE, Some(handler))?;
        let start = StartRegisters { instruction_pointer: CODE, stack_pointer: helper.stack_end, arguments };
        helper.thread.write_registers(start)?;
        Ok(Routine { thread: helper.thread, handler, reply })
    }
}

impl Routine {
    /// Lets the suspended thread run up to its first fault.
    #[track_caller]
    pub fn start(&self) -> Outcome<Fault> {
        self.thread.resume()?;
        self.fault()
    }

    /// Lets the thread go on from its fault up to the next.
    #[track_caller]
    pub fn go_on(&self) -> Outcome<Fault> {
        self.reply.resume()?;
        self.fault()
    }

    /// Lets the thread go on from its fault to where it blocks.
    pub fn let_go(&self) -> Outcome {
        Ok(self.reply.resume()?)
    }

    /// The fault that the thread has stopped at.
    #[track_caller]
    pub fn fault(&self) -> Outcome<Fault> {
        let received = self.handler.try_receive(self.reply)?;
        same("state of the thread", self.thread.query()?.state, Some(ThreadState::Faulted))?;
        match received {
            Received::Fault { message, .. } => {
                message.fault().ok_or_else(|| Failure::new(format_args!("{message:?} does not decode")))
            }
            other => Err(Failure::new(format_args!("{other:?} instead of a fault"))),
        }
    }

    /// One of its registers.
    pub fn register(&self, number: u64) -> Outcome<u64> {
        Ok(self.thread.read_registers(number)?[0])
    }

    /// Sets registers from this number on.
    pub fn set(&self, number: u64, values: &[u64]) -> Outcome {
        Ok(self.thread.set_registers(number, values)?)
    }
}
