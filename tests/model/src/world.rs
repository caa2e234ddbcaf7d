//! A kernel on a simulated machine with a root thread that holds everything, and system calls as functions.

use crate::invariants;
use l4k::base::address::{Badge, PhysicalAddress, SizeBits};
use l4k::base::arch::{CoreNumber, Entered, Event, Line};
use l4k::base::store::Ref;
use l4k::machine::simulated::ram::store_of;
use l4k::machine::simulated::{RAM_START, Simulated, Whereabouts};
use l4k::object::capability::{Capability, MemoryClass};
use l4k::object::cnode::CNode;
use l4k::object::sched_context::SchedContext;
use l4k::object::slot::Slot;
use l4k::object::thread::{State, Thread, ThreadSlot};
use l4k::operation::ready::End;
use l4k::operation::retype::{Shape, Window};
use l4k::{Kernel, Resume};
use l4k_sys::Error;
use l4k_sys::abi::{Fault, MapAttributes, ObjectKind, Rights, SystemCall};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;

/// The only core.
pub const CORE: CoreNumber = CoreNumber(0);

/// RAM of the machine.
const RAM_BYTES: u64 = 16 << 20;

/// Bytes at the beginning that the ground untyped covers.
const GROUND_BYTES: u64 = 1 << 20;

/// RAM that no capability was made for, as the kernel's image and tables on a real machine.
pub const KERNEL_MEMORY: Range<u64> = RAM_START + GROUND_BYTES..RAM_START + (8 << 20);

/// Slots that are filled from the beginning, as in the first program.
pub mod slot {
    pub use l4k_sys::abi::boot::slot::*;
    /// What the root's objects are made of.
    pub const GROUND: u64 = 16;
    /// 8 MiB of normal memory.
    pub const UNTYPED: u64 = 17;
    /// 16 MiB of device memory at 0x0900_0000.
    pub const DEVICE: u64 = 18;
    /// First free slot.
    pub const FREE: u64 = 19;
}

/// Size in bits of the untyped in [`slot::UNTYPED`].
pub const UNTYPED_BITS: u8 = 23;

/// Result registers of a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Results {
    /// x0.
    pub status: u64,
    /// x1–x7.
    pub values: [u64; 7],
    /// x9.
    pub badge: u64,
}

impl Results {
    /// Success, or the error.
    ///
    /// # Errors
    /// The error that the status is the code of.
    pub fn check(self) -> Result<Results, Error> {
        match Error::from_code(self.status) {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

/// What became of a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned.
    Returned(Results),
    /// The caller waits.
    Blocked,
    /// It will be made again.
    Restarted,
}

/// When a world checks the invariants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// After each call.
    Always,
    /// When somebody asks for it: the caller makes no call that destroys itself.
    OnDemand,
}

/// A kernel, its machine, and the thread that holds everything.
#[derive(Debug)]
pub struct World {
    /// The kernel.
    pub kernel: Kernel<Simulated>,
    /// The root thread.
    pub root: Ref<Thread>,
    /// The CNode that all threads share.
    pub table: Ref<CNode>,
    /// Whether the invariants are checked after each call.
    pub checks: Checks,
    next_slot: u64,
    /// How often the invariants were checked.
    rounds: Cell<u64>,
    /// Addresses of frames for which somebody asked for writing and executing together.
    write_and_execute: BTreeSet<u64>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A new world; its root thread is running at priority 100.
    #[must_use]
    pub fn new() -> World {
        let mut kernel = Kernel::new(store_of(Simulated::new(RAM_BYTES as usize)));
        let system = &mut kernel.system;
        let base = PhysicalAddress::new(RAM_START).expect("in range");
        let capability = system.make_cnode(base, 12).expect("in object memory");
        let Capability::CNode { object: table, .. } = capability else { unreachable!() };
        let ground = untyped(base, GROUND_BYTES.ilog2() as u8, MemoryClass::Normal, 1 << 17);
        let rest = PhysicalAddress::new(RAM_START + (8 << 20)).expect("in range");
        let device = PhysicalAddress::new(0x0900_0000).expect("in range");
        for (number, capability) in [
            (slot::GROUND, ground),
            (slot::UNTYPED, untyped(rest, UNTYPED_BITS, MemoryClass::Normal, 0)),
            (slot::DEVICE, untyped(device, 24, MemoryClass::Device, 0)),
            (slot::IRQ_CONTROL, Capability::IrqControl),
            (slot::SCHED_CONTROL, Capability::SchedControl { core: 0 }),
            (slot::DEBUG_CONSOLE, Capability::DebugConsole { rights: Rights::ALL }),
            (slot::SMC_CONTROL, Capability::SmcControl { badge: Badge::NONE }),
        ] {
            *system.store.get_mut(table.slot(number as u32)) = Slot { capability, ..Slot::EMPTY };
        }
        system.add_reference(&capability);
        system.insert_child(table.slot(slot::GROUND as u32), table.slot(slot::CNODE as u32), capability);
        let root = make_root(&mut kernel, table);
        let (rounds, write_and_execute) = (Cell::new(0), BTreeSet::new());
        let checks = Checks::Always;
        let world = World { kernel, root, table, checks, next_slot: slot::FREE, rounds, write_and_execute };
        invariants::check(&world);
        world
    }

