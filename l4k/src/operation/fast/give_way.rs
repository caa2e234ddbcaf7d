//! `yield` where another thread of the same priority is ready: it runs at once.

use super::checks::Cores;
use super::message::{Delivered, Results};
use super::time::Time;
use crate::base::arch::{Arch, CoreNumber};
use crate::operation::system::System;

impl<A: Arch> System<A> {
    /// The current thread gives up the rest of its slice. Who runs then; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_yield(&mut self, here: CoreNumber, cores: Cores) -> Option<Delivered> {
        let thread = self.core(here).current.filter(|_| self.is_decided(here, cores))?;
        let priority = self.store.get(thread).priority;
        let next = self.core(here).ready.first(priority)?;
        if cores != Cores::One && self.loaded_on(next).is_some() {
            return None;
        }
        let (context, own) = (self.core(here).slice?, self.store.get(next).running_on?);
        let tables = self.remembered_tables(next)?;
        let Time::Own(own, slice) = self.own_time(here, context, own)? else { return None };
        self.change_slice(here, slice, own);
        self.store.get_mut(context).restart();
        self.ring_replace_first(here, next, thread);
        self.store.get_mut(thread).context.set_results(0, [0; 7], 0);
        let units = self.switch(here, thread, next, tables);
        Some(Delivered { thread: next, units, results: Results::Kept })
    }
}
