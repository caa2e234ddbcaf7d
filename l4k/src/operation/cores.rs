//! Other cores: what one does that has an effect on another.
//!
//! A core changes what belongs to another one under the kernel's lock, like everything else, and then interrupts that core, so that it looks
//! anew who runs. Only what its processor holds itself needs more: before a thread that runs there is touched the core is stopped, which
//! means that it has stored the thread's registers and waits for its turn in the kernel.

use super::system::System;
use crate::base::arch::{Arch, CoreNumber, Entered, MAX_CORES, SpaceRoot};
use crate::base::index::below;
use crate::base::store::Ref;
use crate::object::address_space::AddressSpace;
use crate::object::capability::Capability;
use crate::object::slot::Slot;
use crate::object::thread::{Thread, ThreadSlot};
use l4k_sys::Error;
use l4k_sys::abi::{Fault, FaultCause, FaultKind};

impl<A: Arch> System<A> {
    /// Has a core look anew who runs there, when this one leaves the kernel.
    pub fn reschedule(&mut self, core: CoreNumber) {
        if core != self.here {
            self.rescheduled |= 1 << (core.0 % MAX_CORES as u8);
            self.unsettle(self.here);
        }
    }

    /// The same, if a thread that was just put among those that it can run, or has to wait for, makes a difference to it.
    pub fn reschedule_if_needed(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        let there = self.core(core);
        let urgent = match there.current {
            Some(current) => self.store.get(thread).priority > self.store.get(current).priority,
            None => true,
        };
        if urgent || there.waiting == Some(thread) {
            self.reschedule(core);
        }
    }

    /// The same after a priority has changed: only if another thread than the current one is to run there now. Whoever sets priorities again and
    /// again would take the core's time from those who run there otherwise.
    pub fn reschedule_if_outranked(&mut self, core: CoreNumber) {
        let there = self.core(core);
        let current = there.current.map(|thread| self.store.get(thread).priority);
        if there.ready.highest() > current {
            self.reschedule(core);
        }
    }

    /// Interrupts the cores that have to look anew who runs.
    #[inline(always)]
    pub fn send_reschedules(&mut self) {
        if self.rescheduled != 0 {
            self.interrupt_rescheduled();
        }
    }

    #[inline(never)]
    fn interrupt_rescheduled(&mut self) {
        let cores = core::mem::take(&mut self.rescheduled);
        for core in (0..self.core_count).filter(|core| cores >> core & 1 == 1) {
            self.store.machine.interrupt_core(CoreNumber(core));
        }
    }

    /// Stops another core, on which a thread runs: its registers are stored then. A system call that it was about to make is made when it
    /// runs again; what firmware returns to one that it is in is lost, and it is told `Cancelled`.
    pub fn stop(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        let entered = self.store.machine.stop_core(core);
        let context = &mut self.store.get_mut(thread).context;
        match entered {
            Entered::SystemCall => context.restart_system_call(),
            Entered::Firmware => context.set_results(Error::Cancelled.code(), [0; 7], 0),
            Entered::Otherwise => (),
        }
    }

    /// No core's program runs in a space any more. What the others have loaded they replace in their next turn, before any call that is made
    /// later.
    pub fn leave_space(&mut self, root: SpaceRoot) {
        for core in (0..self.core_count).map(CoreNumber) {
            if self.core(core).loaded != root {
                continue;
            }
            if core == self.here {
                self.leave_tables();
            } else {
                let _ = self.store.machine.stop_core(core);
            }
        }
    }

    /// The capability to an address space in a slot goes away. If the slot is that of a thread which runs on another core, that core stops:
    /// otherwise the thread would use the space until its slice ends, after the call that took it away has returned. At most one core runs
    /// the thread of a slot, and it is interrupted only if it is in a program. It finds in its next turn that the thread has no space.
    pub fn lose_space(&mut self, slot: Ref<Slot>) {
        self.spaces += 1;
        for core in (0..self.core_count).map(CoreNumber) {
            let there = self.core(core);
            let runs_on_it = there.current.is_some_and(|thread| thread.slot(ThreadSlot::AddressSpace) == slot);
            if core != self.here && runs_on_it && there.loaded != SpaceRoot::NOTHING {
                let _ = self.store.machine.stop_core(core);
            }
        }
    }

    /// An entry of a space was invalid on the way to another one. A thread that runs in this space on another core may
    /// have met it so: that core examines its next fault again, see [`is_of_break`](Self::is_of_break).
    pub fn note_break(&mut self, space: Ref<AddressSpace>) {
        for core in (0..self.core_count).map(CoreNumber) {
            let runs_in_it = self.core(core).current.is_some_and(|thread| {
                let slot = thread.slot(ThreadSlot::AddressSpace);
                matches!(self.store.get(slot).capability, Capability::AddressSpace { object } if object == space)
            });
            if core != self.here && runs_in_it {
                self.settled_core_mut(core).met_break = true;
            }
        }
    }

    /// Whether a fault on this core may be of an entry that another core has made valid again meanwhile. Then the thread
    /// makes its access once more. It is true once after a break: a fault that comes again is one.
    pub fn is_of_break(&mut self, fault: &Fault) -> bool {
        let met_break = core::mem::take(&mut self.settled_core_mut(self.here).met_break);
        met_break && fault.kind == FaultKind::Page && fault.cause == FaultCause::NotMapped
    }

    /// The core with a number.
    ///
    /// # Errors
    /// `InvalidCore`.
    pub fn core_numbered(&self, number: u64) -> Result<CoreNumber, Error> {
        let number = below(number, u64::from(self.core_count)).ok_or(Error::InvalidCore)?;
        Ok(CoreNumber(number as u8))
    }
}