    /// A slot that was not used before.
    pub fn new_slot(&mut self) -> u64 {
        self.next_slot += 1;
        self.next_slot - 1
    }

    /// The capability in a slot of the shared CNode.
    #[must_use]
    pub fn capability(&self, number: u64) -> Capability {
        self.kernel.system.store.get(self.table.slot(number as u32)).capability
    }

    /// How often the invariants were checked.
    #[must_use]
    pub const fn round(&self) -> u64 {
        self.rounds.get()
    }

    /// Counts one more check of the invariants.
    pub fn next_round(&self) -> u64 {
        self.rounds.set(self.rounds.get() + 1);
        self.rounds.get()
    }

    /// Whether somebody may have asked for a frame to be written and executed: whoever checks on demand makes calls that the world does
    /// not see.
    #[must_use]
    pub fn asked_for_write_and_execute(&self, frame: PhysicalAddress) -> bool {
        self.checks == Checks::OnDemand || self.write_and_execute.contains(&frame.value())
    }

    fn note_attributes(&mut self, caller: Ref<Thread>, number: u64, arguments: [u64; 8]) {
        let attributes = match SystemCall::from_number(number) {
            Some(SystemCall::FrameMap) => arguments[4],
            Some(SystemCall::FrameProtect) => arguments[2],
            _ => return,
        };
        let asked = attributes & MapAttributes::WRITE_AND_EXECUTE.bits() != 0;
        let system = &self.kernel.system;
        let slot = system.look_up(caller, arguments[0]).ok().filter(|_| asked);
        if let Some(frame) = slot.and_then(|slot| system.frame_in(slot).ok()) {
            self.write_and_execute.insert(frame.address.value());
        }
    }

    /// The thread that runs.
    #[must_use]
    pub fn current(&self) -> Option<Ref<Thread>> {
        self.kernel.system.core(CORE).current
    }

    /// Whether a thread's capability space is the shared CNode.
    #[must_use]
    pub fn has_table(&self, thread: Ref<Thread>) -> bool {
        let capability = self.kernel.system.store.get(thread.slot(ThreadSlot::CNode)).capability;
        matches!(capability, Capability::CNode { object, .. } if object == self.table)
    }

    /// A thread's state.
    #[must_use]
    pub fn state(&self, thread: Ref<Thread>) -> State {
        self.kernel.system.store.get(thread).state
    }

    /// The context that a thread runs on.
    #[must_use]
    pub fn runs_on(&self, thread: Ref<Thread>) -> Option<Ref<SchedContext>> {
        self.kernel.system.store.get(thread).running_on
    }

