//! Notifications: signal, wait, poll, and binding to a thread.

use super::next::Next;
use super::receive::Wait;
use super::system::System;
use crate::base::address::Badge;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::notification::Notification;
use crate::object::reply::ReplyState;
use crate::object::sched_context::Owner;
use crate::object::thread::{State, Thread};
use l4k_sys::Error;
use l4k_sys::abi::Arrival;

impl<A: Arch> System<A> {
    /// Ors a badge (bit 0 if there is none) into the word, and wakes one who waits: a bound thread in a receive first, then the
    /// first of the queue. Signals to a dying notification have no effect.
    pub fn signal(&mut self, notification: Ref<Notification>, badge: Badge) {
        let object = self.store.get_mut(notification);
        if object.life == Life::Dying {
            return;
        }
        object.word |= if badge.is_set() { badge.value() } else { 1 };
        let Notification { word, bound, mut queue, .. } = *object;
        if let Some(thread) = bound
            && let State::Receiving { endpoint, reply, .. } = self.store.get(thread).state
        {
            self.unqueue_from(endpoint, thread);
            self.store.get_mut(reply).state = ReplyState::Idle;
            self.hand_over(notification, thread, word);
        } else if let Some(thread) = self.pop(&mut queue) {
            self.store.get_mut(notification).queue = queue;
            self.hand_over(notification, thread, word);
        }
    }

    fn hand_over(&mut self, notification: Ref<Notification>, thread: Ref<Thread>, word: u64) {
        self.store.get_mut(notification).word = 0;
        let object = self.store.get_mut(thread);
        object.context.set_results(Arrival::Notification as u64, [0; 7], word);
        self.take_time_of_signals(thread, notification);
        self.wake(thread);
    }

    /// A thread without time that takes signals gets the time that comes with them, unless somebody else has it.
    fn take_time_of_signals(&mut self, thread: Ref<Thread>, notification: Ref<Notification>) {
        if self.store.get(thread).running_on.is_none()
            && let Some(time) = self.store.get(notification).context
            && self.store.get(time).thread.is_none()
        {
            self.attach_context(thread, time);
        }
    }

    /// Time that came with a signal goes back to the notification when its thread waits for what comes next. One that owes answers keeps
    /// it: it may be a caller's, lent with the call. So does one whose caller has left: the time is the caller's until the next receive.
    pub fn give_back_time_of_signals(&mut self, thread: Ref<Thread>) {
        let Thread { running_on, replies, .. } = *self.store.get(thread);
        if let (Some(time), None) = (running_on, replies)
            && let Owner::Notification(_) = self.store.get(time).owner
            && !self.is_overdue(thread, time)
        {
            self.detach_context(time);
        }
    }

    /// `wait` and `poll`.
    ///
    /// # Errors
    /// `PeerGone` if the notification is being destroyed; `WouldBlock` when polling.
    pub fn wait(&mut self, thread: Ref<Thread>, notification: Ref<Notification>, wait: Wait) -> Result<Next, Error> {
        let object = self.store.get_mut(notification);
        if object.life == Life::Dying {
            return Err(Error::PeerGone);
        }
        if object.word != 0 {
            let word = core::mem::take(&mut object.word);
            let context = &mut self.store.get_mut(thread).context;
            context.set_results(Arrival::Notification as u64, [0; 7], word);
            return Ok(Next::Settled);
        }
        if wait == Wait::Poll {
            return Err(Error::WouldBlock);
        }
        self.leave_ready(thread, State::Waiting { notification });
        self.give_back_time_of_signals(thread);
        let mut queue = self.store.get(notification).queue;
        self.enqueue(&mut queue, thread);
        self.store.get_mut(notification).queue = queue;
        Ok(Next::Settled)
    }

    /// Whether a receive would return with signals of the bound notification.
    #[inline(always)]
    pub(super) fn has_signals(&self, thread: Ref<Thread>) -> bool {
        self.store.get(thread).notification.is_some_and(|notification| self.store.get(notification).word != 0)
    }

    /// A receive that signals of the bound notification end. Like every receive it gives back time that is overdue:
    /// whoever signals often does not keep it away from its lender.
    pub fn receive_signals(&mut self, thread: Ref<Thread>) -> Option<()> {
        let notification = self.store.get(thread).notification?;
        let word = core::mem::take(&mut self.store.get_mut(notification).word);
        if word == 0 {
            return None;
        }
        self.store.get_mut(thread).context.set_results(Arrival::Notification as u64, [0; 7], word);
        self.give_back_overdue(thread);
        self.take_time_of_signals(thread, notification);
        Some(())
    }

    /// Binds a notification to a thread.
    ///
    /// # Errors
    /// `AlreadyBound` if either is bound; `Dying`.
    pub fn bind_notification(&mut self, thread: Ref<Thread>, notification: Ref<Notification>) -> Result<(), Error> {
        let object = self.store.get(notification);
        if object.bound.is_some() || self.store.get(thread).notification.is_some() {
            return Err(Error::AlreadyBound);
        }
        if object.life == Life::Dying {
            return Err(Error::Dying);
        }
        self.store.get_mut(notification).bound = Some(thread);
        self.store.get_mut(thread).notification = Some(notification);
        self.deliver_pending(thread, notification);
        Ok(())
    }

    /// Signals that came before the binding reach a thread that waits already.
    fn deliver_pending(&mut self, thread: Ref<Thread>, notification: Ref<Notification>) {
        let word = self.store.get(notification).word;
        if word != 0
            && let State::Receiving { endpoint, reply, .. } = self.store.get(thread).state
        {
            self.unqueue_from(endpoint, thread);
            self.store.get_mut(reply).state = ReplyState::Idle;
            self.hand_over(notification, thread, word);
        }
    }

    /// Unbinds a thread's notification.
    ///
    /// # Errors
    /// `NotBound`.
    pub fn unbind_notification(&mut self, thread: Ref<Thread>) -> Result<(), Error> {
        let notification = self.store.get_mut(thread).notification.take().ok_or(Error::NotBound)?;
        self.store.get_mut(notification).bound = None;
        Ok(())
    }
}
