//! Judges what programs, devices and caches met while the kernel worked and between. Calls `contents`, `snapshot`.
//!
//! While an entry into the kernel lasts, an access may meet what the tables said before or what they say after; afterwards only the latter. An
//! access that is allowed before and after must not fault on the way, unless the memory type changes, which needs a break.
//! After it, no look-aside buffer holds anything else than the tables say. Of a space that is gone it holds nothing either, except on cores that
//! ran in it and were stopped: until their turn they may walk its tables, and its identifier is forgotten again before it is used.

use super::contents::{Contents, Promise};
use super::snapshot::{Leaf, Snapshot};
use l4k::base::arch::{CoreNumber, MemoryKind, TableEntry};
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::machine::simulated::accesses::allows;
use l4k::machine::simulated::choices::Choices;
use l4k::machine::simulated::ledger::{Ledger, Met, Note, Uses};
use l4k::machine::simulated::tlb::Translation;
use l4k::machine::table_format;
use l4k::object::cnode::CNode;
use l4k::object::frame::Frame;
use l4k::object::thread::Thread;
use l4k::operation::system::System;
use l4k_sys::abi::{Access, Maintenance, MapAttributes, Rights, SystemCall};
use std::collections::{BTreeMap, BTreeSet};

/// How often everything is used between two entries.
const USES: usize = 4;

/// How much more often an address is used that is mapped.
const MAPPED: usize = 3;

/// A stretch of memory that a call promises something of.
#[derive(Clone, Copy, Debug)]
pub struct Promised {
    start: u64,
    bytes: u64,
    promise: Promise,
}

/// The judge.
#[derive(Clone, Debug)]
pub struct Judge {
    table: Ref<CNode>,
    watched: Vec<u64>,
    before: Snapshot,
    contents: Contents,
    /// Cores that were stopped in a space that is gone, by its identifier.
    stopped: BTreeMap<u16, BTreeSet<usize>>,
}

impl Judge {
    /// Watches these addresses from now on, with choices of a seed.
    #[must_use]
    pub fn new(system: &mut System<Simulated>, table: Ref<CNode>, watched: &[u64], seed: u64) -> Judge {
        let watched = watched.to_vec();
        let before = Snapshot::take(system, table, &watched);
        let ledger = system.store.machine.ledger.get_mut();
        ledger.choices = Choices::of_seed(seed);
        ledger.uses = Uses::Always;
        ledger.notes.clear();
        let judge = Judge { table, watched, before, contents: Contents::default(), stopped: BTreeMap::new() };
        judge.show(ledger);
        judge
    }

    /// What is used from now on: addresses that are mapped, and the others less often.
    fn show(&self, ledger: &mut Ledger) {
        ledger.watched.clone_from(&self.watched);
        for space in self.before.spaces.values() {
            for address in space.keys() {
                ledger.watched.extend([*address; MAPPED]);
            }
        }
        ledger.frames.clone_from(&self.before.frames);
    }

    /// An entry into the kernel is over.
    ///
    /// # Errors
    /// What somebody met that must not be.
    pub fn after_entry(&mut self, system: &mut System<Simulated>) -> Result<(), String> {
        let after = Snapshot::take(system, self.table, &self.watched);
        self.note_stopped(system, &after);
        let before = std::mem::replace(&mut self.before, after);
        let verdict = self.judge(system, &before);
        self.show(system.store.machine.ledger.get_mut());
        verdict?;
        self.check_held(system)
    }

    /// Everything is used now, while no core is in the kernel.
    ///
    /// # Errors
    /// As for [`after_entry`](Self::after_entry).
    pub fn between(&mut self, system: &mut System<Simulated>) -> Result<(), String> {
        for _ in 0..USES {
            system.store.machine.use_everything();
        }
        let now = self.before.clone();
        self.judge(system, &now)
    }

    fn note_stopped(&mut self, system: &System<Simulated>, after: &Snapshot) {
        let machine = &system.store.machine;
        for root in self.before.spaces.keys().filter(|root| !after.spaces.contains_key(root)) {
            // The kernel has stopped those that have it loaded still.
            let has_it = |core: &u8| system.core(CoreNumber(*core)).loaded.bits() == *root;
            let others = (0..system.core_count).filter(|core| usize::from(*core) != machine.here);
            let cores = others.filter(has_it).map(usize::from).collect();
            self.stopped.insert((root >> 48) as u16, cores);
        }
        let identifiers: BTreeSet<u16> = after.spaces.keys().map(|root| (root >> 48) as u16).collect();
        self.stopped.retain(|asid, _| !identifiers.contains(asid));
    }

    fn judge(&mut self, system: &mut System<Simulated>, before: &Snapshot) -> Result<(), String> {
        let machine = &mut system.store.machine;
        let notes = std::mem::take(&mut machine.ledger.get_mut().notes);
        for note in notes {
            match note {
                Note::Program { core, root, address, access, met } => {
                    let (old, new) = (before.leaf(root, address), self.before.leaf(root, address));
                    check_translation(old, new, access, met)
                        .and_then(|()| self.use_content(access, met))
                        .map_err(|what| format!("core {core}, {access:?} at {address:#x} of {root:x?}: {what}"))?;
                }
                Note::DeviceRead(place, value) => {
                    let read = self.contents.read(place, value, Access::Read, MemoryKind::Device);
                    read.map_err(|what| format!("a device at {place:#x}: {what}"))?;
                }
                Note::DeviceWrote(place, value) => self.contents.written(place, value, MemoryKind::Device),
                Note::Kernel(start, bytes) => self.contents.kernel_wrote(start, bytes, |place| machine.word(place)),
                Note::NotBroken(core, address) => {
                    return Err(format!("{address:#x} is made anew while core {core} holds what it was"));
                }
            }
        }
        Ok(())
    }