    /// The scheduling context in a slot of the root's CNode, if there is one.
    #[must_use]
    pub fn sched_context(&self, number: u64) -> Option<Ref<SchedContext>> {
        match self.capability(number) {
            Capability::SchedContext { object } => Some(object),
            _ => None,
        }
    }

    /// The root makes a call that it may make.
    ///
    /// # Panics
    /// The call is refused.
    #[track_caller]
    pub fn as_root(&mut self, call: SystemCall, arguments: &[u64]) -> Results {
        self.run(self.root);
        self.call(call, arguments).expect("a call that the root may make")
    }

    /// Lets a ready thread run now, whatever its priority: the one before goes to the front of its queue.
    ///
    /// # Panics
    /// If the thread is not ready or has no context.
    pub fn run(&mut self, thread: Ref<Thread>) {
        assert_eq!(self.state(thread), State::Ready, "only a ready thread can run");
        let system = &mut self.kernel.system;
        let before = system.core(CORE).current;
        if before == Some(thread) {
            return;
        }
        if let Some(before) = before {
            system.core_mut(CORE).current = None;
            system.ready_insert(CORE, before, End::Front);
        }
        system.ready_remove(CORE, thread);
        system.set_current(CORE, thread);
        invariants::check(self);
    }

    /// Makes a system call as the current thread: x0–x7 and x9. The invariants are checked afterwards.
    pub fn system_call(&mut self, number: u64, arguments: [u64; 8], x9: u64) -> Outcome {
        let caller = self.current().expect("a thread runs");
        self.note_attributes(caller, number, arguments);
        let context = &mut self.kernel.system.store.get_mut(caller).context;
        context.x[..8].copy_from_slice(&arguments);
        (context.x[8], context.x[9]) = (number, x9);
        context.begin_system_call();
        let pc = context.pc.wrapping_add(4);
        context.pc = pc;
        let _ = self.enter(Event::SystemCall);
        if self.checks == Checks::Always {
            invariants::check(self);
            if !invariants::live_threads(self).contains(&caller) {
                return Outcome::Blocked;
            }
        }
        let thread = self.kernel.system.store.get(caller);
        match thread.state {
            State::Ready if thread.context.pc != pc => Outcome::Restarted,
            State::Ready => Outcome::Returned(self.results(caller)),
            _ => Outcome::Blocked,
        }
    }

    /// Makes a system call that must return.
    ///
    /// # Errors
    /// The error that it returned.
    pub fn call(&mut self, call: SystemCall, arguments: &[u64]) -> Result<Results, Error> {
        let mut x = [0; 8];
        x[..arguments.len()].copy_from_slice(arguments);
        match self.system_call(call as u64, x, 0) {
            Outcome::Returned(results) => results.check(),
            other => panic!("{call:?} {other:?}"),
        }
    }

    /// The result registers of a thread that a blocking call has returned to.
    #[must_use]
    pub fn results(&self, thread: Ref<Thread>) -> Results {
        let context = &self.kernel.system.store.get(thread).context;
        let values = core::array::from_fn(|index| context.x[index + 1]);
        Results { status: context.x[0], values, badge: context.badge() }
    }

    /// The core enters the kernel and leaves it again.
    pub fn enter(&mut self, event: Event) -> Resume {
        let call = self.current().filter(|_| event == Event::SystemCall);
        let call = call.map(|caller| self.kernel.system.store.get(caller).context.x[8]);
        self.kernel.system.store.machine.enter_kernel(usize::from(CORE.0), call);
        let resume = self.kernel.handle(CORE, event);
        let resume = print_reports(&mut self.kernel, CORE, resume);
        self.kernel.system.store.machine.leave_kernel(whereabouts(resume));
        resume
    }

    /// Raises an interrupt line and lets the kernel deal with it.
    pub fn interrupt(&mut self, line: u16) {
        self.kernel.system.store.machine.raised.insert(Line(line));
        let _ = self.enter(Event::Interrupt);
        invariants::check(self);
    }

