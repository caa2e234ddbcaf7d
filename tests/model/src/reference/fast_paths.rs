//! Which fast paths a sequence takes, so that none of them goes untested. May call the kernel.

use l4k::base::arch::{CoreNumber, Event};
use l4k::base::registers::{NUMBER, TAG};
use l4k::machine::simulated::Simulated;
use l4k::object::reply::ReplyState;
use l4k::object::thread::{CallKind, State};
use l4k::operation::system::System;
use l4k_sys::abi::SystemCall;
use l4k_sys::abi::message::{REGISTER_WORDS, Tag};

type Kernel = System<Simulated>;

/// A fast path of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FastPath {
    /// A call with words in registers.
    Call,
    /// A call with words in buffers.
    LongCall,
    /// An answer without a receive.
    Reply,
    /// An answer and a receive, with words in registers.
    ReplyReceive,
    /// The same with words in buffers.
    LongReplyReceive,
    /// An answer that lets a thread go on after its fault, and a receive.
    GoesOn,
    /// A signal.
    Signal,
    /// A thread gives way.
    Yield,
    /// A fault.
    Fault,
}

impl FastPath {
    /// Each.
    pub const ALL: [FastPath; 9] = [
        FastPath::Call,
        FastPath::LongCall,
        FastPath::Reply,
        FastPath::ReplyReceive,
        FastPath::LongReplyReceive,
        FastPath::GoesOn,
        FastPath::Signal,
        FastPath::Yield,
        FastPath::Fault,
    ];

    /// The one for what happens on a core, if there is one.
    #[must_use]
    pub fn of(system: &Kernel, core: CoreNumber, event: Event) -> Option<FastPath> {
        let thread = system.core(core).current?;
        let x = &system.store.get(thread).context.x;
        let is_long = Tag::from_bits(x[TAG]).is_ok_and(|tag| tag.length() > REGISTER_WORDS);
        let for_fault = system.store.get(thread).replies.is_some_and(|reply| match system.store.get(reply).state {
            ReplyState::Owed { caller, .. } => {
                matches!(system.store.get(caller).state, State::AwaitingReply { kind: CallKind::Fault, .. })
            }
            _ => false,
        });
        let call = match event {
            Event::Fault(_) => return Some(FastPath::Fault),
            Event::Interrupt => return None,
            Event::SystemCall => SystemCall::from_number(x[NUMBER])?,
        };
        Some(match call {
            SystemCall::Call if is_long => FastPath::LongCall,
            SystemCall::Call => FastPath::Call,
            SystemCall::Reply => FastPath::Reply,
            SystemCall::ReplyReceive if for_fault => FastPath::GoesOn,
            SystemCall::ReplyReceive if is_long => FastPath::LongReplyReceive,
            SystemCall::ReplyReceive => FastPath::ReplyReceive,
            SystemCall::Signal => FastPath::Signal,
            SystemCall::Yield => FastPath::Yield,
            _ => return None,
        })
    }
}

/// How often each was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    counts: [usize; FastPath::ALL.len()],
}

impl Taken {
    /// One more.
    pub fn count(&mut self, path: FastPath) {
        self.counts[path as usize] += 1;
    }

    /// Those of another sequence as well.
    pub fn add(&mut self, other: &Taken) {
        self.counts.iter_mut().zip(other.counts).for_each(|(count, more)| *count += more);
    }

    /// Each path, and how often it was taken.
    pub fn all(&self) -> impl Iterator<Item = (FastPath, usize)> + '_ {
        FastPath::ALL.into_iter().zip(self.counts)
    }
}
