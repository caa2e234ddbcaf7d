//! The maintenance ledger: what the processors and caches of the simulated machine may still hold of what the kernel
//! has changed. Calls `accesses`, `choices`, `data_cache`, `ram`, `request`, `tlb`.
//!
//! What is kept, and until when (sections and rules of the Arm ARM, DDI 0487, by name):
//! - Each core has a TLB with exact pages and the tables on the way ([`Tlb`]). A translation stays until an
//!   invalidation hits it ('Translation Lookaside Buffers', R_SQBCS; 'TLB maintenance', R_FFWJK).
//! - A store into a table, and the zeros of memory that tables are made of, may or may not be seen by a walk of any
//!   core until the core that stored it has executed a `dsb` ('TLB maintenance', R_DDMVT, steps 2 and 6). Each walk
//!   chooses.
//! - An invalidation, `ic` and `dc` may take effect at any time, on each core by itself, and have done so only when the
//!   core that asked has executed `dsb ish` (R_DDMVT, step 4; 'Synchronization and coherency issues between data and
//!   instruction accesses'). Each chooses.
//! - A write of TTBR0_EL1 may take effect at once or later, and has done so only after a context synchronization event:
//!   an exception, a return from one, or `isb` ('Synchronization requirements for AArch64 System registers'). Until
//!   then each walk of that core chooses between the roots.
//! - What `dc` has written back is seen by cores after `dsb ish`, and by devices outside of the cores' shareability
//!   domain only after `dsb sy` ('Data Synchronization Barrier': it completes for observers in its domain). Until then
//!   each read of a device chooses between both contents.
//! - Data caches are coherent with each other; memory and fetches lag behind them ([`DataCache`]).
//! - Each core has an instruction cache. What it has fetched stays until `ic` hits it; it may fetch, at any time,
//!   whatever its program can execute, cacheable or not ('Synchronization and coherency issues between data and
//!   instruction accesses').
//! - Entries of all of these may be evicted at any time.
//!
//! Invariants of the ledger itself. Each choice is one that the architecture allows: if the kernel asks for what it has
//! to ask for, no choice shows. Nothing takes effect that nobody asked for, but for evictions. The kernel's own loads
//! see its own stores, since it does not use what is kept here.
//!
//! Between two requests of the kernel, and whenever a test wants it, *everything is used* ([`Ledger::use_everything`]):
//! programs on other cores access pages, and cores that run no program walk the tables that they may still have, as
//! speculation does. What programs met is noted ([`Note`]); whether it was allowed is for the test to say.

extern crate std;

use super::choices::Choices;
use super::data_cache::{DataCache, Held, Line, View, line_of, lines, word_in};
use super::ram::{PAGE, Ram};
use super::request::{Domain, Reach, Request};
use super::tlb::{Forgotten, Tlb};
use crate::base::arch::{CacheOperation, MAX_CORES, MemoryKind, SpaceRoot, TableEntry};
use l4k_sys::abi::Access;
use std::collections::BTreeMap;
use std::vec::Vec;

/// What a program's access came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// An exception.
    Fault,
    /// Memory of a kind, at a physical address, with this content: what was read, fetched or written.
    Memory(u64, MemoryKind, u64),
}

/// Something that a test has to judge, in the order in which it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A program on a core, whose tables these are, has accessed an address.
    Program {
        /// The core.
        core: usize,
        /// Its tables.
        root: SpaceRoot,
        /// The address.
        address: u64,
        /// What it wanted.
        access: Access,
        /// What it met.
        met: Met,
    },
    /// A device has read memory.
    DeviceRead(u64, u64),
    /// A device has written memory that no cache had written before.
    DeviceWrote(u64, u64),
    /// The kernel is about to write so many bytes from an address on.
    Kernel(u64, u64),
    /// An entry was made valid while a core still held another one for the same place (Arm ARM, R_WHZWS: break before
    /// make).
    NotBroken(usize, u64),
}

/// What a core keeps to itself.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its look-aside buffer.
    pub tlb: Tlb,
    /// Words that it has fetched as instructions.
    pub fetched: BTreeMap<u64, u64>,
    /// The roots that may be in force; the last one was written last.
    pub roots: Vec<SpaceRoot>,
}

/// Maintenance that was asked for, and has not taken effect: on which core, of which core's request.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    by: usize,
    on: usize,
    what: Maintenance,
}

#[derive(Clone, Copy, Debug)]
enum Maintenance {
    Forget(Forgotten),
    ForgetInstructions,
    Lines(u64, u64, CacheOperation),
}

