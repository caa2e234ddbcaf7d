//! From the thread that runs to another one, which takes its place on the core.

use crate::base::arch::{Arch, CoreNumber, SpaceRoot};
use crate::base::store::Ref;
use crate::object::thread::{Thread, Use};
use crate::operation::system::System;

impl<A: Arch> System<A> {
    /// The tables that a thread runs on, if it remembers them.
    #[inline(always)]
    pub(super) fn remembered_tables(&self, thread: Ref<Thread>) -> Option<SpaceRoot> {
        let Thread { tables, tables_of, .. } = *self.store.get(thread);
        (tables_of == self.spaces).then_some(tables)
    }

    /// Makes a thread that waited the current one, and loads its space and registers. `Use::Yes`: [`switch_units`](Self::switch_units) has
    /// still to be called.
    ///
    /// Who runs is loaded, and who waits in a system call of its own is loaded nowhere: it was unloaded when that core chose another one, in
    /// the same turn in the kernel.
    #[inline(always)]
    pub(super) fn switch(&mut self, here: CoreNumber, from: Ref<Thread>, to: Ref<Thread>, tables: SpaceRoot) -> Use {
        debug_assert!(self.core(here).loaded_thread == Some(from) && self.loaded_on(to).is_none());
        let units = self.store.get(to).units;
        let core = self.settled_core_mut(here);
        core.current = Some(to);
        if core.loaded != tables {
            core.loaded = tables;
            self.store.machine.enter_tables(tables);
        }
        if (self.core(here).units, units) != (Use::No, Use::No) && self.exchange_units(here, from, to).is_none() {
            return Use::Yes;
        }
        let pointer = self.store.machine.thread_pointer();
        self.store.get_mut(from).context.thread_pointer = pointer;
        self.settled_core_mut(here).loaded_thread = Some(to);
        let context = &self.store.get(to).context;
        let (pointer, buffer) = (context.thread_pointer, context.buffer_address);
        self.store.machine.load_thread_registers(pointer, buffer);
        Use::No
    }

    /// From one thread with FP/SIMD registers to another: nothing but these. `None` if anything else is to be done, and nothing was.
    #[inline(always)]
    fn exchange_units(&mut self, here: CoreNumber, from: Ref<Thread>, to: Ref<Thread>) -> Option<()> {
        let Thread { floating_point, debugged, .. } = *self.store.get(to);
        let (left, entered) = (self.store.get(from).floating_point?, floating_point?);
        if (self.core(here).debugging, debugged) != (Use::No, Use::No) {
            return None;
        }
        self.store.machine.exchange_floating_point(left, entered);
        Some(())
    }

    /// What is left to do then: the registers, with those of units that not every thread uses.
    #[inline(never)]
    pub fn switch_units(&mut self, here: CoreNumber) {
        self.here = here;
        self.unload_thread();
        if let Some(thread) = self.core(here).current {
            self.load_thread(thread);
        }
    }
}