    fn use_content(&mut self, access: Access, met: Met) -> Result<(), String> {
        match (access, met) {
            (_, Met::Memory(_, MemoryKind::Device, _) | Met::Fault) => Ok(()),
            (Access::Write, Met::Memory(_, _, 0)) => Ok(()),
            (Access::Write, Met::Memory(place, memory, value)) => {
                self.contents.written(place, value, memory);
                Ok(())
            }
            (_, Met::Memory(place, memory, value)) => self.contents.read(place, value, access, memory),
        }
    }

    /// What look-aside buffers hold is what the tables say.
    fn check_held(&self, system: &System<Simulated>) -> Result<(), String> {
        let ledger = system.store.machine.ledger.borrow();
        for (core, side) in ledger.sides.iter().enumerate() {
            for held in side.tlb.held() {
                let is_stopped = self.stopped.get(&held.asid).is_some_and(|cores| cores.contains(&core));
                match self.before.space_with(held.asid) {
                    None if is_stopped => (),
                    None => return Err(format!("core {core} holds {held:x?} of a space that is gone")),
                    Some(_) if !held.is_leaf() => {
                        let now = table_format::decode(system.store.machine.word(held.place), held.level);
                        if now != held.content {
                            return Err(format!("core {core} holds {held:x?}, which is stale"));
                        }
                    }
                    Some(space) => {
                        for address in self.watched.iter().filter(|address| held.covers(held.asid, **address)) {
                            if space.get(address) != Some(&leaf_of(held, *address)) {
                                return Err(format!("core {core} holds {held:x?} of {address:#x}, which is stale"));
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// A system call is made: what it promises if it succeeds.
    #[must_use]
    pub fn begin(
        &mut self,
        system: &System<Simulated>,
        call: SystemCall,
        x: &[u64],
        caller: Caller,
    ) -> Option<Promised> {
        let slot = system.look_up(caller, *x.first()?).ok()?;
        let frame = system.frame_in(slot).ok()?;
        let (start, bytes) = (frame.address.value(), frame.size.bytes());
        let promised = match call {
            SystemCall::FrameMap => Promised { start, bytes, promise: of_mapping(x[3], x[4])? },
            SystemCall::FrameProtect => {
                let becomes_cached = || self.is_uncached(system, &frame).then_some(Promise::CleanedAndInvalidated);
                Promised { start, bytes, promise: of_mapping(x[1], x[2]).or_else(becomes_cached)? }
            }
            SystemCall::FrameMaintain => {
                let promise = match Maintenance::from_number(x[1])? {
                    Maintenance::Clean => Promise::Cleaned,
                    Maintenance::CleanAndInvalidate => Promise::CleanedAndInvalidated,
                    Maintenance::PublishCode => Promise::Published,
                };
                let end = start + x[2].checked_add(x[3]).filter(|end| *end <= bytes)?;
                let first = (start + x[2]) & !63;
                Promised { start: first, bytes: end - first, promise }
            }
            _ => return None,
        };
        self.contents.begin(promised.start, promised.bytes);
        Some(promised)
    }

    /// Whether a frame is mapped, and that uncached.
    fn is_uncached(&self, system: &System<Simulated>, frame: &Frame) -> bool {
        let leaf = || {
            let mapping = frame.mapping?;
            let root = system.root_of_space(system.space_with(mapping.space)?);
            self.before.leaf(root, mapping.page.value())
        };
        leaf().is_some_and(|leaf| leaf.memory == MemoryKind::Uncached)
    }

    /// The call has succeeded.
    pub fn keep(&mut self, Promised { start, bytes, promise }: Promised) {
        self.contents.keep(start, bytes, promise);
    }
}

/// The thread that makes a call.
type Caller = Ref<Thread>;

fn of_mapping(rights: u64, attributes: u64) -> Option<Promise> {
    let is_uncached = attributes & MapAttributes::UNCACHED.bits() != 0;
    match (is_uncached, rights & Rights::EXECUTE.bits() != 0) {
        (true, false) => Some(Promise::CleanedAndInvalidated),
        (true, true) => Some(Promise::CleanedAndFetched),
        (false, true) => Some(Promise::Published),
        (false, false) => None,
    }
}

fn leaf_of(held: &Translation, address: u64) -> Leaf {
    let TableEntry::Leaf { address: frame, rights, memory } = held.content else {
        unreachable!("only leaves are asked for")
    };
    Leaf { page: frame.value() + ((address - held.start) & !0xfff), rights, memory }
}

/// Whether what an access met is what the tables said before or say after.
fn check_translation(before: Option<Leaf>, after: Option<Leaf>, access: Access, met: Met) -> Result<(), String> {
    let allowed = |leaf: Option<Leaf>| leaf.filter(|leaf| allows(leaf.rights, access));
    match met {
        Met::Fault => match (allowed(before), allowed(after)) {
            (Some(before), Some(after)) if before.memory == after.memory => {
                Err(format!("a fault, though {after:x?} is there all the time"))
            }
            _ => Ok(()),
        },
        Met::Memory(place, memory, _) => {
            let is_this = |leaf: Leaf| leaf.page == place & !0xfff && leaf.memory == memory;
            if allowed(before).is_some_and(is_this) || allowed(after).is_some_and(is_this) {
                return Ok(());
            }
            Err(format!("{memory:?} memory at {place:#x}; the tables say {before:x?}, then {after:x?}"))
        }
    }
}
