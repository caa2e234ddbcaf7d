//! The abstract state of a kernel: maps and lists of plain numbers. An object is known by the physical address of its memory.
//!
//! Everything is public and has no invariant of its own: the model changes it as the documents say, and the abstraction
//! fills it in from a real kernel, so that both can be compared.

use super::scheduling::Stamp;
use l4k_sys::Error;
use l4k_sys::abi::ObjectKind;
use std::collections::{BTreeMap, BTreeSet};

/// The physical address of an object's memory; for authorities that have none, a number that tells them apart.
pub type Object = u64;

/// Where a capability can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A slot of a CNode.
    Slot(Object, u64),
    /// One of a thread's own.
    Thread(Object, Own),
    /// The notification of an Irq.
    Irq(Object),
}

/// Which of a thread's own capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Own {
    /// Its capability space.
    CNode,
    /// Its address space.
    Space,
    /// Who hears of its faults.
    Faults,
    /// Its message buffer.
    Buffer,
    /// Who hears when its budget is used up.
    Timeouts,
}

/// A capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability {
    /// Kind of the object.
    pub kind: ObjectKind,
    /// The object.
    pub object: Object,
    /// Rights, as bits.
    pub rights: u64,
    /// Badge; 0 if there is none.
    pub badge: u64,
    /// Size of what has one: untyped memory, CNodes, frames.
    pub size_bits: u64,
    /// Whether it is device memory.
    pub device: bool,
    /// Of untyped memory: bytes from its beginning that are in use.
    pub used: u64,
    /// Of a frame: the space and the address that it is mapped at.
    pub mapped: Option<(Object, u64)>,
}

/// A capability and what it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The capability.
    pub capability: Capability,
    /// What it is a child of.
    pub parent: Option<Place>,
}

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadState {
    /// Stopped by somebody, or not started.
    Suspended,
    /// Stopped by a fault that nobody handles.
    Faulted,
    /// It runs or could.
    Ready,
    /// Queued as a caller; `fault` tells that it is its fault that calls.
    Calling {
        /// Where.
        endpoint: Object,
        /// With which badge.
        badge: u64,
        /// Whether it is a fault.
        fault: bool,
    },
    /// Received, not answered.
    AwaitingReply {
        /// By which object it will be.
        reply: Object,
        /// Whether it is a fault.
        fault: bool,
    },
    /// Queued as a receiver.
    Receiving {
        /// Where.
        endpoint: Object,
        /// What it offers.
        reply: Object,
        /// Whether the answer may carry capabilities.
        grant: bool,
    },
    /// Waiting for signals.
    Waiting {
        /// Of this notification.
        notification: Object,
    },
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Where it is.
    pub state: ThreadState,
    /// Priority and the highest that it may give.
    pub priorities: [u64; 2],
    /// The context that it runs on.
    pub context: Option<Object>,
    /// The core that it ran on last.
    pub core: u64,
    /// The context that was bound to it.
    pub own_context: Option<Object>,
    /// Its bound notification.
    pub notification: Option<Object>,
    /// First slot and number of slots of its window.
    pub window: [u64; 2],
    /// x0 to x7 and x9.
    pub registers: [u64; 9],
    /// Breakpoint registers: kind, address, length.
    pub breakpoints: [[u64; 3]; 8],
    /// Whether it is stepped.
    pub stepped: bool,
    /// Whether it has FP/SIMD registers.
    pub floating_point: bool,
    /// Address of its message buffer.
    pub buffer_address: u64,
    /// A context that it runs on or has lent on, although the call that brought it is over; and the thread that it goes back to.
    pub overdue: Option<(Object, Option<Object>)>,
    /// Whether what it worked on was taken away while it waited.
    pub lost_time: bool,
    /// The message of the fault that it calls with.
    pub fault: Option<[u64; 7]>,
}

/// What a reply object is in use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Idle,
    /// A thread receives with it.
    Offered(Object),
    /// It owes an answer.
    Owed {
        /// To whom.
        caller: Object,
        /// By whom.
        server: Object,
        /// Whether it may carry capabilities.
        grant: bool,
        /// The caller's time, if it went along.
        lent: Option<Object>,
    },
}

/// A notification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// Signals that nobody took.
    pub word: u64,
    /// Who waits, in order.
    pub waiting: Vec<Object>,
    /// The bound thread.
    pub bound: Option<Object>,
    /// Time for whoever takes a signal and has none.
    pub context: Option<Object>,
}

/// A scheduling context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Nanoseconds a period; 0: no time.
    pub budget: u64,
    /// Nanoseconds.
    pub period: u64,
    /// Who runs on it.
    pub thread: Option<Object>,
    /// The thread or the notification that it was bound to.
    pub owner: Option<Object>,
    /// What timeout faults call it.
    pub badge: u64,
    /// Whose time it is.
    pub core: u64,
    /// From when on how much may be used.
    pub refills: Vec<(u64, u64)>,
    /// Time used in all.
    pub consumed: u64,
}

/// A core.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Core {
    /// Who runs.
    pub current: Option<Object>,
    /// Who could, by priority, in order.
    pub ready: BTreeMap<u64, Vec<Object>>,
    /// Who waits for time.
    pub waiting: BTreeSet<Object>,
    /// Up to when time is accounted for.
    pub charged_until: u64,
    /// What its timer is set to.
    pub deadline: Option<u64>,
    /// Whether the next fault on it may be of a mapping that another core was changing.
    pub met_break: bool,
}

