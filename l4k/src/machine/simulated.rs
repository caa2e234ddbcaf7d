//! The simulated machine: a piece of host memory as RAM, a clock that tests move, interrupt lines that tests raise.
//!
//! Each is a value of its own, so that tests run in parallel. What its processors and caches may still hold of what the kernel has changed is
//! kept by the [`ledger`]: a missing invalidation, barrier or cache operation shows when something is used that is stale.

extern crate std;

pub mod accesses;
pub mod choices;
pub mod data_cache;
pub mod ledger;
pub mod ram;
pub mod request;
pub mod tlb;

pub use ram::RAM_START;

use self::data_cache::View;
use self::ledger::{Ledger, Met, Uses};
use self::ram::Ram;
use self::request::{Domain, Port, Reach, Request};
use self::tlb::{Forgotten, Levels};
use super::table_format;
use crate::base::address::PhysicalAddress;
use crate::base::arch::{
    Arch, CacheOperation, Claimed, CoreNumber, Entered, Invalidation, LINES, Level, Line, LockTimes, MAX_CORES, Mask,
    SpaceRoot, TableEntry, Trigger,
};
use crate::base::debugging::Debugging;
use crate::base::store::Ref;
use crate::base::time::{Instant, TicksPerSecond};
use crate::base::vector_registers::FloatingPoint;
use l4k_sys::abi::{Access, Rights};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

/// Where a simulated core is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In a program.
    Program,
    /// On its way into the kernel.
    Entered(Entered),
}

/// A core of the machine.
#[derive(Clone, Debug)]
pub struct Processor {
    /// The timer.
    pub deadline: Option<Instant>,
    /// The address space that is loaded.
    pub root: SpaceRoot,
    /// TPIDR_EL0.
    pub thread_pointer: u64,
    /// TPIDRRO_EL0.
    pub buffer_address: u64,
    /// The registers of the FP unit: v0–v31 in halves, FPCR, FPSR; `None`: programs that use it are stopped.
    pub floating_point: Option<[u64; 66]>,
    /// Breakpoint registers and stepping.
    pub debugging: Debugging,
    /// Where it is, as far as the kernel waits for it to be stopped.
    pub whereabouts: Whereabouts,
    /// Another core has interrupted it.
    pub interrupted: bool,
}

impl Processor {
    const NEW: Processor = Processor {
        deadline: None,
        root: SpaceRoot::NOTHING,
        thread_pointer: 0,
        buffer_address: 0,
        floating_point: None,
        debugging: Debugging::OFF,
        whereabouts: Whereabouts::Program,
        interrupted: false,
    };
}

/// A machine for tests.
#[derive(Debug)]
pub struct Simulated {
    ram: Ram,
    /// The counter.
    pub clock: Cell<u64>,
    /// Ticks that the counter moves on at each look at it, and at each preemption point.
    pub ticks_per_look: u64,
    /// Its cores.
    pub processors: [Processor; MAX_CORES],
    /// The core that is in the kernel.
    pub here: usize,
    /// Cores that were stopped, in that order: they come next.
    pub stopped: Vec<CoreNumber>,
    /// Lines that are sent to another core than the first.
    pub routes: BTreeMap<Line, CoreNumber>,
    /// Lines that are active.
    pub raised: BTreeSet<Line>,
    /// Lines that are not masked.
    pub unmasked: BTreeSet<Line>,
    /// Looks at `interrupt_pending` until one is pending; `None`: never.
    pub preempt_after: Cell<Option<u32>>,
    /// What was written to the console.
    pub console: Vec<u8>,
    /// Status with which the machine ended.
    pub ended: Option<u8>,
    /// What processors and caches hold.
    pub ledger: RefCell<Ledger>,
    /// What lies between the kernel and the processors.
    pub port: Port,
    /// Breakpoint registers that there are, for instructions and for data.
    pub breakpoint_registers: [u64; 2],
    /// The table entry that the kernel writes now: its place, what it is to be, and what it was.
    entry: Option<(u64, u64, u64)>,
    /// Cache maintenance that the kernel has asked for.
    pub maintained: Vec<(PhysicalAddress, u64, CacheOperation)>,
    /// Requests that all cores take part in, since the kernel was entered or has looked for interrupts.
    broadcasts: Cell<u32>,
    /// The most that there ever were. They keep other cores from their work, also those that have nothing to do with it.
    pub most_broadcasts: u32,
}