/// What was stored for walkers to see, and is not published: by which core, and what stood there before.
#[derive(Clone, Debug, Default)]
pub struct Unpublished {
    words: BTreeMap<u64, (usize, Vec<u64>)>,
    pages: BTreeMap<u64, (usize, Vec<u8>)>,
}

/// The ledger.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// What is open is chosen from here.
    pub choices: Choices,
    /// Whether everything is used between the kernel's requests.
    pub uses: Uses,
    /// Addresses that programs use.
    pub watched: Vec<u64>,
    /// The device writes nothing: a test looks for lines that programs have left behind.
    pub is_device_quiet: bool,
    /// Pages of frames, which programs may write and devices reach.
    pub frames: Vec<u64>,
    /// What happened since somebody looked.
    pub notes: Vec<Note>,
    /// What cores keep to themselves.
    pub sides: [Side; MAX_CORES],
    /// What caches keep.
    pub data: DataCache,
    pub(super) written: u64,
    unpublished: Unpublished,
    waiting: Vec<Waiting>,
    /// Lines that were written back, and that devices may still see as they were: which cores have asked for it, and
    /// the older content.
    unobserved: BTreeMap<u64, (CoreSet, Line)>,
}

/// A set of cores, a bit for each.
type CoreSet = u32;

/// Whether everything is used between the kernel's requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uses {
    /// It is.
    Always,
    /// Only what tests ask for is.
    OnDemand,
}

impl Ledger {
    /// Nothing is held.
    #[must_use]
    pub fn new() -> Ledger {
        let side = || Side { tlb: Tlb::EMPTY, fetched: BTreeMap::new(), roots: std::vec![SpaceRoot::NOTHING] };
        Ledger {
            choices: Choices::of_seed(1),
            uses: Uses::OnDemand,
            watched: Vec::new(),
            frames: Vec::new(),
            notes: Vec::new(),
            sides: core::array::from_fn(|_| side()),
            data: DataCache::EMPTY,
            is_device_quiet: false,
            written: 0,
            unpublished: Unpublished::default(),
            waiting: Vec::new(),
            unobserved: BTreeMap::new(),
        }
    }

    /// A request of the kernel on a core takes effect, as far as it has to.
    pub fn execute(&mut self, ram: &mut Ram, here: usize, request: Request) {
        match request {
            Request::Publish => self.unpublished.publish(here),
            Request::Invalidate(what, domain) => {
                for core in (0..MAX_CORES).filter(|core| domain == Domain::InnerShareable || *core == here) {
                    self.ask(ram, Waiting { by: here, on: core, what: Maintenance::Forget(what) });
                }
            }
            Request::Lines(start, bytes, operation) => {
                self.ask(ram, Waiting { by: here, on: here, what: Maintenance::Lines(start, bytes, operation) });
            }
            Request::ForgetInstructions => {
                for core in 0..MAX_CORES {
                    self.ask(ram, Waiting { by: here, on: core, what: Maintenance::ForgetInstructions });
                }
            }
            Request::Complete(reach) => self.complete(ram, here, reach),
            Request::Synchronize => self.synchronize(here),
            Request::Enter(root) => self.sides[here].roots.push(root),
            Request::Entry(place, bits) => {
                self.unpublished.note_word(here, place, ram.word(place));
                ram.set_word(place, bits);
                self.check_broken(place, bits);
            }
        }
    }

    /// Maintenance takes effect at once or later.
    fn ask(&mut self, ram: &mut Ram, waiting: Waiting) {
        if self.choices.one_in(2) { self.take_effect(ram, waiting) } else { self.waiting.push(waiting) }
    }

    fn complete(&mut self, ram: &mut Ram, here: usize, reach: Reach) {
        self.unpublished.publish(here);
        let (done, open): (Vec<_>, Vec<_>) = self.waiting.iter().partition(|waiting| waiting.by == here);
        self.waiting = open;
        done.into_iter().for_each(|waiting| self.take_effect(ram, waiting));
        if reach == Reach::System {
            self.unobserved.retain(|_, (cores, _)| *cores & 1 << here == 0);
        }
    }

    fn take_effect(&mut self, ram: &mut Ram, Waiting { by, on, what }: Waiting) {
        match what {
            Maintenance::Forget(what) => self.sides[on].tlb.forget(what),
            Maintenance::ForgetInstructions => self.sides[on].fetched.clear(),
            Maintenance::Lines(start, bytes, operation) => {
                if operation != CacheOperation::CleanToUnification {
                    self.note_unobserved(by, start, bytes);
                }
                self.data.maintain(ram, start, bytes, operation);
            }
        }
    }

