//! Scheduling contexts that travel with calls: lent to a server that has none, back with whatever ends the call.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::reply::Loan;
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
        Loan::Lent
    }

    /// Brings back what the caller of a call that is over had lent: its own context from wherever it went, or, if it had only
    /// borrowed the time itself, the time from the server. A server with a context of its own keeps that.
    pub fn take_back(&mut self, caller: Ref<Thread>, server: Ref<Thread>, loan: Loan) {
        if loan == Loan::None || self.store.get(caller).running_on.is_some() {
            return;
        }
        let own = self.store.get(caller).own_context;
        let borrowed =
            self.store.get(server).running_on.filter(|context| self.store.get(*context).owner != Some(server));
        if let Some(context) = own.or(borrowed) {
            self.detach_context(context);
            self.attach_context(caller, context);
        }
    }
}
