//! Faults that tests plant in the kernel's sequences: each barrier, each invalidation, each cache operation and each order, by operation. Calls
//! nobody.

use l4k::base::arch::CacheOperation;
use l4k::machine::simulated::request::{Change, Kind, Maker, Mutation};
use l4k_sys::abi::SystemCall;

/// A fault, and what it is of.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// The operation, as people call it.
    pub operation: &'static str,
    /// What is wrong.
    pub name: &'static str,
    /// The fault.
    pub mutation: Mutation,
}

const fn mutant(
    operation: &'static str,
    name: &'static str,
    maker: Maker,
    kind: Kind,
    number: Option<usize>,
    change: Change,
) -> Mutant {
    Mutant { operation, name, mutation: Mutation { maker, kind, number, change } }
}

use Change::{CoresOnly, LastLevel, Late, LeaveOut, Local, Short, Swap, Wrong};

const MAP: Maker = Maker::Call(SystemCall::FrameMap as u64);
const PROTECT: Maker = Maker::Call(SystemCall::FrameProtect as u64);
const UNMAP: Maker = Maker::Call(SystemCall::FrameUnmap as u64);
const DELETE: Maker = Maker::Call(SystemCall::CNodeDelete as u64);
const REVOKE: Maker = Maker::Call(SystemCall::CNodeRevoke as u64);
const ASSIGN: Maker = Maker::Call(SystemCall::AsidPoolAssign as u64);
const RETYPE: Maker = Maker::Call(SystemCall::UntypedRetype as u64);
const MAINTAIN: Maker = Maker::Call(SystemCall::FrameMaintain as u64);