    /// Lines are about to be written back for a core.
    fn note_unobserved(&mut self, by: usize, start: u64, bytes: u64) {
        for line in lines(start, bytes) {
            // Somebody else's line that is still on its way is this core's as well.
            if let Some((cores, _)) = self.unobserved.get_mut(&line) {
                *cores |= 1 << by;
            } else if let Some(before) = self.data.memory_under_dirty(line) {
                self.unobserved.insert(line, (1 << by, before));
            }
        }
    }

    /// What a device reads.
    pub(super) fn seen_by_device(&mut self, ram: &Ram, place: u64) -> u64 {
        let before = self.unobserved.get(&line_of(place)).map(|(_, line)| word_in(line, place));
        match before {
            Some(before) if self.choices.one_in(2) => before,
            Some(_) | None => self.data.word(ram, View::Memory, place),
        }
    }

    /// Memory is written past the caches: from there on the line is as it stands in memory.
    pub(super) fn write_memory(&mut self, ram: &mut Ram, place: u64, value: u64, held: Held) {
        self.unobserved.remove(&line_of(place));
        self.data.write_memory(ram, place, value, held);
    }

    /// A context synchronization event on a core: the root that was written last is in force.
    pub fn synchronize(&mut self, core: usize) {
        let roots = &mut self.sides[core].roots;
        roots.drain(..roots.len() - 1);
    }

    /// The kernel is about to write memory that is no object.
    pub fn will_write(&mut self, ram: &Ram, here: usize, start: u64, bytes: u64) {
        self.data.will_write(ram, start, bytes);
        self.notes.push(Note::Kernel(start, bytes));
        if bytes == PAGE as u64 {
            self.unpublished.note_page(ram, here, start);
        }
    }

    /// What a walk may find at a place: what stands there, or what stood there before it was published.
    pub(super) fn seen(&mut self, ram: &Ram, place: u64) -> u64 {
        if !ram.contains(place, 8) {
            return 0;
        }
        let before = self.unpublished.before(place);
        match self.choices.below(before.len() + 1) {
            0 => ram.word(place),
            chosen => before[chosen - 1],
        }
    }

