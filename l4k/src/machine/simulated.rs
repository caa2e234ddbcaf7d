//! The simulated machine: a piece of host memory as RAM, a clock that tests move, interrupt lines that tests raise.
//!
//! Each is a value of its own, so that tests run in parallel. It keeps a look-aside buffer that forgets nothing by itself: what the
//! kernel does not invalidate stays, so that a missing invalidation shows.
#![allow(unsafe_code)]

extern crate std;

use super::table_format;
use crate::base::address::{PhysicalAddress, UserPage};
use crate::base::arch::{
    Arch, CacheOperation, Claimed, CoreNumber, Entered, Invalidation, LINES, Level, Line, LockTimes, MAX_CORES, Mask,
    SpaceRoot, TableEntry, Trigger,
};
use crate::base::debugging::Debugging;
use crate::base::time::{Instant, TicksPerSecond};
use l4k_sys::abi::Rights;
use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

/// Physical address of the first byte of RAM.
pub const RAM_START: u64 = 0x4000_0000;

/// Host alignment of RAM: that of the largest object that the kernel keeps a Rust type in, and more.
const ALIGNMENT: usize = 1 << 21;

/// RAM: host memory, zero at first.
#[derive(Debug)]
struct Ram {
    bytes: *mut u8,
    layout: Layout,
}

// SAFETY: the memory belongs to this value alone; moving it to another thread moves the only pointer to it.
unsafe impl Send for Ram {}

impl Ram {
    fn new(bytes: usize) -> Ram {
        let layout = Layout::from_size_align(bytes, ALIGNMENT).expect("a size of RAM");
        // SAFETY: the size is not zero: every test gives at least a page.
        let memory = unsafe { std::alloc::alloc_zeroed(layout) };
        assert!(!memory.is_null(), "out of host memory");
        Ram { bytes: memory, layout }
    }
}

impl Drop for Ram {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout, freed once.
        unsafe { std::alloc::dealloc(self.bytes, self.layout) }
    }
}

/// A translation that the machine remembers: identifier and page, physical page, rights.
pub type Translations = BTreeMap<(u16, u64), (u64, Rights)>;

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
    /// Ticks that the counter moves on at each look at it.
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
    /// What the look-aside buffer remembers.
    pub remembered: RefCell<Translations>,
    /// Breakpoint registers that there are, for instructions and for data.
    pub breakpoint_registers: [u64; 2],
    /// Table entries were written and not published yet.
    pub unpublished: bool,
    /// Cache maintenance that was done.
    pub maintained: Vec<(PhysicalAddress, u64, CacheOperation)>,
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
            remembered: RefCell::new(BTreeMap::new()),
            breakpoint_registers: [4, 4],
            unpublished: false,
            maintained: Vec::new(),
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
        self.ram.layout.size() as u64
    }

    /// A byte of RAM.
    ///
    /// # Panics
    /// If the address is not in RAM.
    #[must_use]
    pub fn byte(&self, address: u64) -> u8 {
        assert!((RAM_START..RAM_START + self.ram_bytes()).contains(&address), "{address:#x} is not in RAM");
        // SAFETY: in range as just checked, and initialised (zero at first).
        unsafe { self.ram.bytes.add((address - RAM_START) as usize).read() }
    }

    /// A word of RAM.
    #[must_use]
    pub fn word(&self, address: u64) -> u64 {
        u64::from_le_bytes(core::array::from_fn(|index| self.byte(address + index as u64)))
    }

    /// Writes a word of RAM.
    fn set_word(&mut self, address: u64, value: u64) {
        assert!((RAM_START..RAM_START + self.ram_bytes() - 7).contains(&address), "{address:#x} is not in RAM");
        let place = self.ram.bytes.wrapping_add((address - RAM_START) as usize).cast::<u64>();
        // SAFETY: in range as just checked; object memory that no reference is alive to while the machine is called.
        unsafe { place.write_unaligned(value) }
    }

    /// What a program's access to an address meets: physical address and rights. The look-aside buffer answers first, as in
    /// hardware; otherwise the tables are walked and the result is remembered.
    #[must_use]
    pub fn translate(&self, address: u64) -> Option<(u64, Rights)> {
        let (top, asid) = self.processor().root.tables()?;
        let key = (asid.value(), address >> 12);
        if let Some((page, rights)) = self.remembered.borrow().get(&key) {
            return Some((page << 12 | address & 0xfff, *rights));
        }
        let mut table = top;
        for level in [Level::Zero, Level::One, Level::Two, Level::Three] {
            let entry = self.word(table.value() + level.index(address) * 8);
            match table_format::decode(entry, level) {
                TableEntry::Empty => return None,
                TableEntry::Table(below) => table = below,
                TableEntry::Leaf { address: frame, rights, .. } => {
                    let size = 1u64 << (39 - 9 * level as u32);
                    let physical = frame.value() + (address & (size - 1));
                    self.remembered.borrow_mut().insert(key, (physical >> 12, rights));
                    return Some((physical, rights));
                }
            }
        }
        None
    }
}

impl Arch for Simulated {
    fn window(&self) -> *mut u8 {
        self.ram.bytes.wrapping_sub(RAM_START as usize)
    }

    fn now(&self) -> Instant {
        let now = self.clock.get();
        self.clock.set(now.saturating_add(self.ticks_per_look));
        Instant(now)
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

    fn raise_line(&mut self, line: Line) {
        self.raised.insert(line);
    }

    fn mask_line(&mut self, line: Line, mask: Mask) {
        match mask {
            Mask::Masked => self.unmasked.remove(&line),
            Mask::Unmasked => self.unmasked.insert(line),
        };
    }

    fn enter_space(&mut self, root: SpaceRoot) {
        self.processor_mut().root = root;
    }

    fn enter_tables(&mut self, root: SpaceRoot) {
        assert_ne!(root, SpaceRoot::NOTHING, "there are tables");
        self.enter_space(root);
    }

    fn publish_tables(&mut self) {
        self.unpublished = false;
    }

    fn invalidate(&mut self, what: Invalidation) {
        let mut remembered = self.remembered.borrow_mut();
        match what {
            Invalidation::Space(asid) => remembered.retain(|key, _| key.0 != asid.value()),
            Invalidation::Page(asid, page) => {
                let number = UserPage::number(page);
                // A frame larger than a page has one entry in the tables: any of its addresses names it.
                remembered.retain(|key, _| key.0 != asid.value() || key.1 >> 18 != number >> 18);
            }
        }
    }

    fn maintain_cache(&mut self, start: PhysicalAddress, bytes: u64, operation: CacheOperation) {
        self.maintained.push((start, bytes, operation));
    }

    fn encode(entry: TableEntry, level: Level) -> u64 {
        table_format::encode(entry, level)
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

    fn open_floating_point(&mut self, registers: PhysicalAddress) {
        let values = core::array::from_fn(|index| self.word(registers.value() + 8 * index as u64));
        self.processor_mut().floating_point = Some(values);
    }

    fn save_floating_point(&mut self, registers: PhysicalAddress) {
        let values = self.processor().floating_point.expect("the unit is open");
        for (index, value) in values.into_iter().enumerate() {
            self.set_word(registers.value() + 8 * index as u64, value);
        }
    }

    fn exchange_floating_point(&mut self, from: PhysicalAddress, to: PhysicalAddress) {
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
