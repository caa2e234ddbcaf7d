//! A fault whose handler waits: it is told in registers, and runs at once.

use super::checks::Cores;
use super::switch::Switched;
use crate::base::arch::{Arch, CoreNumber};
use crate::object::thread::{CallKind, ThreadSlot, Use};
use crate::operation::system::System;
use l4k_sys::abi::Fault;

impl<A: Arch> System<A> {
    /// A fault of the current thread. The handler that runs then, with its results in its context; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_fault(&mut self, here: CoreNumber, cores: Cores, fault: &Fault) -> Option<Switched> {
        let thread = self.core(here).current?;
        let object = self.store.get(thread);
        if object.debugged == Use::Yes {
            return None;
        }
        let called = object.slots[ThreadSlot::FaultEndpoint as usize].capability;
        let meeting = self.check_meeting(here, cores, thread, called)?;
        self.store.get_mut(thread).fault.note(fault);
        let units = self.commit_meeting(here, meeting, CallKind::Fault);
        self.store.get_mut(meeting.receiver).context.set_fault(fault);
        Some(Switched { thread: meeting.receiver, units })
    }
}
