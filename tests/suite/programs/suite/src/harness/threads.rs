//! Threads of a test: in the suite's address space, each with a stack and time of its own.

use l4k_init::Resources;
use l4k_sys::abi::{FrameSize, ThreadState, boot};
use l4k_sys::handle::{NewObject, StartRegisters};
use l4k_sys::{CNode, Endpoint, Frame, Nanoseconds, SchedContext, Thread, system};
use suite_support::machine;

use super::bench::{Bench, MAIN, READ_WRITE, SPACE, map};
use super::bodies::Body;
use super::cells::Cell;
use super::failure::{Outcome, holds, same};
use super::system::PRIORITY;
use super::watchdog;

/// Where the stacks and message buffers lie: above the programs, below the arena.
const STACKS: u64 = 0x8_0000_0000;
const STACK_PAGES: u64 = 4;
const DISTANCE: u64 = 0x8000;

/// More urgent than the suite: such a thread runs as soon as it can.
pub const URGENT: u8 = 200;

/// Less urgent than the suite: such a thread runs while the suite waits.
pub const IDLE: u8 = 50;

/// A time slice that no test uses up.
pub const LONG_SLICE: Nanoseconds = Nanoseconds::from_milliseconds(1000);

/// How a thread is made.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Its priority.
    pub priority: u8,
    /// Its fault handler.
    pub faults: Option<Endpoint>,
    /// Its CNode.
    pub cnode: CNode,
    /// Its time; `None` for a thread that lives on lent time.
    pub slice: Option<Nanoseconds>,
    /// With FP/SIMD registers or without.
    pub object: NewObject,
}

impl Manner {
    /// A thread of this priority, without a fault handler, with the suite's CNode.
    pub const fn of(priority: u8) -> Manner {
        let cnode = CNode::from_slot(boot::slot::CNODE);
        Manner { priority, faults: None, cnode, slice: Some(LONG_SLICE), object: NewObject::Thread }
    }

    /// With a fault handler.
    pub const fn faults(self, endpoint: Endpoint) -> Manner {
        Manner { faults: Some(endpoint), ..self }
    }

    /// With another time slice, or with none.
    pub const fn slice(self, slice: Option<Nanoseconds>) -> Manner {
        Manner { slice, ..self }
    }

    /// With FP/SIMD registers.
    pub const fn floating_point(self) -> Manner {
        Manner { object: NewObject::FloatingPointThread, ..self }
    }

    /// With a CNode of its own.
    pub const fn cnode(self, cnode: CNode) -> Manner {
        Manner { cnode, ..self }
    }
}

/// A thread that was made for a test.
#[derive(Clone, Copy, Debug)]
pub struct Helper {
    /// The thread.
    pub thread: Thread,
    /// Its time, if it has any of its own.
    pub context: Option<SchedContext>,
    /// The upper end of its stack.
    pub stack_end: u64,
}

impl Helper {
    /// Sets the registers of a thread that is stopped, so that it begins a body.
    pub fn begin(&self, body: Body, arguments: [u64; 2]) -> Outcome {
        let [first, second] = arguments;
        Ok(self.thread.write_registers(StartRegisters {
            instruction_pointer: body as usize as u64,
            stack_pointer: self.stack_end,
            arguments: [first, second, self.thread.slot()],
        })?)
    }

    /// Where it is.
    pub fn state(&self) -> Outcome<Option<ThreadState>> {
        Ok(self.thread.query()?.state)
    }

    /// Fails unless it is there.
    #[track_caller]
    pub fn is_in(&self, state: ThreadState) -> Outcome {
        same("state of the thread", self.state()?, Some(state))
    }
}