/// A mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Physical address.
    pub frame: u64,
    /// Size in bits.
    pub size_bits: u64,
    /// What programs may do.
    pub rights: u64,
    /// 0 cached, 1 not cached, 2 device.
    pub memory: u64,
}

/// An address space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Lower tables in all.
    pub tables: u64,
    /// The pool that gave its identifier.
    pub pool: Option<Object>,
    /// Mappings by address. Those that were left when it lost its identifier are in no capability any more.
    pub pages: BTreeMap<u64, Page>,
}

/// An interrupt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Irq {
    /// The line that it stands for.
    pub line: Option<u64>,
    /// Whether an edge needs no acknowledgement.
    pub acknowledges_itself: bool,
    /// It fired while it was bound to nothing, or was raised while it was masked.
    pub missed: bool,
}

/// The abstract state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// All capabilities.
    pub entries: BTreeMap<Place, Entry>,
    /// Threads.
    pub threads: BTreeMap<Object, Thread>,
    /// Queues of endpoints, in the order in which they will be served.
    pub endpoints: BTreeMap<Object, Vec<Object>>,
    /// For callers of which core the thread works that was the last to receive at an endpoint; `None`: of any.
    pub clients: BTreeMap<Object, Option<u64>>,
    /// Reply objects.
    pub replies: BTreeMap<Object, Reply>,
    /// Notifications.
    pub notifications: BTreeMap<Object, Notification>,
    /// Scheduling contexts.
    pub contexts: BTreeMap<Object, Context>,
    /// Address spaces.
    pub spaces: BTreeMap<Object, Space>,
    /// Pools of identifiers.
    pub pools: BTreeSet<Object>,
    /// Interrupts.
    pub irqs: BTreeMap<Object, Irq>,
    /// Cores.
    pub cores: Vec<Core>,
    /// The clock.
    pub now: u64,
    /// The number of this step, from 1 on.
    pub step: Stamp,
    /// Of the threads that run, could or will: on what.
    pub placed: BTreeMap<Object, Object>,
    /// Program counter, stack pointer and link register that threads have, for messages of what stopped them.
    pub told: BTreeMap<Object, [u64; 3]>,
    /// When they came, in steps; who was interrupted came before the beginning.
    pub stamps: BTreeMap<Object, Stamp>,
    /// Where the lines of Irqs go, if not to the first core.
    pub routes: BTreeMap<u64, u64>,
    /// Lines that may interrupt.
    pub unmasked: BTreeSet<u64>,
    /// Lines that are pending.
    pub pending: BTreeSet<u64>,
}

/// Errors that a call may answer with: each is true of its arguments. Success is right if there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(pub BTreeSet<Error>);

impl Errors {
    /// Adds an error if it is true.
    pub fn when(&mut self, condition: bool, error: Error) {
        if condition {
            self.0.insert(error);
        }
    }

    /// Adds one.
    pub fn add(&mut self, error: Error) {
        self.0.insert(error);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a value, or notes why there is none.
    pub fn note<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }
}

impl State {
    /// The capability at a place.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<Capability> {
        self.entries.get(&place).map(|entry| entry.capability)
    }

    /// Everything that was made or copied from what is at a place.
    #[must_use]
    pub fn children(&self, place: Place) -> Vec<Place> {
        let is_child = |entry: &Entry| entry.parent == Some(place);
        self.entries.iter().filter(|(_, entry)| is_child(entry)).map(|(place, _)| *place).collect()
    }

    /// A thread's own CNode: object and size in bits.
    #[must_use]
    pub fn own_table(&self, thread: Object) -> Option<(Object, u64)> {
        self.at(Place::Thread(thread, Own::CNode)).map(|cnode| (cnode.object, cnode.size_bits))
    }

    /// What a capability address of a thread means.
    ///
    /// # Errors
    /// `InvalidCapability`.
    pub fn look_up(&self, thread: Object, address: u64) -> Result<(Place, Capability), Error> {
        let (cnode, size_bits) = self.own_table(thread).ok_or(Error::InvalidCapability)?;
        let place = Place::Slot(cnode, address);
        match self.at(place) {
            Some(capability) if address > 0 && address < 1 << size_bits => Ok((place, capability)),
            _ => Err(Error::InvalidCapability),
        }
    }

    /// The same, of a kind.
    ///
    /// # Errors
    /// `InvalidCapability`, `WrongKind`.
    pub fn of_kind(&self, thread: Object, address: u64, kind: ObjectKind) -> Result<(Place, Capability), Error> {
        let found = self.look_up(thread, address)?;
        if found.1.kind == kind { Ok(found) } else { Err(Error::WrongKind) }
    }

    /// The same, with a right (as bits).
    ///
    /// # Errors
    /// `InvalidCapability`, `WrongKind`, `MissingRight`.
    pub fn with_right(&self, thread: Object, address: u64, kind: ObjectKind, right: u64) -> Result<Capability, Error> {
        let (_, capability) = self.of_kind(thread, address, kind)?;
        if capability.rights & right == right { Ok(capability) } else { Err(Error::MissingRight) }
    }

    /// A thread, to be changed.
    ///
    /// # Panics
    /// If there is no such thread.
    pub fn thread(&mut self, thread: Object) -> &mut Thread {
        self.threads.get_mut(&thread).expect("a thread that lives")
    }

    /// Writes all result registers of a thread.
    pub fn answer(&mut self, thread: Object, status: u64, values: [u64; 7], badge: u64) {
        let [a, b, c, d, e, f, g] = values;
        self.thread(thread).registers = [status, a, b, c, d, e, f, g, badge];
    }
}
