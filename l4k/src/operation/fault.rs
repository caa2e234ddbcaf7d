//! Faults: a thread that cannot go on calls its fault endpoint, or is suspended; one whose budget is used up, or from
//! which the time was taken that it worked on for others, calls its timeout endpoint.

use super::system::System;
use crate::base::address::Badge;
use crate::base::arch::Arch;
use crate::base::debugging::Stepping;
use crate::base::store::Ref;
use crate::base::time::Ticks;
use crate::object::Life;
use crate::object::capability::Capability;
use crate::object::endpoint::Endpoint;
use crate::object::sched_context::SchedContext;
use crate::object::thread::{CallKind, State, Suspension, Thread, ThreadSlot};
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, Rights};

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
    #[inline(always)]
    pub fn raise(&mut self, thread: Ref<Thread>, fault: &Fault) -> Handled {
        let object = self.store.get_mut(thread);
        object.fault.note(fault);
        self.step_again(thread);
        match self.handler(thread, ThreadSlot::FaultEndpoint) {
            Some((endpoint, badge)) => {
                self.leave_ready(thread, State::Calling { endpoint, badge, kind: CallKind::Fault });
                self.call_with_fault(thread, endpoint);
                Handled::ByHandler
            }
            None => {
                self.leave_ready(thread, State::Suspended(Suspension::Faulted));
                Handled::ByNobody
            }
        }
    }

    /// A stepped thread has not made its step if it faults: it makes it when it goes on.
    #[inline(always)]
    pub fn step_again(&mut self, thread: Ref<Thread>) {
        let object = self.store.get_mut(thread);
        if object.debugging.stepping == Stepping::On {
            object.context.arm_step();
        }
    }

    /// Stops a ready thread that is nowhere queued, since its budget is used up, if somebody wants to hear of it. The end of a slice is of
    /// no interest.
    #[inline(never)]
    pub fn raise_timeout(&mut self, thread: Ref<Thread>) -> Handled {
        match self.store.get(thread).running_on {
            Some(context) if !self.store.get(context).is_slice() => {
                self.tell_timeout(thread, Some(context), FaultCause::Other)
            }
            _ => Handled::ByNobody,
        }
    }

    /// Stops a ready thread that is nowhere queued, since it has no time any more: what it worked on was not its own,
    /// and was taken away. If nobody hears of it, it stays ready, and has no time until somebody binds time to it.
    /// `context`: what was taken, if that is known.
    pub fn raise_time_taken(&mut self, thread: Ref<Thread>, context: Option<Ref<SchedContext>>) {
        let _ = self.tell_timeout(thread, context, FaultCause::TimeTaken);
    }

    #[cold]
    #[inline(never)]
    fn tell_timeout(&mut self, thread: Ref<Thread>, context: Option<Ref<SchedContext>>, cause: FaultCause) -> Handled {
        let Some((endpoint, badge)) = self.handler(thread, ThreadSlot::TimeoutEndpoint) else {
            return Handled::ByNobody;
        };
        let (name, consumed) = context.map_or((Badge::NONE, Ticks(0)), |context| {
            let SchedContext { consumed, badge, .. } = *self.store.get(context);
            (badge, consumed)
        });
        let consumed = self.store.machine.ticks_per_second().nanoseconds(consumed);
        let object = self.store.get_mut(thread);
        object.context.own_all();
        let fault = Fault {
            kind: FaultKind::Timeout,
            access: Access::None,
            cause,
            level: 0,
            instruction_pointer: object.context.pc,
            address: name.value(),
            syndrome: consumed,
            stack_pointer: object.context.sp,
            link_register: object.context.x[30],
        };
        object.fault.note(&fault);
        object.state = State::Calling { endpoint, badge, kind: CallKind::Fault };
        self.call_with_fault(thread, endpoint);
        Handled::ByHandler
    }

    /// The endpoint in one of a thread's slots, if a fault can be delivered through it.
    #[inline(always)]
    fn handler(&self, thread: Ref<Thread>, which: ThreadSlot) -> Option<(Ref<Endpoint>, Badge)> {
        match self.store.get(thread.slot(which)).capability {
            Capability::Endpoint { rights, object, badge }
                if rights.contains(Rights::CALL) && self.store.get(object).life == Life::Alive =>
            {
                Some((object, badge))
            }
            _ => None,
        }
    }
}
