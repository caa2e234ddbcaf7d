//! What may be read, where: the history of the words that stand for the content of frames. Calls nobody.
//!
//! Whatever is read of a frame was written there since its memory was cleared: anything else is somebody else's secret, or code that is gone.
//! How old it may be depends on the way by which it is read and on what was promised: what is written through the caches is seen through
//! the caches at once; what is maintained, or mapped uncached or executable, is seen past the caches, or by fetches, as it was when the call
//! was made.

use l4k::base::arch::MemoryKind;
use l4k_sys::abi::Access;
use std::collections::BTreeMap;

/// What a call promises of a stretch of memory when it has succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Memory has what the caches had.
    Cleaned,
    /// That, and the caches have what memory had.
    CleanedAndInvalidated,
    /// The same, and fetches past the caches see it.
    CleanedAndFetched,
    /// Fetches see what the caches had.
    Published,
}

/// A place's history: contents in the order in which they were written, and the oldest of them that may still be seen in each way.
#[derive(Clone, Debug)]
struct History {
    values: Vec<u64>,
    cached: usize,
    memory: usize,
    fetched: usize,
    fetched_uncached: usize,
    /// The caches may hold what memory has not.
    is_dirty: bool,
    /// `cached` and `memory` when the call was made that promises something.
    at_call: [usize; 2],
    /// The oldest content that was fetched since then past the caches, or through them.
    mixed: [usize; 2],
}

impl History {
    fn beginning_with(value: u64) -> History {
        History {
            values: vec![value],
            cached: 0,
            memory: 0,
            fetched: 0,
            fetched_uncached: 0,
            is_dirty: false,
            at_call: [0; 2],
            mixed: [usize::MAX; 2],
        }
    }

    fn position(&self, value: u64) -> Option<usize> {
        self.values.iter().rposition(|other| *other == value)
    }

    fn write(&mut self, value: u64, memory: MemoryKind) {
        self.values.push(value);
        let last = self.values.len() - 1;
        if memory == MemoryKind::Normal {
            (self.cached, self.is_dirty) = (last, true);
        } else if !self.is_dirty {
            self.memory = last;
        }
    }

    /// Whether a content may be met; how it is wrong otherwise.
    fn read(&mut self, value: u64, access: Access, memory: MemoryKind) -> Result<(), String> {
        let Some(position) = self.position(value) else {
            return Err(format!("{value:#x} is no content of this frame"));
        };
        let oldest = match (access, memory) {
            (Access::Execute, MemoryKind::Normal) => {
                self.fetched_uncached = self.fetched_uncached.min(position);
                self.mixed[1] = self.mixed[1].min(position);
                self.fetched
            }
            (Access::Execute, _) => {
                self.fetched = self.fetched.min(position);
                self.mixed[0] = self.mixed[0].min(position);
                self.fetched_uncached
            }
            (_, MemoryKind::Normal) => self.cached,
            _ => self.memory,
        };
        if position >= oldest {
            Ok(())
        } else {
            Err(format!("{value:#x} is stale: {:#x} or later", self.values[oldest]))
        }
    }

    fn keep(&mut self, promise: Promise) {
        let [cached, memory] = self.at_call;
        let [normal, uncached] = self.mixed;
        match promise {
            Promise::Published => self.fetched = self.fetched.max(cached.min(normal)),
            Promise::Cleaned | Promise::CleanedAndInvalidated | Promise::CleanedAndFetched => {
                self.memory = self.memory.max(cached);
                self.is_dirty &= self.cached > cached;
            }
        }
        if matches!(promise, Promise::CleanedAndInvalidated | Promise::CleanedAndFetched) {
            self.cached = self.cached.max(memory);
        }
        if promise == Promise::CleanedAndFetched {
            self.fetched_uncached = self.fetched_uncached.max(cached.max(memory).min(uncached));
        }
    }
}

/// The histories of all places that were used.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    places: BTreeMap<u64, History>,
}

impl Contents {
    fn at(&mut self, place: u64) -> &mut History {
        // RAM is zero at first.
        self.places.entry(place).or_insert_with(|| History::beginning_with(0))
    }

    /// The kernel has written these bytes; what a place has now.
    pub fn kernel_wrote(&mut self, start: u64, bytes: u64, now: impl Fn(u64) -> u64) {
        for (place, history) in self.places.range_mut(start..start + bytes) {
            *history = History::beginning_with(now(*place));
        }
    }

    /// Somebody has written a place.
    pub fn written(&mut self, place: u64, value: u64, memory: MemoryKind) {
        self.at(place).write(value, memory);
    }

    /// Somebody has read a place, or fetched from it.
    ///
    /// # Errors
    /// How what it met is wrong.
    pub fn read(&mut self, place: u64, value: u64, access: Access, memory: MemoryKind) -> Result<(), String> {
        self.at(place).read(value, access, memory)
    }

    /// A call is made that may promise something of these bytes.
    pub fn begin(&mut self, start: u64, bytes: u64) {
        for history in self.places.range_mut(start..start + bytes).map(|(_, history)| history) {
            history.at_call = [history.cached, history.memory];
            history.mixed = [usize::MAX; 2];
        }
    }

    /// It has promised it.
    pub fn keep(&mut self, start: u64, bytes: u64, promise: Promise) {
        self.places.range_mut(start..start + bytes).for_each(|(_, history)| history.keep(promise));
    }
}