/// All of them.
#[rustfmt::skip]
pub const MUTANTS: [Mutant; 57] = [
    mutant("any", "no entry is ever published", Maker::Any, Kind::Publish, None, LeaveOut),
    mutant("any", "another page is forgotten each time", Maker::Any, Kind::InvalidatePage, None, Wrong),
    mutant("map", "the entry is not published", MAP, Kind::Publish, None, LeaveOut),
    mutant("map", "the entry is published before it is written", MAP, Kind::Entry, Some(0), Swap),
    mutant("map code", "data are not cleaned", MAP, Kind::Lines, None, LeaveOut),
    mutant("map code", "the last line is not cleaned", MAP, Kind::Lines, None, Short),
    mutant("map code", "nobody waits before instructions are forgotten", MAP, Kind::Complete, Some(0), LeaveOut),
    mutant("map code", "instructions are not forgotten", MAP, Kind::ForgetInstructions, None, LeaveOut),
    mutant("map code", "nobody waits until they are forgotten", MAP, Kind::Complete, Some(1), LeaveOut),
    mutant("map code", "instructions are forgotten before data are cleaned", MAP, Kind::Lines, None, Late),
    mutant("map uncached", "lines are cleaned to where fetches see them only", MAP, Kind::Lines, None, Change::Lines(CacheOperation::CleanToUnification)),
    mutant("map uncached", "lines are cleaned and kept", MAP, Kind::Lines, None, Change::Lines(CacheOperation::Clean)),
    mutant("map uncached", "nobody waits for any maintenance", MAP, Kind::Complete, None, LeaveOut),
    mutant("map uncached", "devices may see what was there before", MAP, Kind::Complete, None, CoresOnly),
    mutant("protect", "what is to be walked is not published", PROTECT, Kind::Publish, Some(0), LeaveOut),
    mutant("protect", "the new type is not published", PROTECT, Kind::Publish, Some(1), LeaveOut),
    mutant("protect", "the page is not forgotten", PROTECT, Kind::InvalidatePage, None, LeaveOut),
    mutant("protect", "another page is forgotten", PROTECT, Kind::InvalidatePage, None, Wrong),
    mutant("protect", "this core alone forgets it", PROTECT, Kind::InvalidatePage, None, Local),
    mutant("protect", "nobody waits for anything", PROTECT, Kind::Complete, None, LeaveOut),
    mutant("protect", "the wait is before the invalidation", PROTECT, Kind::InvalidatePage, None, Swap),
    mutant("protect", "the invalidation is before the publication", PROTECT, Kind::Publish, Some(0), Swap),
    mutant("protect", "a new type is made without a break", PROTECT, Kind::Entry, Some(0), LeaveOut),
    mutant("protect", "the entry is written after the invalidation", PROTECT, Kind::Entry, Some(0), Late),
    mutant("protect", "lines are not maintained", PROTECT, Kind::Lines, None, LeaveOut),
    mutant("protect", "instructions are not forgotten", PROTECT, Kind::ForgetInstructions, None, LeaveOut),
    mutant("unmap", "the empty entry is not published", UNMAP, Kind::Publish, None, LeaveOut),
    mutant("unmap", "the page is not forgotten", UNMAP, Kind::InvalidatePage, None, LeaveOut),
    mutant("unmap", "another page is forgotten", UNMAP, Kind::InvalidatePage, None, Wrong),
    mutant("unmap", "this core alone forgets it", UNMAP, Kind::InvalidatePage, None, Local),
    mutant("unmap", "tables on the way are not forgotten", UNMAP, Kind::InvalidatePage, None, LastLevel),
    mutant("unmap", "nobody waits for it", UNMAP, Kind::Complete, None, LeaveOut),
    mutant("unmap", "the wait is before the invalidation", UNMAP, Kind::InvalidatePage, None, Swap),
    mutant("unmap", "the invalidation is before the publication", UNMAP, Kind::Publish, None, Swap),
    mutant("unmap", "the entry is cleared after the invalidation", UNMAP, Kind::Entry, Some(0), Late),
    mutant("delete", "the page is not forgotten", DELETE, Kind::InvalidatePage, None, LeaveOut),
    mutant("revoke", "pages are not forgotten", REVOKE, Kind::InvalidatePage, None, LeaveOut),
    mutant("revoke", "nobody waits for it", REVOKE, Kind::Complete, None, LeaveOut),
    mutant("destroy", "the space is not forgotten", REVOKE, Kind::InvalidateSpace, None, LeaveOut),
    mutant("destroy", "another space is forgotten", DELETE, Kind::InvalidateSpace, None, Wrong),
    mutant("destroy", "this core alone forgets it", DELETE, Kind::InvalidateSpace, None, Local),
    mutant("destroy", "nobody waits for it", REVOKE, Kind::Complete, None, LeaveOut),
    mutant("destroy", "the core that leaves the space does not synchronize", REVOKE, Kind::Synchronize, None, LeaveOut),
    mutant("idle", "a core without a program does not synchronize", Maker::NoCall, Kind::Synchronize, None, LeaveOut),
    mutant("ASID reuse", "the identifier is not forgotten", ASSIGN, Kind::InvalidateSpace, None, LeaveOut),
    mutant("ASID reuse", "another identifier is forgotten", ASSIGN, Kind::InvalidateSpace, None, Wrong),
    mutant("ASID reuse", "this core alone forgets it", ASSIGN, Kind::InvalidateSpace, None, Local),
    mutant("ASID reuse", "nobody waits for it", ASSIGN, Kind::Complete, None, LeaveOut),
    mutant("retype", "zeros are not cleaned", RETYPE, Kind::Lines, None, LeaveOut),
    mutant("retype", "zeros are cleaned to where fetches see them only", RETYPE, Kind::Lines, None, Change::Lines(CacheOperation::CleanToUnification)),
    mutant("retype", "nobody waits for it", RETYPE, Kind::Complete, None, LeaveOut),
    mutant("retype", "devices may see what was there before", RETYPE, Kind::Complete, None, CoresOnly),
    mutant("clean", "devices may see what was there before", MAINTAIN, Kind::Complete, None, CoresOnly),
    mutant("publish", "data are not cleaned", MAINTAIN, Kind::Lines, None, LeaveOut),
    mutant("publish", "nobody waits before instructions are forgotten", MAINTAIN, Kind::Complete, Some(0), LeaveOut),
    mutant("publish", "instructions are not forgotten", MAINTAIN, Kind::ForgetInstructions, None, LeaveOut),
    mutant("publish", "nobody waits until they are forgotten", MAINTAIN, Kind::Complete, Some(1), LeaveOut),
];
