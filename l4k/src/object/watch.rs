//! What a kernel with the feature `debug` remembers, so that it can tell why nothing runs: all threads, and who received
//! last at an endpoint. `no_watch.rs` stands in its place without the feature, and is empty. May call nothing but the
//! types of floor 0.

use super::thread::Thread;
use crate::base::arch::CoreNumber;
use crate::base::store::Ref;
use crate::base::time::{Instant, Ticks};

/// Threads that the list has room for.
const PLACES: usize = 256;

/// Reports on cycles that are printed in a second. A program that calls into a cycle again and again must not flood the
/// console.
const CYCLES_PER_SECOND: u32 = 4;

/// Which thread: a number that no other thread ever has, and the place in the list where it stands. Zero bytes are no
/// thread. It is no reference, since the thread may be gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadMark {
    number: u32,
    place: u16,
}

impl ThreadMark {
    /// Whether there is no thread.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.number == 0
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    thread: Option<Ref<Thread>>,
    /// The thread's number; of a free place the number of the one that was there.
    number: u32,
    /// The next free place, if this one is free again.
    next_free: u16,
}

/// All threads, as far as there is room for them. To enter and to leave takes the same time however many there are: a
/// call can make many threads.
#[derive(Debug)]
pub struct ThreadList {
    entries: [Entry; PLACES],
    latest: u32,
    /// The place that became free last; `PLACES` if there is none.
    free: u16,
    /// Places from here on were never used.
    unused: u16,
    /// Threads that there was no room for.
    pub unlisted: u32,
}

impl ThreadList {
    const EMPTY: ThreadList = ThreadList {
        entries: [Entry { thread: None, number: 0, next_free: PLACES as u16 }; PLACES],
        latest: 0,
        free: PLACES as u16,
        unused: 0,
        unlisted: 0,
    };

    /// A new thread. The mark is kept in the thread, and given back when it ends.
    pub fn enter(&mut self, thread: Ref<Thread>) -> ThreadMark {
        self.latest = self.latest.wrapping_add(1).max(1);
        let number = self.latest;
        let is_free_again = usize::from(self.free) < PLACES;
        let place = if is_free_again { self.free } else { self.unused };
        match self.entries.get_mut(usize::from(place)) {
            Some(entry) => {
                if is_free_again {
                    self.free = entry.next_free;
                } else {
                    self.unused += 1;
                }
                *entry = Entry { thread: Some(thread), number, next_free: PLACES as u16 };
            }
            None => self.unlisted += 1,
        }
        ThreadMark { number, place }
    }

    /// A thread ends.
    pub fn leave(&mut self, mark: ThreadMark) {
        match self.entries.get_mut(usize::from(mark.place)) {
            Some(entry) if entry.number == mark.number && entry.thread.is_some() => {
                (entry.thread, entry.next_free) = (None, self.free);
                self.free = mark.place;
            }
            Some(_) => (),
            None => self.unlisted = self.unlisted.saturating_sub(1),
        }
    }

    /// The thread with a mark, if it still lives and is in the list.
    #[must_use]
    pub fn find(&self, mark: ThreadMark) -> Option<Ref<Thread>> {
        let entry = self.entries.get(usize::from(mark.place))?;
        entry.thread.filter(|_| entry.number == mark.number)
    }

    /// The first thread at a place or behind it, and the place after that thread.
    #[must_use]
    pub fn next(&self, place: u16) -> Option<(Ref<Thread>, u16)> {
        (place..PLACES as u16).find_map(|place| Some((self.entries.get(usize::from(place))?.thread?, place + 1)))
    }
}

/// What was told about a silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nothing yet.
    Nothing,
    /// That only interrupts are left.
    OnlyInterrupts,
    /// That nothing can ever run.
    End,
}

/// A time in which all cores are idle.
#[derive(Debug)]
pub struct Silence {
    /// What was told.
    pub told: Told,
    /// The place of the list from which on it is still to be printed.
    pub unprinted: Option<u16>,
    /// When it has lasted so long that it is told, and the core that looks then.
    pub deadline: Option<(CoreNumber, Instant)>,
}

/// How many reports were printed in the current second.
#[derive(Debug)]
pub struct Rate {
    since: Instant,
    printed: u32,
    most: u32,
}

impl Rate {
    /// So many are printed in a second at most.
    #[must_use]
    pub const fn new(most: u32) -> Rate {
        Rate { since: Instant(0), printed: 0, most }
    }

    /// Whether one more may be printed. If so, it counts.
    pub fn admits(&mut self, now: Instant, second: Ticks) -> bool {
        if self.is_over(now, second) {
            (self.since, self.printed) = (now, 0);
        }
        let admitted = self.printed < self.most;
        self.printed += u32::from(admitted);
        admitted
    }

    /// Whether the second is over that began with the first of them.
    #[must_use]
    pub fn is_over(&self, now: Instant, second: Ticks) -> bool {
        now.since(self.since) >= second
    }
}

/// All of it.
#[derive(Debug)]
pub struct Watch {
    /// All threads.
    pub threads: ThreadList,
    /// Whether all cores are idle, and what was told about it.
    pub silence: Silence,
    /// Reports on cycles.
    pub cycles: Rate,
}

impl Watch {
    /// Nothing has happened yet.
    pub const NEW: Watch = Watch {
        threads: ThreadList::EMPTY,
        silence: Silence { told: Told::Nothing, unprinted: None, deadline: None },
        cycles: Rate::new(CYCLES_PER_SECOND),
    };
}
