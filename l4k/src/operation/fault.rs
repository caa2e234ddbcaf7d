//! Faults: a thread that cannot go on calls its fault endpoint, or is suspended.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::debugging::Stepping;
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::capability::Capability;
use crate::object::thread::{CallKind, LastFault, State, Suspension, Thread, ThreadSlot};
use l4k_sys::abi::{Fault, Rights};

/// Whether somebody will hear of a fault.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// It is on its way to the handler.
    ByHandler,
    /// There is none: the thread is suspended.
    ByNobody,
}

impl<A: Arch> System<A> {
    /// Stops a ready thread with a fault.
    pub fn raise(&mut self, thread: Ref<Thread>, fault: Fault) -> Handled {
        let object = self.store.get_mut(thread);
        object.fault = LastFault::Of(fault);
        if object.debugging.stepping == Stepping::On {
            object.context.arm_step();
        }
        let handler = match self.store.get(thread.slot(ThreadSlot::FaultEndpoint)).capability {
            Capability::Endpoint { rights, object, badge }
                if rights.contains(Rights::CALL) && self.store.get(object).life == Life::Alive =>
            {
                Some((object, badge))
            }
            _ => None,
        };
        match handler {
            Some((endpoint, badge)) => {
                self.leave_ready(thread, State::Calling { endpoint, badge, kind: CallKind::Fault });
                self.meet_or_queue(thread, endpoint);
                Handled::ByHandler
            }
            None => {
                self.leave_ready(thread, State::Suspended(Suspension::Faulted));
                Handled::ByNobody
            }
        }
    }
}
