//! Threads of a side. Calls `bench` and `system`.

use bench_support::role::Role;
use l4k_init::Resources;
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::handle::{NewObject, StartRegisters};
use l4k_sys::{CNode, Endpoint, SchedContext, Thread};

use super::bench::{Bench, Side};
use super::failure::Outcome;
use super::system::LONG_SLICE;

/// Stacks and message buffers lie so far above the beginning of the gigabyte that the program is in.
const STACKS: u64 = 0x3f00_0000;
const GIGABYTE: u64 = 1 << 30;
const DISTANCE: u64 = 0x8000;
const STACK_PAGES: u64 = 2;

/// How a thread is made.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Its side.
    pub side: Side,
    /// Its priority.
    pub priority: u8,
    /// With FP/SIMD registers or without.
    pub object: NewObject,
    /// Its table of capabilities, if not its side's.
    pub cnode: Option<CNode>,
    /// Who hears of its faults, if not the benchmark.
    pub faults: Option<Endpoint>,
}

impl Manner {
    /// A thread of this side and priority.
    pub const fn of(side: Side, priority: u8) -> Manner {
        Manner { side, priority, object: NewObject::Thread, cnode: None, faults: None }
    }

    /// With FP/SIMD registers.
    pub const fn floating_point(self) -> Manner {
        Manner { object: NewObject::FloatingPointThread, ..self }
    }
}

/// A thread and its time.
#[derive(Clone, Copy, Debug)]
pub struct Helper {
    /// The thread.
    pub thread: Thread,
    /// Its time.
    pub context: SchedContext,
}

impl Bench<'_> {
    /// A thread that runs; it has run until it could not go on.
    pub fn start(&mut self, manner: Manner, role: Role, first: u64, second: u64) -> Outcome<Helper> {
        let stack_pointer = self.stack(manner.side)?;
        let buffer = stack_pointer + PAGE_SIZE;
        let frame = self.map(manner.side, buffer)?;
        let [thread, context] = [self.make(manner.object)?, self.make(NewObject::SchedContext)?];
        let helper = Helper { thread: Thread::from_slot(thread), context: SchedContext::from_slot(context) };
        self.prepare(helper, manner, stack_pointer, [role as u64, first, second])?;
        helper.thread.set_buffer(frame, buffer)?;
        helper.thread.resume()?;
        Ok(helper)
    }

    /// A new stack; its upper end.
    pub fn stack(&mut self, side: Side) -> Outcome<u64> {
        let table = self.table(side);
        let bottom = (table.worker.begin / GIGABYTE * GIGABYTE) + STACKS + table.threads * DISTANCE;
        table.threads += 1;
        for page in 0..STACK_PAGES {
            self.map(side, bottom + page * PAGE_SIZE)?;
        }
        Ok(bottom + STACK_PAGES * PAGE_SIZE)
    }

    /// Gives a new thread everything but a message buffer.
    pub fn prepare(&mut self, helper: Helper, manner: Manner, stack: u64, arguments: [u64; 3]) -> Outcome {
        let Helper { thread, context } = helper;
        let reports = self.system.reports;
        let table = *self.table(manner.side);
        let cnode = manner.cnode.unwrap_or(table.cnode);
        thread.configure(cnode, table.worker.space, Some(manner.faults.unwrap_or(reports)))?;
        thread.set_priority(manner.priority, manner.priority)?;
        let start = StartRegisters { instruction_pointer: table.worker.begin, stack_pointer: stack, arguments };
        thread.write_registers(start)?;
        Resources::SCHED_CONTROL.configure(context, LONG_SLICE, LONG_SLICE)?;
        context.bind(thread)?;
        Ok(())
    }
}
