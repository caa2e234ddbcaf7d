//! A fault whose handler waits: it is told in registers, and runs at once.

use super::checks::Cores;
use super::message::{Delivered, Results};
use crate::base::arch::{Arch, CoreNumber};
use crate::object::thread::{CallKind, ThreadSlot, Use};
use crate::operation::system::System;
use l4k_sys::abi::Fault;

impl<A: Arch> System<A> {
    /// A fault of the current thread. The handler that runs then; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_fault(&mut self, here: CoreNumber, cores: Cores, fault: Fault) -> Option<Delivered> {
        let thread = self.core(here).current?;
        let object = self.store.get(thread);
        if object.debugged == Use::Yes || cores == Cores::Several && self.core(here).met_break {
            return None;
        }
        let called = object.slots[ThreadSlot::FaultEndpoint as usize].capability;
        let meeting = self.check_meeting(here, cores, thread, called)?;
        self.store.get_mut(thread).fault.note(&fault);
        let units = self.commit_meeting(here, meeting, CallKind::Fault);
        let (tag, words) = fault.to_message();
        Some(Delivered { thread: meeting.receiver, units, results: Results::Fault { tag, words } })
    }
}
