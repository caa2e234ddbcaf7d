//! Walks and accesses of cores: what meets what the ledger keeps. Calls `data_cache`, `ledger`, `ram`, `tlb`.

use super::Whereabouts;
use super::data_cache::{Held, View};
use super::ledger::{Ledger, Met, Note};
use super::ram::{PAGE, Ram};
use super::tlb::Translation;
use crate::base::arch::{Level, MAX_CORES, MemoryKind, SpaceRoot, TableEntry};
use crate::machine::table_format;
use l4k_sys::abi::{Access, Rights};

/// Levels of a walk.
const LEVELS: [Level; 4] = [Level::Zero, Level::One, Level::Two, Level::Three];

/// One in so many times that everything is used, something is evicted.
const EVICTIONS: usize = 16;

/// Addresses of the words that stand for a page's content: in the last line, and in two lines that differ from page to page. None is in a line
/// with a message or its capabilities, which the kernel writes.
#[must_use]
pub const fn samples(frame: u64) -> [u64; 3] {
    let page = frame & !(PAGE as u64 - 1);
    [page + 64 * (16 + (page >> 12) * 5 % 8), page + 64 * (24 + (page >> 12) * 7 % 39), page + 64 * 63]
}

impl Ledger {
    /// Programs on cores other than the one in the kernel access pages; devices do; cores that run none walk what they may still have.
    pub fn use_everything(&mut self, ram: &mut Ram, whereabouts: [Option<Whereabouts>; MAX_CORES]) {
        for (core, whereabouts) in whereabouts.into_iter().enumerate() {
            let roots = &self.sides[core].roots;
            if roots.iter().all(|root| *root == SpaceRoot::NOTHING) {
                continue;
            }
            let (Some(address), Some(root)) = (self.choices.of(&self.watched), self.choices.of(roots)) else {
                continue;
            };
            match whereabouts {
                Some(Whereabouts::Program) => {
                    let access = self.choices.of(&[Access::Read, Access::Read, Access::Write, Access::Execute]);
                    self.access(ram, core, root, address, access.unwrap_or(Access::Read));
                    // Fetches run ahead.
                    let ahead = self.choices.of(&self.watched).unwrap_or(address);
                    self.access(ram, core, root, ahead, Access::Execute);
                }
                Some(Whereabouts::Entered(_)) | None => _ = self.translate(ram, core, root, address),
            }
            if self.choices.one_in(EVICTIONS) {
                self.sides[core].tlb.evict(&mut self.choices);
                self.sides[core].fetched.pop_first();
            }
        }
        self.use_memory(ram);
    }

    /// A device reads or writes a frame; a cache evicts a line of it.
    fn use_memory(&mut self, ram: &mut Ram) {
        let Some(frame) = self.choices.of(&self.frames) else { return };
        let Some(place) = self.choices.of(&samples(frame)) else { return };
        match self.choices.below(8) {
            0 => self.data.evict(ram, place),
            1 if !self.is_device_quiet && !self.data.is_dirty(place) => {
                let held = self.choose_held();
                let value = self.next_value();
                self.write_memory(ram, place, value, held);
                self.notes.push(Note::DeviceWrote(place, value));
            }
            _ => {
                let value = self.seen_by_device(ram, place);
                self.notes.push(Note::DeviceRead(place, value));
            }
        }
    }

    /// Whether a cache holds a line by chance, since the kernel's linear map is cacheable.
    fn choose_held(&mut self) -> Held {
        if self.choices.one_in(2) { Held::Yes } else { Held::No }
    }

    /// A content that was never written before.
    fn next_value(&mut self) -> u64 {
        self.written += 1;
        0xc0de_0000_0000_0000 | self.written
    }

    /// A program accesses an address. What it met is noted.
    pub fn access(&mut self, ram: &mut Ram, core: usize, root: SpaceRoot, address: u64, access: Access) -> Met {
        let met = match self.translate(ram, core, root, address) {
            Some((page, rights, memory)) if allows(rights, access) => {
                let physical = self.choices.of(&samples(page)).unwrap_or(page);
                let content = self.use_content(ram, core, physical, memory, access);
                Met::Memory(physical, memory, content)
            }
            _ => Met::Fault,
        };
        self.notes.push(Note::Program { core, root, address, access, met });
        met
    }

    fn use_content(&mut self, ram: &mut Ram, core: usize, physical: u64, memory: MemoryKind, access: Access) -> u64 {
        // A stale translation may lead to an object of the kernel, which is a Rust value here: nothing is written there.
        let is_frame = self.frames.contains(&(physical & !(PAGE as u64 - 1)));
        if !ram.contains(physical, 8) || access == Access::Write && !is_frame {
            return 0;
        }
        let view = if memory == MemoryKind::Normal { View::Cached } else { View::Memory };
        match access {
            Access::Write => {
                let value = self.next_value();
                if view == View::Cached {
                    self.data.will_write(ram, physical, 8);
                    ram.set_word(physical, value);
                } else {
                    let held = self.choose_held();
                    self.write_memory(ram, physical, value, held);
                }
                value
            }
            Access::Execute => {
                let view = if view == View::Cached { View::Unified } else { View::Memory };
                let beneath = self.data.word(ram, view, physical);
                *self.sides[core].fetched.entry(physical).or_insert(beneath)
            }
            _ => self.data.word(ram, view, physical),
        }
    }

    /// What an address is for a core: physical address, rights and kind of memory. The look-aside buffer answers first; otherwise the tables
    /// are walked, from the top or from what is remembered of the way, and what is found is remembered.
    pub fn translate(
        &mut self,
        ram: &Ram,
        core: usize,
        root: SpaceRoot,
        address: u64,
    ) -> Option<(u64, Rights, MemoryKind)> {
        let (top, asid) = root.tables()?;
        let asid = asid.value();
        if let Some(held) = self.sides[core].tlb.leaf(asid, address) {
            return reached(&held, address);
        }
        let mut table = top.value();
        for level in LEVELS {
            let held = self.sides[core].tlb.at_level(asid, address, level).filter(|_| self.choices.one_in(2));
            let found = match held {
                Some(held) => held,
                None => self.read_entry(ram, core, asid, table, address, level)?,
            };
            match found.content {
                TableEntry::Table(below) => table = below.value(),
                TableEntry::Leaf { .. } | TableEntry::Empty => return reached(&found, address),
            }
        }
        None
    }

    /// A walk reads an entry, which is remembered unless it faults.
    fn read_entry(
        &mut self,
        ram: &Ram,
        core: usize,
        asid: u16,
        table: u64,
        address: u64,
        level: Level,
    ) -> Option<Translation> {
        let place = table + level.index(address) * 8;
        let content = table_format::decode(self.seen(ram, place), level);
        if content == TableEntry::Empty {
            return None;
        }
        let start = address & !(Translation::bytes(level) - 1);
        let found = Translation { asid, start, level, place, content };
        self.sides[core].tlb.fill(found);
        Some(found)
    }
}

fn reached(held: &Translation, address: u64) -> Option<(u64, Rights, MemoryKind)> {
    match held.content {
        TableEntry::Leaf { address: frame, rights, memory } => {
            Some((frame.value() + (address & (Translation::bytes(held.level) - 1)), rights, memory))
        }
        _ => None,
    }
}

/// Whether rights are enough for an access.
#[must_use]
pub const fn allows(rights: Rights, access: Access) -> bool {
    match access {
        Access::Write => rights.contains(Rights::WRITE),
        Access::Execute => rights.contains(Rights::EXECUTE),
        _ => rights.contains(Rights::READ),
    }
}
