//! Many threads at once. They share a stack: each runs until it waits for ever, or not at all. Calls `threads`.

use bench_support::role::Role;
use l4k_sys::handle::NewObject;
use l4k_sys::{CNode, SchedContext, Thread};

use super::bench::{Bench, own};
use super::failure::Outcome;
use super::threads::{Helper, Manner};

/// Slots of the table that they are kept in, in bits: two for each of 4,000.
const TABLE_BITS: u8 = 13;

impl Bench<'_> {
    /// So many threads of one role.
    pub fn crowd(&mut self, manner: Manner, count: u64, role: Role, first: u64) -> Outcome {
        let stack = self.stack(manner.side)?;
        let kept = CNode::from_slot(self.make(NewObject::CNode(TABLE_BITS))?);
        let slots = self.slots(2)?;
        let helper = Helper { thread: Thread::from_slot(slots), context: SchedContext::from_slot(slots + 1) };
        for index in 0..count {
            self.system.memory.retype(manner.object, own(slots), 1)?;
            self.system.memory.retype(NewObject::SchedContext, own(slots + 1), 1)?;
            self.prepare(helper, manner, stack, [role as u64, first, 0])?;
            helper.thread.resume()?;
            kept.at(1 + index * 2).move_from(own(slots))?;
            kept.at(2 + index * 2).move_from(own(slots + 1))?;
        }
        Ok(())
    }
}
