//! Threads: registers, the capabilities that a thread runs on, and where it is.

use super::endpoint::Endpoint;
use super::last_fault::LastFault;
use super::notification::Notification;
use super::reply::{Grant, Reply};
use super::restart::Restart;
use super::sched_context::{Binding, SchedContext};
use super::slot::Slot;
use super::watch::ThreadMark;
use crate::base::address::Badge;
use crate::base::arch::{CoreNumber, SpaceRoot};
use crate::base::debugging::Debugging;
use crate::base::kept::Kept;
use crate::base::registers::{Context, Shape};
use crate::base::store::{Object, Ref};
use crate::base::thread_context::ThreadContext;
use crate::base::vector_registers::FloatingPoint;
use core::mem::offset_of;
use l4k_sys::abi::object::THREAD_BITS;

/// What a thread that is in a call waits with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CallKind {
    /// A message of its own.
    Message,
    /// Its fault, or that its budget is used up, delivered for it by the kernel.
    Fault,
}

/// Why a thread is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Suspension {
    /// Not started, or stopped by who may.
    Stopped = 0,
    /// Stopped by a fault that nobody handled.
    Faulted,
    /// Being destroyed: cannot be resumed.
    Dying,
}

/// Where a thread is. A variant holds exactly what is true of a thread there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Not to run.
    Suspended(Suspension) = 0,
    /// Current, in a ready queue, or ready but without a scheduling context.
    Ready,
    /// In an endpoint's queue of callers.
    Calling {
        /// The endpoint.
        endpoint: Ref<Endpoint>,
        /// Badge of the capability that it called through.
        badge: Badge,
        /// With what.
        kind: CallKind,
    },
    /// Received by a server, not answered yet.
    AwaitingReply {
        /// What it waits with.
        kind: CallKind,
        /// The reply object that will answer.
        reply: Ref<Reply>,
    },
    /// In an endpoint's queue of receivers.
    Receiving {
        /// Whether its answer may carry capabilities.
        grant: Grant,
        /// The endpoint.
        endpoint: Ref<Endpoint>,
        /// Where the caller will be noted.
        reply: Ref<Reply>,
    },
    /// In a notification's queue.
    Waiting {
        /// The notification.
        notification: Ref<Notification>,
    },
}

/// A priority; 255 is the most urgent.
pub type Priority = u8;

/// Links of the one queue that a thread is in. A group is a ring of threads of one priority; its first thread has the links
/// to the groups above and below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueLinks {
    /// Next of the ring.
    pub next: Option<Ref<Thread>>,
    /// Previous of the ring.
    pub previous: Option<Ref<Thread>>,
    /// First of a group: the first thread of the next more urgent group.
    pub above: Option<Ref<Thread>>,
    /// First of a group: the first thread of the next less urgent group.
    pub below: Option<Ref<Thread>>,
}

impl QueueLinks {
    /// Those of the only thread of a ring.
    #[inline(always)]
    #[must_use]
    pub const fn alone(thread: Ref<Thread>) -> QueueLinks {
        QueueLinks { next: Some(thread), previous: Some(thread), above: None, below: None }
    }
}

/// The capabilities that a thread runs on, each in a slot inside the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum ThreadSlot {
    /// Its capability space.
    CNode = 0,
    /// Its address space.
    AddressSpace = 1,
    /// Who hears of its faults.
    FaultEndpoint = 2,
    /// Its message buffer.
    Buffer = 3,
    /// Who hears when its budget is used up.
    TimeoutEndpoint = 4,
}

impl ThreadSlot {
    /// All of them.
    pub const ALL: [ThreadSlot; 5] =
        [Self::CNode, Self::AddressSpace, Self::FaultEndpoint, Self::Buffer, Self::TimeoutEndpoint];
}

/// Slots of a thread's own CNode for the capabilities of the next message that brings any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First slot.
    pub first: u32,
    /// How many; 0: none are named.
    pub count: u8,
}

impl Window {
    /// No slots are named.
    pub const NONE: Window = Window { first: 0, count: 0 };
}