impl Simulated {
    /// A machine with this much RAM from [`RAM_START`].
    #[must_use]
    pub fn new(ram_bytes: usize) -> Simulated {
        Simulated {
            ram: Ram::new(ram_bytes),
            clock: Cell::new(1_000),
            ticks_per_look: 0,
            processors: [Processor::NEW; MAX_CORES],
            here: 0,
            stopped: Vec::new(),
            routes: BTreeMap::new(),
            raised: BTreeSet::new(),
            unmasked: BTreeSet::new(),
            preempt_after: Cell::new(None),
            console: Vec::new(),
            ended: None,
            ledger: RefCell::new(Ledger::new()),
            port: Port::default(),
            breakpoint_registers: [4, 4],
            entry: None,
            maintained: Vec::new(),
            broadcasts: Cell::new(0),
            most_broadcasts: 0,
        }
    }

    /// The core that is in the kernel.
    #[must_use]
    pub fn processor(&self) -> &Processor {
        &self.processors[self.here]
    }

    fn processor_mut(&mut self) -> &mut Processor {
        &mut self.processors[self.here]
    }

    /// Bytes of RAM.
    #[must_use]
    pub fn ram_bytes(&self) -> u64 {
        self.ram.size()
    }

    /// A byte of RAM.
    ///
    /// # Panics
    /// If the address is not in RAM.
    #[must_use]
    pub fn byte(&self, address: u64) -> u8 {
        self.ram.byte(address)
    }

    /// A word of RAM.
    #[must_use]
    pub fn word(&self, address: u64) -> u64 {
        self.ram.word(address)
    }

    /// What a program's access to an address meets on the core in the kernel: physical address and rights. The look-aside buffer answers
    /// first, as in hardware; otherwise the tables are walked and the result is remembered.
    #[must_use]
    pub fn translate(&self, address: u64) -> Option<(u64, Rights)> {
        let root = self.processor().root;
        let reached = self.ledger.borrow_mut().translate(&self.ram, self.here, root, address);
        reached.map(|(physical, rights, _)| (physical, rights))
    }

    /// A core enters the kernel, on this system call if it is one.
    pub fn enter_kernel(&mut self, core: usize, call: Option<u64>) {
        self.here = core;
        if self.processors[core].whereabouts == Whereabouts::Program {
            self.ledger.get_mut().synchronize(core);
        }
        self.broadcasts.set(0);
        self.port.enter(call);
    }

    /// The core in the kernel leaves it; an exception return leads to a program.
    pub fn leave_kernel(&mut self, to: Whereabouts) {
        self.settle_entry();
        for request in self.port.leave() {
            self.execute(request);
        }
        let here = self.here;
        self.processors[here].whereabouts = to;
        if to == Whereabouts::Program {
            self.ledger.get_mut().synchronize(here);
        }
    }

    /// Programs, devices and caches use what they may, while no core is in the kernel.
    pub fn use_everything(&mut self) {
        let whereabouts = self.processors.each_ref().map(|processor| Some(processor.whereabouts));
        self.ledger.get_mut().use_everything(&mut self.ram, whereabouts);
    }

    /// A program on a core accesses an address.
    pub fn access(&mut self, core: usize, address: u64, access: Access) -> Met {
        let root = self.processors[core].root;
        self.ledger.get_mut().access(&mut self.ram, core, root, address, access)
    }

    /// A word of RAM as it is for somebody.
    #[must_use]
    pub fn memory_word(&self, view: View, address: u64) -> u64 {
        self.ledger.borrow().data.word(&self.ram, view, address)
    }

    /// The kernel makes a request.
    fn request(&mut self, request: Request) {
        self.settle_entry();
        for request in self.port.pass(request) {
            self.execute(request);
        }
    }

