//! A thread that runs when nothing else can: if that stays so, the test is stuck, and the machine ends.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use l4k_init::Resources;
use l4k_sys::abi::{FrameSize, boot};
use l4k_sys::handle::{NewObject, StartRegisters};
use l4k_sys::{CNode, Frame, Nanoseconds, SchedContext, Thread, println, system};

use super::bench::{READ_WRITE, SPACE, map};
use super::failure::{Failure, Outcome};
use super::runner;

const PRIORITY: u8 = 1;
const STACK: u64 = 0x7_0000_0000;
const STACK_PAGES: u64 = 8;

/// How long a test may take.
const PATIENCE: Nanoseconds = Nanoseconds::from_milliseconds(15_000);

static SINCE: AtomicU64 = AtomicU64::new(0);

/// A test begins.
pub fn note() {
    SINCE.store(system::ticks(), SeqCst);
}

/// Starts the watchdog. It stays for good.
pub fn start(resources: &mut Resources) -> Outcome {
    let slots = resources.slots.take_range(STACK_PAGES + 2);
    let first = slots.ok_or_else(|| Failure::new(format_args!("no slots")))?.first;
    for index in 0..STACK_PAGES {
        resources.memory.make(NewObject::Frame(FrameSize::Small), first + index)?;
        map(Frame::from_slot(first + index), STACK + index * 4096, READ_WRITE)?;
    }
    let thread = Thread::from_slot(first + STACK_PAGES);
    let context = SchedContext::from_slot(first + STACK_PAGES + 1);
    resources.memory.make(NewObject::Thread, thread.slot())?;
    resources.memory.make(NewObject::SchedContext, context.slot())?;
    thread.configure(CNode::from_slot(boot::slot::CNODE), SPACE, None)?;
    thread.set_priority(PRIORITY, PRIORITY)?;
    thread.write_registers(StartRegisters {
        instruction_pointer: watch as *const () as usize as u64,
        stack_pointer: STACK + STACK_PAGES * 4096,
        arguments: [0; 3],
    })?;
    let slice = Nanoseconds::from_milliseconds(1000);
    Resources::SCHED_CONTROL.configure(context, slice, slice)?;
    context.bind(thread)?;
    Ok(thread.resume()?)
}

extern "C" fn watch(_: u64, _: u64, _: u64) -> ! {
    loop {
        if system::elapsed(SINCE.load(SeqCst), system::ticks()) > PATIENCE {
            runner::give_up();
            println!("the test is stuck: every thread of it waits");
            let _ = Resources::DEBUG_CONSOLE.exit(1);
        }
    }
}