/// Time that a server runs on, or has passed on, though its client waits no more: it goes back when the server receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// Which time: that with this number.
    pub binding: Binding,
    /// Who had lent it. `None`: it goes to whom it is bound to.
    pub lender: Option<Ref<Thread>>,
}

/// Whether something that not every thread needs is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Use {
    /// It is not.
    No = 0,
    /// It is.
    Yes,
}

/// Longest name of a thread in bytes.
pub const NAME_LENGTH: usize = 16;

/// A thread. The vectors store registers at its beginning. What a switch to it looks at and changes, and no other register, is in one line of 64
/// bytes.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Thread {
    /// Registers.
    pub context: ThreadContext,
    /// Its last fault, while it is calling or awaiting a reply with it.
    pub fault: LastFault,
    /// The queue it is in.
    pub links: QueueLinks,
    /// Capabilities; see [`ThreadSlot`].
    pub slots: [Slot; 5],
    /// Name for kernel messages.
    pub name: [u8; NAME_LENGTH],
    /// Where capabilities go.
    pub window: Window,
    /// Capabilities to this thread.
    pub references: u32,
    /// Its FP/SIMD registers, if it uses them.
    pub floating_point: Option<Ref<FloatingPoint>>,
    /// The tables that it runs on, if [`tables_of`](Self::tables_of) is the system's number.
    pub tables: SpaceRoot,
    /// When they were looked up: see `System::spaces`. 0: never, or there were none.
    pub tables_of: u64,
    /// The context that it runs on now.
    pub running_on: Option<Ref<SchedContext>>,
    /// The context that was bound to it; it may be lent to a server.
    pub own_context: Option<Ref<SchedContext>>,
    /// Its bound notification.
    pub notification: Option<Ref<Notification>>,
    /// First of the reply objects by which it owes answers.
    pub replies: Option<Ref<Reply>>,
    /// Priority.
    pub priority: Priority,
    /// Highest priority that it may give to others.
    pub maximum_priority: Priority,
    /// While it waits for the release of its time: its rank among those that do. 0 elsewhere.
    pub rank: u8,
    /// The core that it ran on last, or is to run on: that of its time.
    pub core: CoreNumber,
    /// Whether the processor has to know of [`debugging`](Self::debugging): [`Debugging::in_use`], kept so that a switch need not look.
    pub debugged: Use,
    /// Whether it has FP/SIMD registers or is debugged: then a switch to it is more than that of the registers that every thread has.
    pub units: Use,
    /// Where it is.
    pub state: State,
    /// Breakpoints and stepping.
    pub debugging: Debugging,
    /// How far its interrupted call came.
    pub restart: Restart,
    /// Time of a call that has ended without it.
    pub overdue: Kept<Overdue>,
    /// Who has time that is [`overdue`](Self::overdue) to this thread.
    pub overdue_from: Option<Ref<Thread>>,
    /// Whether the time that it worked on was taken away while it waited, and it has no other yet.
    pub lost_time: Use,
    /// Its place in the list of all threads, if there is one.
    pub mark: ThreadMark,
}

const _: () = assert!(offset_of!(Thread, context) == 0);
const _: () = assert!(offset_of!(Thread, slots) % 32 == 0);
const _: () =
    assert!(offset_of!(Thread, tables) % 64 == 0 && offset_of!(Thread, debugging) == offset_of!(Thread, tables) + 64);

impl Object for Thread {
    const BITS: u8 = THREAD_BITS;
}

impl Thread {
    /// Makes zero bytes a thread that has nothing yet.
    pub fn begin(&mut self) {
        self.context.shape = Shape::Full;
        // Until its registers are set by name, they are zero but for this.
        self.context.pstate = Context::START.pstate;
    }
}

impl Ref<Thread> {
    /// One of the slots inside the thread.
    #[must_use]
    pub const fn slot(self, which: ThreadSlot) -> Ref<Slot> {
        self.part(offset_of!(Thread, slots) as u64 + 32 * which as u64)
    }
}
