//! A thread that runs when nothing else can on the first core. If the suite's first thread gets on no more, the test is stuck: the watchdog tells where
//! each of its threads is, and ends the machine.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use l4k_init::Resources;
use l4k_sys::abi::{FrameSize, boot};
use l4k_sys::handle::{NewObject, StartRegisters};
use l4k_sys::{CNode, Frame, Nanoseconds, SchedContext, Thread, println, system};

use super::bench::{MAIN, READ_WRITE, SPACE, map};
use super::failure::{Failure, Outcome};
use super::runner;

const PRIORITY: u8 = 1;
const STACK: u64 = 0x7_0000_0000;
const STACK_PAGES: u64 = 8;

/// How long the first thread may get nothing done while everything else on its core waits, too.
const PATIENCE: Nanoseconds = Nanoseconds::from_milliseconds(30_000);

static SINCE: AtomicU64 = AtomicU64::new(0);

/// The threads of the test: their slots, with what each does.
static KNOWN: [[AtomicU64; 2]; 64] = [const { [const { AtomicU64::new(0) }; 2] }; 64];

/// What threads do, for who reads where they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing in particular.
    Helper,
    /// It waits for clients.
    Server,
    /// It waits for clients, and works on their time.
    PassiveServer,
    /// It calls the server.
    Client,
    /// It calls the passive server.
    PassiveClient,
    /// It waits for the signal of the messenger before it.
    Messenger,
    /// It waits for nobody.
    Worker,
    /// It waits for the pager when its page is away.
    Toucher,
    /// It waits for faults.
    Pager,
    /// It calls the server until it is killed.
    Victim,
}

impl Role {
    const ALL: [(Role, &str); 10] = [
        (Role::Helper, "helper"),
        (Role::Server, "server, for clients and victim"),
        (Role::PassiveServer, "passive server, for its client"),
        (Role::Client, "client of the server"),
        (Role::PassiveClient, "client of the passive server"),
        (Role::Messenger, "messenger, for the one before"),
        (Role::Worker, "worker, for nobody"),
        (Role::Toucher, "toucher, for the pager"),
        (Role::Pager, "pager, for the toucher"),
        (Role::Victim, "victim, client of the server"),
    ];
}

/// A test begins.
pub fn begin() {
    KNOWN.iter().for_each(|[slot, _]| slot.store(0, SeqCst));
    note();
}

/// It gets on.
pub fn note() {
    SINCE.store(system::ticks(), SeqCst);
}

/// There is another thread.
pub fn know(thread: Thread) {
    introduce(thread, Role::Helper);
}

/// There is another thread, or one that is known does this.
pub fn introduce(thread: Thread, role: Role) {
    let place = KNOWN.iter().find(|[slot, _]| [0, thread.slot()].contains(&slot.load(SeqCst)));
    if let Some([slot, does]) = place {
        slot.store(thread.slot(), SeqCst);
        does.store(role as u64, SeqCst);
    }
}

/// Tells where each thread of the test is: in which state, what for, and with which time used.
pub fn tell() {
    let threads = KNOWN.iter().map(|[slot, does]| (Thread::from_slot(slot.load(SeqCst)), does.load(SeqCst)));
    for (thread, role) in threads.chain([(MAIN, 0)]).filter(|(thread, _)| thread.slot() != 0) {
        let role =
            if thread.slot() == MAIN.slot() { "the test itself" } else { Role::ALL[role as usize % Role::ALL.len()].1 };
        match thread.query() {
            Ok(status) => println!(
                "  thread {}: {:?}, priority {}, used {} us, at {:#x} ({role})",
                thread.slot(),
                status.state,
                status.priority,
                status.time_used.count() / 1000,
                status.instruction_pointer
            ),
            Err(error) => println!("  thread {}: {error} ({role})", thread.slot()),
        }
    }
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
    let mut used = Nanoseconds::new(0);
    loop {
        // Whoever has used time since the last look has got on.
        let now = MAIN.query().map_or(used, |status| status.time_used);
        if now != used {
            used = now;
            note();
        }
        if system::elapsed(SINCE.load(SeqCst), system::ticks()) > PATIENCE {
            println!("the test is stuck: every thread of the first core waits");
            tell();
            runner::give_up();
            let _ = Resources::DEBUG_CONSOLE.exit(1);
        }
    }
}
