//! Scheduling contexts and what they are bound to: a thread that runs on it, or a notification whose signals bring it along.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::base::time::Ticks;
use crate::object::Life;
use crate::object::notification::Notification;
use crate::object::sched_context::{Binding, Owner, SchedContext};
use crate::object::thread::{State, Suspension, Thread};
use core::num::NonZeroU64;
use l4k_sys::Error;

impl<A: Arch> System<A> {
    /// Whether a context can be bound.
    ///
    /// # Errors
    /// `AlreadyBound`; `NotConfigured` for a context without time.
    fn check_unbound(&self, context: Ref<SchedContext>) -> Result<(), Error> {
        let object = self.store.get(context);
        if object.owner != Owner::Nobody || object.thread.is_some() {
            return Err(Error::AlreadyBound);
        }
        if object.budget == Ticks(0) {
            return Err(Error::NotConfigured);
        }
        Ok(())
    }

    fn own(&mut self, context: Ref<SchedContext>, owner: Owner) {
        self.store.get_mut(context).owner = owner;
        self.number_anew(context);
    }

    /// Whoever has a claim to a context has none any more.
    pub fn number_anew(&mut self, context: Ref<SchedContext>) {
        self.bindings = self.bindings.saturating_add(1);
        self.store.get_mut(context).binding = NonZeroU64::new(self.bindings).map(Binding);
    }

    /// Binds a filled context to a thread that has none.
    ///
    /// # Errors
    /// `AlreadyBound`; `NotConfigured` for a context without time; `Dying`.
    pub fn bind_context(&mut self, context: Ref<SchedContext>, thread: Ref<Thread>) -> Result<(), Error> {
        self.check_unbound(context)?;
        let target = self.store.get(thread);
        if target.own_context.is_some() || target.running_on.is_some() {
            return Err(Error::AlreadyBound);
        }
        if target.state == State::Suspended(Suspension::Dying) {
            return Err(Error::Dying);
        }
        self.own(context, Owner::Thread(thread));
        // It does not wait for time that it would have to pass on.
        self.give_back_overdue(thread);
        self.store.get_mut(thread).own_context = Some(context);
        self.note_clients(thread);
        self.attach_context(thread, context);
        Ok(())
    }

    /// Binds a filled context to a notification that has none: a thread without time that takes its signals runs on it.
    ///
    /// # Errors
    /// `AlreadyBound`; `NotConfigured` for a context without time; `Dying`.
    pub fn bind_context_to_signals(
        &mut self,
        context: Ref<SchedContext>,
        notification: Ref<Notification>,
    ) -> Result<(), Error> {
        self.check_unbound(context)?;
        let target = self.store.get(notification);
        if target.context.is_some() {
            return Err(Error::AlreadyBound);
        }
        if target.life == Life::Dying {
            return Err(Error::Dying);
        }
        self.own(context, Owner::Notification(notification));
        self.store.get_mut(notification).context = Some(context);
        Ok(())
    }

    /// Takes a context from what it is bound to, and from whoever runs on it. That may be the server of a client that was destroyed.
    ///
    /// # Errors
    /// `NotBound`.
    pub fn unbind_context(&mut self, context: Ref<SchedContext>) -> Result<(), Error> {
        let object = self.store.get(context);
        if object.owner == Owner::Nobody && object.thread.is_none() {
            return Err(Error::NotBound);
        }
        self.disown(context);
        Ok(())
    }

    /// Nothing has a context any more. Whoever works on it for others learns it as a timeout.
    pub fn disown(&mut self, context: Ref<SchedContext>) {
        let owner = core::mem::replace(&mut self.store.get_mut(context).owner, Owner::Nobody);
        match owner {
            Owner::Nobody => (),
            Owner::Thread(thread) => {
                self.store.get_mut(thread).own_context = None;
                self.note_clients(thread);
            }
            Owner::Notification(notification) => self.store.get_mut(notification).context = None,
        }
        self.take_from_server(context, owner);
        self.detach_context(context);
        self.number_anew(context);
    }
}
