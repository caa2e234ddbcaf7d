//! Scheduling contexts that travel with calls: lent to a server that has none, back with whatever ends the call.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::reply::Loan;
use crate::object::sched_context::{Binding, SchedContext};
use crate::object::thread::Thread;

impl<A: Arch> System<A> {
    /// Lends the caller's context to a server that has none. The caller is not ready any more.
    pub fn lend(&mut self, caller: Ref<Thread>, server: Ref<Thread>) -> Loan {
        if self.store.get(server).running_on.is_some() {
            return Loan::None;
        }
        let Some(context) = self.store.get(caller).running_on else { return Loan::None };
        self.detach_context(context);
        self.attach_context(server, context);
        Loan::Lent(self.store.get(context).binding)
    }

    /// Brings back what the caller of a call that is over had lent: its own context from wherever it went, or, if it had only borrowed
    /// the time itself, the time from the server. A caller that was given other time meanwhile leaves it to whoever lent it first.
    pub fn take_back(&mut self, caller: Ref<Thread>, server: Ref<Thread>, binding: Binding) {
        let lent = |context: &Ref<SchedContext>| self.store.get(*context).binding == binding;
        let own = self.store.get(caller).own_context.filter(lent);
        let passed_on = self.store.get(server).running_on.filter(lent);
        if let Some(context) = own.or(passed_on) {
            self.detach_context(context);
            if self.store.get(caller).running_on.is_none() {
                self.attach_context(caller, context);
            }
        }
    }
}
