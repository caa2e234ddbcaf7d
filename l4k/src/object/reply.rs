//! Reply objects: the authority to answer one caller, once.

use super::sched_context::Binding;
use super::thread::Thread;
use crate::base::store::{Object, Ref};
use l4k_sys::abi::Rights;

/// Whether the caller's scheduling context went along to a passive server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loan {
    /// The server runs on its own.
    None,
    /// The server runs on the caller's, which has this binding. By then it may be bound to somebody else, or gone.
    Lent(Binding),
}

impl Loan {
    /// Of a context with this binding; one that was never bound is nobody's to lend.
    #[inline(always)]
    #[must_use]
    pub const fn of(binding: Option<Binding>) -> Loan {
        match binding {
            Some(binding) => Loan::Lent(binding),
            None => Loan::None,
        }
    }
}

/// Whether capabilities may go along with messages: the grant right of the endpoint capability that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Grant {
    /// Words only.
    Denied,
    /// Capabilities too.
    Allowed,
}

impl Grant {
    /// What an endpoint capability with these rights allows.
    #[must_use]
    pub const fn of(rights: Rights) -> Grant {
        if rights.contains(Rights::GRANT) { Grant::Allowed } else { Grant::Denied }
    }

    /// The right that it stands for, or none.
    #[must_use]
    pub const fn rights(self) -> Rights {
        match self {
            Grant::Denied => Rights::NONE,
            Grant::Allowed => Rights::GRANT,
        }
    }
}

/// What a reply object is in use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ReplyState {
    /// Nothing.
    Idle = 0,
    /// A thread waits in a receive with it.
    Offered {
        /// The thread.
        receiver: Ref<Thread>,
    },
    /// An answer is owed.
    Owed {
        /// Whether the answer may carry capabilities, as the receive had it.
        grant: Grant,
        /// To whom.
        caller: Ref<Thread>,
        /// By the thread that received the call.
        server: Ref<Thread>,
        /// The server's next owed reply.
        next: Option<Ref<Reply>>,
        /// The server's previous owed reply.
        previous: Option<Ref<Reply>>,
        /// Whether time was lent with the call.
        loan: Loan,
    },
}

/// A reply object. Zero bytes are a new one.
#[derive(Debug)]
#[repr(align(64))]
pub struct Reply {
    /// Capabilities to it.
    pub references: u32,
    /// What it is in use for.
    pub state: ReplyState,
}

impl Object for Reply {
    const BITS: u8 = 6;
}
