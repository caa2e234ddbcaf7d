//! What a core holds of the thread that it runs: its address space, and the registers that exceptions do not change.

use super::next::Progress;
use super::system::System;
use crate::base::arch::{Arch, CoreNumber, SpaceRoot};
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::thread::{Thread, ThreadSlot, Use};

/// Whether a thread's registers are loaded.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// They are, or nobody's were wanted.
    Here,
    /// Another core has them.
    Elsewhere,
}

impl<A: Arch> System<A> {
    /// Loads what the next thread needs, if it is not loaded already.
    #[inline(always)]
    pub fn load(&mut self, thread: Option<Ref<Thread>>) -> Loaded {
        match thread {
            Some(thread) => self.load_some(thread),
            None => self.load_nobody(),
        }
    }

    #[inline(always)]
    fn load_some(&mut self, thread: Ref<Thread>) -> Loaded {
        let here = self.here;
        let is_loaded = self.core(here).loaded_thread == Some(thread);
        if !is_loaded {
            self.unload_thread();
            if self.loaded_on(thread).is_some() {
                // While it waits for another core, this one is in nobody's space: nobody stops it then.
                self.leave_tables();
                return Loaded::Elsewhere;
            }
        }
        let root = self.tables_of(thread);
        self.enter(root);
        if !is_loaded {
            self.load_thread(thread);
        }
        Loaded::Here
    }

    /// The core that has loaded a thread's registers.
    #[must_use]
    pub fn loaded_on(&self, thread: Ref<Thread>) -> Option<CoreNumber> {
        (0..self.core_count).map(CoreNumber).find(|core| self.core(*core).loaded_thread == Some(thread))
    }

    #[inline(never)]
    fn load_nobody(&mut self) -> Loaded {
        self.unload_thread();
        self.leave_tables();
        Loaded::Here
    }

    /// This core uses no tables of programs any more, before anything that follows. No program may come next, whose start would synchronise:
    /// until then the core could walk the tables that it has left, and nobody would wait for it with their memory.
    #[inline(never)]
    pub(super) fn leave_tables(&mut self) {
        let here = self.here;
        if self.core(here).loaded != SpaceRoot::NOTHING {
            self.core_mut(here).loaded = SpaceRoot::NOTHING;
            self.store.machine.enter_space(SpaceRoot::NOTHING);
            self.store.machine.synchronize();
        }
    }

    #[inline(always)]
    fn enter(&mut self, root: SpaceRoot) {
        let here = self.here;
        if self.core(here).loaded != root {
            self.core_mut(here).loaded = root;
            self.store.machine.enter_space(root);
        }
    }

    /// The registers that every thread has, and those of units that this thread or the one before it uses.
    #[inline(always)]
    pub(super) fn load_thread(&mut self, thread: Ref<Thread>) {
        let here = self.here;
        let core = self.core_mut(here);
        core.loaded_thread = Some(thread);
        let before = core.units;
        let object = self.store.get(thread);
        let (pointer, buffer, units) = (object.context.thread_pointer, object.context.buffer_address, object.units);
        self.store.machine.load_thread_registers(pointer, buffer);
        if (before, units) != (Use::No, Use::No) {
            self.load_units(thread);
        }
    }

    #[inline(never)]
    fn load_units(&mut self, thread: Ref<Thread>) {
        let here = self.here;
        let Thread { floating_point, debugged, .. } = *self.store.get(thread);
        match floating_point {
            Some(area) => {
                self.store.machine.open_floating_point(area);
                self.core_mut(here).floating_point = Use::Yes;
            }
            None if self.core(here).floating_point == Use::Yes => {
                self.store.machine.close_floating_point();
                self.core_mut(here).floating_point = Use::No;
            }
            None => (),
        }
        if debugged == Use::Yes || self.core(here).debugging == Use::Yes {
            let debugging = self.store.get(thread).debugging;
            self.store.machine.load_debugging(&debugging);
            self.core_mut(here).debugging = debugged;
        }
        let core = self.core_mut(here);
        core.units = if (core.floating_point, core.debugging) == (Use::No, Use::No) { Use::No } else { Use::Yes };
    }

    /// Saves the registers of the thread that was loaded.
    #[inline(always)]
    pub fn unload_thread(&mut self) {
        let here = self.here;
        if let Some(loaded) = self.core_mut(here).loaded_thread.take() {
            let pointer = self.store.machine.thread_pointer();
            let object = self.store.get_mut(loaded);
            object.context.thread_pointer = pointer;
            if let Some(area) = object.floating_point {
                self.store.machine.save_floating_point(area);
            }
        }
    }

    /// Saves a thread's registers if they are loaded, so that they can be read and changed. `More`: another core has still to let go of
    /// them, and waits for its turn.
    pub fn unload(&mut self, thread: Ref<Thread>) -> Progress {
        if self.core(self.here).loaded_thread == Some(thread) {
            self.unload_thread();
        }
        if self.loaded_on(thread).is_none() { Progress::Complete } else { Progress::More }
    }

    /// The tables that a thread runs on. A space that lost its identifier is empty.
    #[inline(always)]
    fn tables_of(&mut self, thread: Ref<Thread>) -> SpaceRoot {
        let spaces = self.spaces;
        if self.store.get(thread).tables_of == spaces {
            return self.store.get(thread).tables;
        }
        self.renew_tables(thread)
    }

    #[inline(never)]
    fn renew_tables(&mut self, thread: Ref<Thread>) -> SpaceRoot {
        let (tables, spaces) = (self.look_up_tables(thread), self.spaces);
        let object = self.store.get_mut(thread);
        (object.tables, object.tables_of) = (tables, if tables == SpaceRoot::NOTHING { 0 } else { spaces });
        tables
    }

    /// The same, looked up.
    #[must_use]
    pub fn look_up_tables(&self, thread: Ref<Thread>) -> SpaceRoot {
        match self.store.get(thread.slot(ThreadSlot::AddressSpace)).capability {
            Capability::AddressSpace { object } => self.root_of_space(object),
            _ => SpaceRoot::NOTHING,
        }
    }
}