impl Bench<'_> {
    /// A thread that was not resumed yet.
    pub fn thread(&mut self, manner: Manner, body: Body, arguments: [u64; 2]) -> Outcome<Helper> {
        let bottom = STACKS + self.threads * DISTANCE;
        self.threads += 1;
        let stack_end = bottom + STACK_PAGES * 4096;
        let frames = self.make_many(NewObject::Frame(FrameSize::Small), STACK_PAGES)?;
        for index in 0..STACK_PAGES {
            map(Frame::from_slot(frames + index), bottom + index * 4096, READ_WRITE)?;
        }
        let thread = Thread::from_slot(self.make(manner.object)?);
        thread.configure(manner.cnode, SPACE, manner.faults)?;
        thread.set_priority(manner.priority, manner.priority)?;
        let context = manner.slice.map(|slice| self.context(slice)).transpose()?;
        let helper = Helper { thread, context, stack_end };
        helper.begin(body, arguments)?;
        context.map_or(Ok(()), |context| context.bind(thread))?;
        watchdog::know(thread);
        Ok(helper)
    }

    /// A thread that runs; if it is urgent, it has run until it could not go on.
    pub fn start(&mut self, manner: Manner, body: Body, arguments: [u64; 2]) -> Outcome<Helper> {
        let helper = self.thread(manner, body, arguments)?;
        helper.thread.resume()?;
        Ok(helper)
    }

    /// A new scheduling context with time in it.
    pub fn context(&mut self, slice: Nanoseconds) -> Outcome<SchedContext> {
        let context = SchedContext::from_slot(self.make(NewObject::SchedContext)?);
        Resources::SCHED_CONTROL.configure(context, slice, slice)?;
        Ok(context)
    }

    /// Gives a suspended thread a message buffer, in the page above its stack but one.
    pub fn give_buffer(&mut self, helper: &Helper) -> Outcome {
        let address = helper.stack_end + 4096;
        let frame = self.mapped(address, READ_WRITE)?;
        Ok(helper.thread.set_buffer(frame, address)?)
    }
}

/// Lets the suite run at another priority for a while: at a low one, everything more urgent comes before it goes on.
pub fn at_priority<T>(priority: u8, work: impl FnOnce() -> T) -> Outcome<T> {
    MAIN.set_priority(priority, 255)?;
    let result = work();
    MAIN.set_priority(PRIORITY, 255)?;
    Ok(result)
}

/// Lets every thread run that can, up to where it cannot go on. Not for tests in which one never stops.
pub fn let_others_run() -> Outcome {
    at_priority(2, || ())
}

/// Spins for a time.
pub fn spin(time: Nanoseconds) {
    let start = system::ticks();
    while system::elapsed(start, system::ticks()) < time {}
}

/// How long something may take that is to happen. On a busy computer each step of another core takes its time.
const PATIENCE: Nanoseconds = Nanoseconds::from_milliseconds(60_000);

/// Numbers from zero: all of `count`, or as many as there is time for in five seconds, but ten at least. For what is to be done often, and takes
/// long where the computer has fewer cores than the machine.
pub fn rounds(count: u64) -> impl Iterator<Item = u64> {
    const LEAST: u64 = 10;
    let start = system::ticks();
    let is_time = move || system::elapsed(start, system::ticks()) < Nanoseconds::from_milliseconds(5_000);
    (0..count).take_while(move |round| *round < LEAST || is_time())
}

/// Spins until something has happened, for a minute at most: others get their slices, without being asked to run. How long that
/// takes does not matter, for a busy computer may stop the whole machine at any instant.
#[track_caller]
pub fn spin_until(what: &str, mut happened: impl FnMut() -> bool) -> Outcome {
    let start = system::ticks();
    while !happened() && system::elapsed(start, system::ticks()) < PATIENCE {
        machine::pause();
    }
    holds(what, happened())
}

/// A cell counts on.
#[track_caller]
pub fn counts_on(cell: u64) -> Outcome {
    let before = Cell(cell).value();
    spin_until("the thread goes on", || Cell(cell).value() > before)
}

/// Lets others run until something has happened, for ten seconds at most.
#[track_caller]
pub fn until(what: &str, mut happened: impl FnMut() -> bool) -> Outcome {
    let start = system::ticks();
    while !happened() && system::elapsed(start, system::ticks()) < Nanoseconds::from_milliseconds(10_000) {
        system::yield_now();
    }
    holds(what, happened())
}
