//! Endpoints: where callers and receivers meet.

use super::Life;
use super::reply::Reply;
use super::thread::Thread;
use super::watch::ThreadMark;
use crate::base::arch::CoreNumber;
use crate::base::store::{Object, Ref};
use l4k_sys::abi::Rights;

/// A queue of threads, the most urgent first, in the order of coming within a priority. Handled by `operation::queue`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadQueue {
    /// First thread of the most urgent group.
    pub first: Option<Ref<Thread>>,
}

/// Who is in an endpoint's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Side {
    /// Callers, or nobody.
    Callers = 0,
    /// Receivers.
    Receivers,
}

/// Whom a server can work for: callers of any core, or of one. It is a number and no reference, since the server may be
/// gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Clients(u8);

impl Clients {
    /// For callers of any core: the server has time of its own, or nobody has received yet.
    pub const OF_ANY_CORE: Clients = Clients(0);

    /// For nobody: the endpoint is dying. A fast path compares this value, and need not look at the endpoint's life.
    pub const NONE: Clients = Clients(u8::MAX);

    /// For callers of this core: the server is passive, and runs on its callers' time.
    #[inline(always)]
    #[must_use]
    pub const fn of(core: CoreNumber) -> Clients {
        Clients(core.0 + 1)
    }
}

/// A receiver that waits alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alone {
    /// The receiver.
    pub receiver: Ref<Thread>,
    /// Where its caller will be noted.
    pub reply: Ref<Reply>,
    /// The rights of its capability: whether its answer may carry capabilities.
    pub rights: Rights,
}

/// A receiver that waits alone, or nobody, in an object that begins as zero bytes: these are nobody. The rights lie beside the discriminant, so that an
/// endpoint has room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SoleReceiver {
    /// Nobody, or several.
    Nobody = 0,
    /// The fields of an [`Alone`].
    Waits {
        /// The rights of its capability.
        rights: Rights,
        /// The receiver.
        receiver: Ref<Thread>,
        /// Where its caller will be noted.
        reply: Ref<Reply>,
    },
}

impl SoleReceiver {
    /// The receiver, if there is one.
    #[inline(always)]
    #[must_use]
    pub const fn get(&self) -> Option<Alone> {
        match *self {
            Self::Nobody => None,
            Self::Waits { rights, receiver, reply } => Some(Alone { receiver, reply, rights }),
        }
    }
}

impl From<Option<Alone>> for SoleReceiver {
    #[inline(always)]
    fn from(alone: Option<Alone>) -> Self {
        match alone {
            None => Self::Nobody,
            Some(Alone { receiver, reply, rights }) => Self::Waits { rights, receiver, reply },
        }
    }
}

/// An endpoint. Zero bytes are a new one.
#[derive(Debug)]
#[repr(align(32))]
pub struct Endpoint {
    /// Capabilities to it.
    pub references: u32,
    /// Alive or dying.
    pub life: Life,
    /// Who waits.
    pub side: Side,
    /// Whom the thread can work for that received there last, or waits there.
    pub clients: Clients,
    /// Those who wait.
    pub queue: ThreadQueue,
    /// The receiver, if it is the only one who waits and owes no answers: what a fast path has to know of it. Gone with any change of the queue.
    pub alone: SoleReceiver,
    /// The thread that received there last, if that is remembered.
    pub last_receiver: ThreadMark,
}

impl Endpoint {
    /// Others wait from now on.
    pub const fn set_queue(&mut self, queue: ThreadQueue) {
        self.queue = queue;
        self.alone = SoleReceiver::Nobody;
    }
}

const _: () = assert!(size_of::<Endpoint>() == 32);

impl Object for Endpoint {
    const BITS: u8 = 5;
}
