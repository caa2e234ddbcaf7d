//! All the kernel's own state: the store of objects, the cores, and the few tables that are not objects.

use super::fault_report::FaultReports;
use super::next::Next;
use super::ready::ReadyQueue;
use crate::base::arch::{Arch, CoreNumber, LINES, MAX_CORES, SpaceRoot};
use crate::base::firmware::FirmwareCall;
use crate::base::store::{Ref, Store};
use crate::base::time::{Instant, Ticks};
use crate::object::asid_pool::{AsidPool, POOLS};
use crate::object::irq::Irq;
use crate::object::sched_context::SchedContext;
use crate::object::thread::{Priority, Thread, Use};
use crate::object::watch::Watch;
use core::mem::offset_of;

/// What a core has to itself. A power of two in size: then a core is found by a shift. What a switch looks at and changes is in one line of 64
/// bytes, with the end of the ready queue.
#[derive(Debug)]
#[repr(C, align(1024))]
pub struct Core {
    /// Threads that could run.
    pub ready: ReadyQueue,
    /// The address space that the core has loaded.
    pub loaded: SpaceRoot,
    /// The thread that runs when the kernel is left; not in the ready queue.
    pub current: Option<Ref<Thread>>,
    /// The context that the current thread runs on, if it is a slice. What it is without a current thread means nothing.
    pub slice: Option<Ref<SchedContext>>,
    /// Thread whose own registers (TPIDR_EL0) the core has loaded; the thread says so too.
    pub loaded_thread: Option<Ref<Thread>>,
    /// Whether programs can use the FP unit now.
    pub floating_point: Use,
    /// Whether breakpoint registers or stepping are set now.
    pub debugging: Use,
    /// Whether one of these two is so.
    pub units: Use,
    /// Of the ready threads whose time is still to come, the one whose time comes first.
    pub waiting: Option<Ref<Thread>>,
    /// What the timer is set to.
    pub deadline: Instant,
    /// The timer was set for the releases of threads above this priority. It is that of the current thread, or below: the
    /// fast paths leave the timer as it is.
    pub timer_level: Priority,
    /// Up to when the current thread's time is accounted for.
    pub charged_until: Instant,
    /// [`System::spaces`] when it was decided who runs here, and all was loaded and set for that; 0 if anything has changed since. It says
    /// that there is nothing to decide.
    pub settled: u64,
    /// The call of firmware that the current thread has asked for last.
    pub firmware: FirmwareCall,
    /// Who pays for the rest of the kernel's time: the context of the thread that entered the kernel here and has left
    /// the core since. Nobody when the kernel is left.
    pub payer: Option<Ref<SchedContext>>,
    /// Another core has broken a mapping of the space that the current thread runs in, since this core examined a fault
    /// last: the next fault may be of an entry that is valid again.
    pub met_break: bool,
}

const _: () = assert!(offset_of!(Core, waiting) % 64 == 0);

impl Core {
    const NEW: Core = Core {
        current: None,
        slice: None,
        ready: ReadyQueue::EMPTY,
        waiting: None,
        deadline: Instant::NEVER,
        loaded: SpaceRoot::NOTHING,
        loaded_thread: None,
        floating_point: Use::No,
        debugging: Use::No,
        units: Use::No,
        timer_level: 0,
        charged_until: Instant(0),
        settled: 0,
        firmware: FirmwareCall { function: 0, arguments: [0; 6] },
        payer: None,
        met_break: false,
    };
}

/// A place among the pools of identifiers.
#[derive(Clone, Copy, Debug)]
pub struct PoolPlace {
    /// The pool there.
    pub pool: Option<Ref<AsidPool>>,
    /// Highest generation that a pool there ever gave out.
    pub generation: u32,
}

/// The kernel's state.
#[derive(Debug)]
pub struct System<A> {
    /// Objects, and the machine.
    pub store: Store<A>,
    /// The cores.
    pub cores: [Core; MAX_CORES],
    /// The core that the kernel was entered on.
    pub here: CoreNumber,
    /// How many cores there are.
    pub core_count: u8,
    /// Cores that have to look anew who runs: bit n for core n.
    pub rescheduled: u8,
    /// The thread that made the system call, while it lasts; `None` once the thread is destroyed.
    pub caller: Option<Ref<Thread>>,
    /// Irq objects by line.
    pub lines: [Option<Ref<Irq>>; LINES],
    /// Pools of identifiers.
    pub pools: [PoolPlace; POOLS],
    /// The latest number of a [`Binding`](crate::object::sched_context::Binding).
    pub bindings: u64,
    /// Changes whenever a thread may have to run on other tables than before: threads remember theirs together with this number. It has 64
    /// bits and is never the same twice.
    pub spaces: u64,
    /// The shortest budget, from when the first context is filled on.
    pub least: Ticks,
    /// What is remembered to tell why nothing runs.
    pub watch: Watch,
    /// Faults that nobody handled.
    pub reports: FaultReports,
}

impl<A: Arch> System<A> {
    /// A system without any object.
    pub const fn new(store: Store<A>) -> Self {
        System {
            store,
            cores: [Core::NEW; MAX_CORES],
            here: CoreNumber(0),
            core_count: 1,
            rescheduled: 0,
            caller: None,
            lines: [None; LINES],
            pools: [PoolPlace { pool: None, generation: 0 }; POOLS],
            bindings: 0,
            spaces: 1,
            least: Ticks(0),
            watch: Watch::NEW,
            reports: FaultReports::NONE,
        }
    }

    /// A core's own state. Numbers are below `MAX_CORES`; the remainder keeps the compiler from adding a panic.
    #[inline(always)]
    pub fn core(&self, number: CoreNumber) -> &Core {
        &self.cores[number.0 as usize % MAX_CORES]
    }

    /// Success of the caller's system call, with these as x1–x7.
    #[inline(never)]
    pub fn answer(&mut self, values: [u64; 7]) -> Next {
        if let Some(caller) = self.caller {
            self.store.get_mut(caller).context.set_results(0, values, 0);
        }
        Next::Settled
    }

    /// A core's own state, to be changed: it has to be decided anew who runs there.
    #[inline(always)]
    pub fn core_mut(&mut self, number: CoreNumber) -> &mut Core {
        let core = self.settled_core_mut(number);
        core.settled = 0;
        core
    }

    /// The same for changes after which nothing is to be decided that was not before.
    #[inline(always)]
    pub fn settled_core_mut(&mut self, number: CoreNumber) -> &mut Core {
        &mut self.cores[number.0 as usize % MAX_CORES]
    }

    /// It has to be decided anew who runs on a core, though nothing of its own state was changed.
    pub fn unsettle(&mut self, number: CoreNumber) {
        self.settled_core_mut(number).settled = 0;
    }
}