    /// Moves the clock on and lets the kernel deal with its timer.
    pub fn pass_time(&mut self, ticks: u64) {
        let clock = &self.kernel.system.store.machine.clock;
        clock.set(clock.get() + ticks);
        let _ = self.enter(Event::Interrupt);
        invariants::check(self);
    }

    /// The current thread faults.
    pub fn fault(&mut self, fault: Fault) {
        let _ = self.enter(Event::Fault(fault));
        invariants::check(self);
    }
}

/// A core that has left the kernel comes back until all reports on faults are printed. No interrupt comes meanwhile.
pub fn print_reports(kernel: &mut Kernel<Simulated>, core: CoreNumber, mut resume: Resume) -> Resume {
    let preempt_after = kernel.system.store.machine.preempt_after.take();
    let mut told = kernel.system.reports.are_waiting();
    while resume == Resume::Again && told {
        told = kernel.system.reports.are_waiting();
        resume = kernel.start(core);
    }
    kernel.system.store.machine.preempt_after.set(preempt_after);
    resume
}

/// Where a core is that the kernel has let go.
#[must_use]
pub const fn whereabouts(resume: Resume) -> Whereabouts {
    match resume {
        Resume::Thread(_) => Whereabouts::Program,
        Resume::Firmware => Whereabouts::Entered(Entered::Firmware),
        Resume::Idle | Resume::Again => Whereabouts::Entered(Entered::Otherwise),
    }
}

const fn untyped(base: PhysicalAddress, bits: u8, memory: MemoryClass, used: u32) -> Capability {
    let size_bits = match SizeBits::new(bits) {
        Some(bits) => bits,
        None => unreachable!(),
    };
    Capability::Untyped { size_bits, memory, watermark: used / 32, base }
}

/// Makes the root thread and what it needs, as boot does, and lets it run.
fn make_root(kernel: &mut Kernel<Simulated>, table: Ref<CNode>) -> Ref<Thread> {
    let system = &mut kernel.system;
    for (kind, bits, number) in [
        (ObjectKind::Thread, 0, slot::THREAD),
        (ObjectKind::SchedContext, 0, slot::SCHED_CONTEXT),
        (ObjectKind::AsidPool, 0, slot::ASID_POOL),
        (ObjectKind::AddressSpace, 16, slot::ADDRESS_SPACE),
    ] {
        let window = Window::new(table, 12, number, 1).expect("a free slot");
        let shape = Shape::new(kind as u64, bits).expect("a kind");
        let _ = system.retype(table.slot(slot::GROUND as u32), shape, window, None).expect("memory");
    }
    let at = |number: u64| system.store.get(table.slot(number as u32)).capability;
    let Capability::Thread { object: root } = at(slot::THREAD) else { unreachable!() };
    let Capability::SchedContext { object: context } = at(slot::SCHED_CONTEXT) else { unreachable!() };
    let Capability::AsidPool { object: pool } = at(slot::ASID_POOL) else { unreachable!() };
    let Capability::AddressSpace { object: space } = at(slot::ADDRESS_SPACE) else { unreachable!() };
    system.assign_asid(pool, space).expect("a free identifier");
    for (number, which) in [(slot::CNODE, ThreadSlot::CNode), (slot::ADDRESS_SPACE, ThreadSlot::AddressSpace)] {
        let source = table.slot(number as u32);
        system.copy(source, root.slot(which), Rights::ALL, Badge::NONE).expect("an empty slot");
    }
    let thread = system.store.get_mut(root);
    thread.priority = 100;
    thread.maximum_priority = 255;
    system.configure_context(context, CORE, 10_000_000, 10_000_000).expect("a slice");
    system.bind_context(context, root).expect("unbound");
    system.resume(root).expect("configured");
    let _ = kernel.start(CORE);
    root
}
