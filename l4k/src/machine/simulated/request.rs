//! What the kernel asks of the processor, an instruction or a loop of one instruction each, and who may change that on the way: tests that
//! plant a fault. Calls `tlb`.
//!
//! A [`Mutation`] stands between the kernel and the processor. It changes the sequence of requests that one operation makes; what the
//! processor does for a request never changes.

extern crate std;

use super::tlb::{Forgotten, Levels};
use crate::base::arch::{CacheOperation, SpaceRoot};
use std::vec::Vec;

/// Which cores an invalidation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// All (`…is`).
    InnerShareable,
    /// The one that asks.
    Local,
}

/// How far a barrier reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To all cores (`dsb ish`).
    Cores,
    /// To all cores and devices (`dsb sy`).
    System,
}

/// A request of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `dsb ishst`.
    Publish,
    /// `tlbi`.
    Invalidate(Forgotten, Domain),
    /// `dc` on each line of these bytes.
    Lines(u64, u64, CacheOperation),
    /// `ic ialluis`.
    ForgetInstructions,
    /// `dsb ish` or `dsb sy`.
    Complete(Reach),
    /// `isb`.
    Synchronize,
    /// `msr ttbr0_el1`.
    Enter(SpaceRoot),
    /// A store into a table: the place and the entry.
    Entry(u64, u64),
}

/// Requests of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`Request::Publish`].
    Publish,
    /// [`Request::Invalidate`] of a page.
    InvalidatePage,
    /// [`Request::Invalidate`] of a space.
    InvalidateSpace,
    /// [`Request::Lines`].
    Lines,
    /// [`Request::ForgetInstructions`].
    ForgetInstructions,
    /// [`Request::Complete`].
    Complete,
    /// [`Request::Synchronize`].
    Synchronize,
    /// [`Request::Entry`].
    Entry,
}

impl Request {
    const fn kind(self) -> Option<Kind> {
        Some(match self {
            Request::Publish => Kind::Publish,
            Request::Invalidate(Forgotten::Page(..), _) => Kind::InvalidatePage,
            Request::Invalidate(Forgotten::Space(_), _) => Kind::InvalidateSpace,
            Request::Lines(..) => Kind::Lines,
            Request::ForgetInstructions => Kind::ForgetInstructions,
            Request::Complete(_) => Kind::Complete,
            Request::Synchronize => Kind::Synchronize,
            Request::Entry(..) => Kind::Entry,
            Request::Enter(_) => return None,
        })
    }
}

/// How a request is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is not made.
    LeaveOut,
    /// It is made after the one that follows it.
    Swap,
    /// It is made after the next `dsb ish` or `dsb sy`.
    Late,
    /// It is for the page beside the one that it was for, or for the next identifier.
    Wrong,
    /// It is for this core only.
    Local,
    /// It reaches cores only.
    CoresOnly,
    /// It is for the last level only.
    LastLevel,
    /// It is this maintenance of the lines instead.
    Lines(CacheOperation),
    /// It leaves out the last line.
    Short,
}

/// Whose requests are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Everybody's.
    Any,
    /// Those of the system call with this number.
    Call(u64),
    /// Those of no system call: of an interrupt, or of a core that looks anew who runs.
    NoCall,
}

/// A fault that a test plants in the sequence of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// Who makes the requests.
    pub maker: Maker,
    /// Which requests.
    pub kind: Kind,
    /// Only the n-th of each entry into the kernel, counted from 0; `None`: each.
    pub number: Option<usize>,
    /// What is done to them.
    pub change: Change,
}

/// What lies between the kernel and the processor.
#[derive(Clone, Debug, Default)]
pub struct Port {
    /// The fault that is planted.
    pub mutation: Option<Mutation>,
    /// Number of the system call that is made; `None`: something else is done.
    pub call: Option<u64>,
    /// Requests that were changed.
    pub changed: usize,
    seen: usize,
    held: Vec<Request>,
}

impl Port {
    /// The kernel is entered.
    pub fn enter(&mut self, call: Option<u64>) {
        (self.call, self.seen) = (call, 0);
    }

    /// A request as the kernel makes it; those that the processor gets.
    pub fn pass(&mut self, request: Request) -> Vec<Request> {
        let mut passed = Vec::new();
        match self.mutation.filter(|mutation| self.is_meant(mutation, request)) {
            None => passed.push(request),
            Some(mutation) => {
                self.changed += 1;
                match mutation.change {
                    Change::Swap | Change::Late => {
                        self.held.push(request);
                        return passed;
                    }
                    change => passed.extend(changed(request, change)),
                }
            }
        }
        let is_late = self.mutation.is_some_and(|mutation| mutation.change == Change::Late);
        if !is_late || matches!(request, Request::Complete(_)) {
            passed.append(&mut self.held);
        }
        passed
    }

    /// The kernel is left: what was held back is made now.
    pub fn leave(&mut self) -> Vec<Request> {
        core::mem::take(&mut self.held)
    }

    fn is_meant(&mut self, mutation: &Mutation, request: Request) -> bool {
        let is_maker = match mutation.maker {
            Maker::Any => true,
            Maker::Call(number) => self.call == Some(number),
            Maker::NoCall => self.call.is_none(),
        };
        if !is_maker || request.kind() != Some(mutation.kind) {
            return false;
        }
        self.seen += 1;
        mutation.number.is_none_or(|number| number + 1 == self.seen)
    }
}

/// What a request becomes.
fn changed(request: Request, change: Change) -> Option<Request> {
    Some(match (request, change) {
        (Request::Invalidate(Forgotten::Page(asid, page, levels), domain), Change::Wrong) => {
            Request::Invalidate(Forgotten::Page(asid, page ^ 0x1000, levels), domain)
        }
        (Request::Invalidate(Forgotten::Space(asid), domain), Change::Wrong) => {
            Request::Invalidate(Forgotten::Space(asid ^ 1), domain)
        }
        (Request::Complete(_), Change::CoresOnly) => Request::Complete(Reach::Cores),
        (Request::Invalidate(what, _), Change::Local) => Request::Invalidate(what, Domain::Local),
        (Request::Invalidate(Forgotten::Page(asid, page, _), domain), Change::LastLevel) => {
            Request::Invalidate(Forgotten::Page(asid, page, Levels::Last), domain)
        }
        (Request::Lines(start, bytes, _), Change::Lines(operation)) => Request::Lines(start, bytes, operation),
        (Request::Lines(start, bytes, operation), Change::Short) => {
            Request::Lines(start, bytes.saturating_sub(64), operation)
        }
        (Request::Enter(_), _) => request,
        _ => return None,
    })
}