    /// A table entry that the kernel has stored meanwhile becomes a request like any other.
    fn settle_entry(&mut self) {
        if let Some((place, bits, before)) = self.entry.take() {
            self.ram.set_word(place, before);
            for request in self.port.pass(Request::Entry(place, bits)) {
                self.execute(request);
            }
        }
    }

    /// A request takes effect; others use everything before and after.
    fn execute(&mut self, request: Request) {
        self.use_between();
        if matches!(request, Request::Invalidate(_, Domain::InnerShareable) | Request::ForgetInstructions) {
            self.broadcasts.set(self.broadcasts.get() + 1);
            self.most_broadcasts = self.most_broadcasts.max(self.broadcasts.get());
        }
        self.ledger.get_mut().execute(&mut self.ram, self.here, request);
        self.use_between();
    }

    fn use_between(&mut self) {
        if self.ledger.get_mut().uses == Uses::Always {
            let mut whereabouts = self.processors.each_ref().map(|processor| Some(processor.whereabouts));
            whereabouts[self.here] = None;
            self.ledger.get_mut().use_everything(&mut self.ram, whereabouts);
        }
    }

    /// What the counter shows; it moves on.
    fn look(&self) -> u64 {
        let now = self.clock.get();
        self.clock.set(now.saturating_add(self.ticks_per_look));
        now
    }
}

impl Arch for Simulated {
    fn window(&self) -> *mut u8 {
        self.ram.window()
    }

    fn now(&self) -> Instant {
        Instant(self.look())
    }

    fn ticks_per_second(&self) -> TicksPerSecond {
        TicksPerSecond::new(1_000_000_000).expect("not zero")
    }

    fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.processor_mut().deadline = deadline;
    }

    fn move_deadline(&mut self, deadline: Instant) {
        assert!(self.processor().deadline.is_some(), "the timer is armed");
        self.set_deadline(Some(deadline));
    }

    fn is_due(&self, deadline: Instant) -> bool {
        deadline.0 <= self.clock.get()
    }

    fn interrupt_pending(&self) -> bool {
        let _ = self.look();
        self.broadcasts.set(0);
        match self.preempt_after.get() {
            Some(0) => {
                self.preempt_after.set(None);
                true
            }
            Some(count) => {
                self.preempt_after.set(Some(count - 1));
                false
            }
            None => false,
        }
    }

    fn claim_interrupt(&mut self) -> Claimed {
        let sent_here = |line: &&Line| self.routes.get(line).map_or(0, |core| usize::from(core.0)) == self.here;
        if let Some(line) = self.raised.iter().filter(sent_here).find(|line| self.unmasked.contains(line)) {
            return Claimed::Line(*line);
        }
        if core::mem::take(&mut self.processor_mut().interrupted) {
            return Claimed::Reschedule;
        }
        match self.processor().deadline {
            Some(deadline) if deadline.0 <= self.clock.get() => Claimed::Timer,
            _ => Claimed::Spurious,
        }
    }

    fn complete_interrupt(&mut self, line: Line) {
        assert!(self.raised.remove(&line), "{line:?} was not active");
    }

    fn line_usable(&self, line: Line) -> bool {
        (32..LINES as u16).contains(&line.0)
    }

    fn interrupt_core(&mut self, core: CoreNumber) {
        self.processors[usize::from(core.0)].interrupted = true;
    }

    fn stop_core(&mut self, core: CoreNumber) -> Entered {
        assert_ne!(usize::from(core.0), self.here, "a core stops itself");
        match self.processors[usize::from(core.0)].whereabouts {
            Whereabouts::Entered(entered) => entered,
            Whereabouts::Program => {
                let processor = &mut self.processors[usize::from(core.0)];
                processor.interrupted = true;
                processor.whereabouts = Whereabouts::Entered(Entered::Otherwise);
                self.stopped.push(core);
                Entered::Otherwise
            }
        }
    }

    fn route_line(&mut self, line: Line, core: CoreNumber) {
        self.routes.insert(line, core);
    }

    fn configure_line(&mut self, line: Line, _trigger: Trigger) {
        assert!(self.line_usable(line));
        self.routes.insert(line, CoreNumber(self.here as u8));
    }

    fn mask_line(&mut self, line: Line, mask: Mask) {
        match mask {
            Mask::Masked => self.unmasked.remove(&line),
            Mask::Unmasked => self.unmasked.insert(line),
        };
    }

    fn enter_space(&mut self, root: SpaceRoot) {
        self.processor_mut().root = root;
        self.request(Request::Enter(root));
    }

    fn enter_tables(&mut self, root: SpaceRoot) {
        assert_ne!(root, SpaceRoot::NOTHING, "there are tables");
        self.enter_space(root);
    }

    fn will_write_entry(&mut self, place: PhysicalAddress, bits: u64) {
        self.settle_entry();
        self.entry = Some((place.value(), bits, self.ram.word(place.value())));
    }

    fn will_write(&mut self, start: PhysicalAddress, bytes: u64) {
        self.settle_entry();
        self.ledger.get_mut().will_write(&self.ram, self.here, start.value(), bytes);
    }

    fn publish_tables(&mut self) {
        self.request(Request::Publish);
    }

    fn invalidate(&mut self, what: Invalidation) {
        let what = match what {
            Invalidation::Space(asid) => Forgotten::Space(asid.value()),
            Invalidation::Page(asid, page) => Forgotten::Page(asid.value(), page.value(), Levels::All),
        };
        self.request(Request::Invalidate(what, Domain::InnerShareable));
    }

    fn maintain_lines(&mut self, start: PhysicalAddress, bytes: u64, operation: CacheOperation) {
        self.maintained.push((start, bytes, operation));
        self.request(Request::Lines(start.value(), bytes, operation));
    }

    fn forget_instructions(&mut self) {
        self.request(Request::ForgetInstructions);
    }

    fn complete_maintenance(&mut self) {
        self.request(Request::Complete(Reach::Cores));
    }

    fn complete_for_devices(&mut self) {
        self.request(Request::Complete(Reach::System));
    }

    fn synchronize(&mut self) {
        self.request(Request::Synchronize);
    }

    fn encode(entry: TableEntry, level: Level) -> u64 {
        table_format::encode(entry, level)
    }

    fn needs_break(before: u64, after: u64) -> bool {
        table_format::needs_break(before, after)
    }

    fn broken(leaf: u64) -> u64 {
        table_format::broken(leaf)
    }

    fn decode(bits: u64, level: Level) -> TableEntry {
        table_format::decode(bits, level)
    }

    fn thread_pointer(&self) -> u64 {
        self.processor().thread_pointer
    }

    fn load_thread_registers(&mut self, thread_pointer: u64, buffer_address: u64) {
        self.processor_mut().thread_pointer = thread_pointer;
        self.processor_mut().buffer_address = buffer_address;
    }

    fn open_floating_point(&mut self, registers: Ref<FloatingPoint>) {
        let values = core::array::from_fn(|index| self.word(registers.address().value() + 8 * index as u64));
        self.processor_mut().floating_point = Some(values);
    }

    fn save_floating_point(&mut self, registers: Ref<FloatingPoint>) {
        let values = self.processor().floating_point.expect("the unit is open");
        for (index, value) in values.into_iter().enumerate() {
            self.ram.set_word(registers.address().value() + 8 * index as u64, value);
        }
    }

    fn exchange_floating_point(&mut self, from: Ref<FloatingPoint>, to: Ref<FloatingPoint>) {
        self.save_floating_point(from);
        self.open_floating_point(to);
    }

    fn close_floating_point(&mut self) {
        self.processor_mut().floating_point = None;
    }

    fn breakpoint_registers(&self) -> [u64; 2] {
        self.breakpoint_registers
    }

    fn load_debugging(&mut self, debugging: &Debugging) {
        self.processor_mut().debugging = *debugging;
    }

    fn write_console(&mut self, bytes: &[u8]) {
        self.console.extend_from_slice(bytes);
    }

    fn lock_times(&self, _: CoreNumber) -> Option<LockTimes> {
        Some(LockTimes::default())
    }

    fn end_machine(&mut self, status: u8) {
        self.ended = Some(status);
    }
}