    /// A leaf must not be made while a core holds another one for the same place, of another memory or another kind.
    fn check_broken(&mut self, place: u64, bits: u64) {
        for (core, side) in self.sides.iter().enumerate() {
            for held in side.tlb.held().iter().filter(|held| held.place == place) {
                let now = super::super::table_format::decode(bits, held.level);
                if now != TableEntry::Empty && !differ_in_rights_only(now, held.content) {
                    self.notes.push(Note::NotBroken(core, held.start));
                }
            }
        }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

fn differ_in_rights_only(one: TableEntry, other: TableEntry) -> bool {
    match (one, other) {
        (
            TableEntry::Leaf { address, memory, .. },
            TableEntry::Leaf { address: other_address, memory: other_memory, .. },
        ) => (address, memory) == (other_address, other_memory),
        _ => one == other,
    }
}

impl Unpublished {
    fn publish(&mut self, by: usize) {
        self.words.retain(|_, (core, _)| *core != by);
        self.pages.retain(|_, (core, _)| *core != by);
    }

    fn note_word(&mut self, by: usize, place: u64, before: u64) {
        let (core, words) = self.words.entry(place).or_default();
        *core = by;
        words.push(before);
    }

    fn note_page(&mut self, ram: &Ram, by: usize, start: u64) {
        let mut before = std::vec![0; PAGE];
        ram.read(start, &mut before);
        self.pages.entry(start).or_insert((by, before));
    }

    /// What stood at a place before.
    fn before(&self, place: u64) -> Vec<u64> {
        let mut words = self.words.get(&place).map(|(_, words)| words.clone()).unwrap_or_default();
        let offset = place as usize % PAGE;
        if let Some((_, page)) = self.pages.get(&(place - offset as u64)) {
            words.push(u64::from_le_bytes(core::array::from_fn(|index| page[offset + index])));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::super::ram::RAM_START;
    use super::super::tlb::Levels;
    use super::*;
    use crate::base::address::{Asid, PhysicalAddress};
    use crate::base::arch::Level;
    use crate::machine::table_format;
    use l4k_sys::abi::Rights;
    use std::collections::BTreeSet;

    const PAGE_ADDRESS: u64 = 0x4000_0000;
    const TABLES: [u64; 4] = [RAM_START, RAM_START + 0x1000, RAM_START + 0x2000, RAM_START + 0x3000];

    fn root() -> SpaceRoot {
        SpaceRoot::of(PhysicalAddress::truncated(TABLES[0]), Asid::new(5).expect("not zero"))
    }

    fn place(level: Level) -> u64 {
        TABLES[level as usize] + level.index(PAGE_ADDRESS) * 8
    }

    fn leaf(page: u64) -> u64 {
        let address = PhysicalAddress::truncated(RAM_START + page * 0x1000);
        let entry = TableEntry::Leaf { address, rights: Rights::READ, memory: MemoryKind::Normal };
        table_format::encode(entry, Level::Three)
    }

    /// Tables that lead to a leaf, published.
    fn mapped(seed: u64) -> (Ram, Ledger) {
        let (mut ram, mut ledger) = (Ram::new(1 << 21), Ledger::new());
        ledger.choices = Choices::of_seed(seed);
        for (level, below) in [(Level::Zero, TABLES[1]), (Level::One, TABLES[2]), (Level::Two, TABLES[3])] {
            let table = TableEntry::Table(PhysicalAddress::truncated(below));
            let entry = Request::Entry(place(level), table_format::encode(table, level));
            ledger.execute(&mut ram, 0, entry);
        }
        ledger.execute(&mut ram, 0, Request::Entry(place(Level::Three), leaf(8)));
        ledger.execute(&mut ram, 0, Request::Publish);
        (ram, ledger)
    }

    fn page(ram: &Ram, ledger: &mut Ledger, core: usize) -> Option<u64> {
        ledger.translate(ram, core, root(), PAGE_ADDRESS).map(|(physical, ..)| (physical - RAM_START) / 0x1000)
    }

    /// What a core may find, over many choices.
    fn found(prepare: impl Fn(&mut Ram, &mut Ledger)) -> BTreeSet<Option<u64>> {
        let of_seed = |seed| {
            let (mut ram, mut ledger) = mapped(seed);
            prepare(&mut ram, &mut ledger);
            page(&ram, &mut ledger, 1)
        };
        (1..=64).map(of_seed).collect()
    }

    const FORGET: Request = Request::Invalidate(Forgotten::Page(5, PAGE_ADDRESS, Levels::All), Domain::InnerShareable);

    #[test]
    fn an_entry_is_seen_by_every_walk_once_its_core_has_published_it() {
        let write = |ram: &mut Ram, ledger: &mut Ledger, by: usize| {
            ledger.execute(ram, 0, Request::Entry(place(Level::Three), leaf(9)));
            ledger.execute(ram, by, Request::Publish);
        };
        assert_eq!(found(|ram, ledger| write(ram, ledger, 0)), BTreeSet::from([Some(9)]));
        assert_eq!(found(|ram, ledger| write(ram, ledger, 2)), BTreeSet::from([Some(8), Some(9)]));
    }

    #[test]
    fn a_translation_stays_until_the_invalidation_is_complete() {
        let change = |ram: &mut Ram, ledger: &mut Ledger, requests: &[Request]| {
            assert_eq!(page(ram, ledger, 1), Some(8));
            ledger.execute(ram, 0, Request::Entry(place(Level::Three), 0));
            requests.iter().for_each(|request| ledger.execute(ram, 0, *request));
        };
        let of = |requests: &[Request]| found(|ram, ledger| change(ram, ledger, requests));
        assert_eq!(of(&[Request::Publish]), BTreeSet::from([Some(8)]));
        assert_eq!(of(&[Request::Publish, FORGET]), BTreeSet::from([None, Some(8)]));
        assert_eq!(of(&[Request::Publish, FORGET, Request::Complete(Reach::Cores)]), BTreeSet::from([None]));
    }

    #[test]
    fn a_root_is_left_at_a_synchronization_event() {
        let (mut ram, mut ledger) = mapped(1);
        ledger.execute(&mut ram, 1, Request::Enter(root()));
        ledger.execute(&mut ram, 1, Request::Enter(SpaceRoot::NOTHING));
        assert!(ledger.sides[1].roots.contains(&root()));
        ledger.execute(&mut ram, 1, Request::Synchronize);
        assert_eq!(ledger.sides[1].roots, [SpaceRoot::NOTHING]);
    }
}
