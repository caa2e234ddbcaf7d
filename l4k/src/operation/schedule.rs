//! Who runs. A thread runs if it is ready and has a scheduling context; of those the most urgent, in turn within a priority.
//!
//! The one rule of bookkeeping: a ready thread with a context is current on its context's core, or in that core's ready queue, or
//! among those that wait there for the release of their time; every other thread is neither.
//!
//! The kernel's time belongs to the thread that entered it, up to where the next thread begins. If that thread leaves its
//! core on the way, its context becomes the core's *payer*: it pays when the next thread is chosen, if it still lives.

use super::fault::Handled;
use super::loading::Loaded;
use super::ready::End;
use super::system::System;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::base::time::Instant;
use crate::object::sched_context::{SchedContext, Turn};
use crate::object::thread::{Priority, State, Suspension, Thread, Use};

/// Who runs on a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// This thread.
    Thread(Ref<Thread>),
    /// Nobody.
    Nobody,
    /// A thread that another core, which waits for the kernel, has to let go of first.
    Elsewhere,
}

/// Waiting threads that are made able to run at once. If more are due, those that are more urgent than the one that runs then
/// come with the next timer interrupt, which is pending; the others when the next thread is chosen.
const RELEASES_MAX: u32 = 8;

impl<A: Arch> System<A> {
    /// The core of a thread's context; `None` if it has no context.
    #[must_use]
    #[inline(always)]
    pub fn core_of(&self, thread: Ref<Thread>) -> Option<CoreNumber> {
        let context = self.store.get(thread).running_on?;
        Some(self.store.get(context).core)
    }

    /// Makes a blocked or suspended thread ready.
    #[inline(always)]
    pub fn make_ready(&mut self, thread: Ref<Thread>) {
        debug_assert!(self.store.get(thread).state != State::Ready);
        self.store.get_mut(thread).state = State::Ready;
        if let Some(core) = self.core_of(thread) {
            self.admit(core, thread, End::Back);
        }
    }

    /// Puts a ready thread among those that can run, or among those whose time is still to come.
    #[inline(always)]
    fn admit(&mut self, core: CoreNumber, thread: Ref<Thread>, end: End) {
        self.admit_silently(core, thread, end);
        if core != self.here {
            self.reschedule_if_needed(core, thread);
        }
    }

    /// The same, and the core is not told.
    #[inline(always)]
    fn admit_silently(&mut self, core: CoreNumber, thread: Ref<Thread>, end: End) {
        let release = self.release_of(thread);
        if release <= self.core(core).charged_until || release <= self.store.machine.now() {
            self.ready_insert(core, thread, end);
        } else {
            self.release_insert(core, thread);
        }
    }

    /// The thread that ran here goes behind those of its priority, also behind those whose time has come meanwhile.
    #[inline(always)]
    fn go_behind(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        if core == self.here {
            self.release_due(self.store.get(thread).priority);
        }
        self.admit(core, thread, End::Back);
    }

    /// Takes a ready thread that is not current from where [`admit`](Self::admit) has put it.
    fn dismiss(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        if self.store.get(thread).rank == 0 {
            self.ready_remove(core, thread);
        } else {
            self.release_remove(core, thread);
        }
    }

    /// Threads from a priority on whose time has come can run: up to eight of them. Less urgent ones wait until they would
    /// run: they must not take time from whoever does.
    #[inline(always)]
    pub fn release_due(&mut self, least: Priority) {
        if self.core(self.here).waiting.is_some() {
            self.release_all_due(least);
        }
    }

    #[inline(never)]
    fn release_all_due(&mut self, least: Priority) {
        let (here, now) = (self.here, self.store.machine.now());
        for _ in 0..RELEASES_MAX {
            match self.first_released(here, least) {
                Some(thread) if self.release_of(thread) <= now => {
                    self.release_remove(here, thread);
                    self.ready_insert(here, thread, End::Back);
                }
                _ => return,
            }
        }
    }

    /// The timer has interrupted: threads that are more urgent than the current one can run, if their time has come.
    pub fn release_urgent(&mut self) {
        let current = self.core(self.here).current;
        if let Some(least) = current.and_then(|current| self.store.get(current).priority.checked_add(1)) {
            self.release_due(least);
        }
    }

    /// Takes a ready thread off its core or out of the ready queue, into another state.
    #[inline(always)]
    pub fn leave_ready(&mut self, thread: Ref<Thread>, state: State) {
        debug_assert!(self.store.get(thread).state == State::Ready);
        self.take_off(thread);
        self.store.get_mut(thread).state = state;
    }

    /// Gives a thread a context to run on. It must have none, and the context no thread.
    pub fn attach_context(&mut self, thread: Ref<Thread>, context: Ref<SchedContext>) {
        let core = self.store.get(context).core;
        self.store.get_mut(context).thread = Some(thread);
        let object = self.store.get_mut(thread);
        object.running_on = Some(context);
        object.lost_time = Use::No;
        object.core = core;
        if object.state == State::Ready {
            self.admit(core, thread, End::Back);
        }
    }

    /// Takes the context away from whoever runs on it.
    pub fn detach_context(&mut self, context: Ref<SchedContext>) {
        let Some(thread) = self.store.get(context).thread else { return };
        if self.store.get(thread).state == State::Ready {
            self.take_off(thread);
        }
        self.store.get_mut(thread).running_on = None;
        self.store.get_mut(context).thread = None;
    }

    /// Changes a thread's priority, wherever it is queued.
    pub fn change_priority(&mut self, thread: Ref<Thread>, priority: Priority) {
        match self.store.get(thread).state {
            State::Ready => {
                let core = self.core_of(thread);
                let current = core.is_some_and(|core| self.core(core).current == Some(thread));
                match core {
                    Some(core) if !current => {
                        self.dismiss(core, thread);
                        self.store.get_mut(thread).priority = priority;
                        self.admit_silently(core, thread, End::Back);
                    }
                    _ => self.store.get_mut(thread).priority = priority,
                }
                if let Some(core) = core {
                    self.unsettle(core);
                    self.reschedule_if_outranked(core);
                }
            }
            State::Calling { endpoint, .. } | State::Receiving { endpoint, .. } => {
                let mut queue = self.store.get(endpoint).queue;
                self.dequeue(&mut queue, thread);
                self.store.get_mut(thread).priority = priority;
                self.enqueue(&mut queue, thread);
                self.store.get_mut(endpoint).queue = queue;
            }
            State::Waiting { notification } => {
                let mut queue = self.store.get(notification).queue;
                self.dequeue(&mut queue, thread);
                self.store.get_mut(thread).priority = priority;
                self.enqueue(&mut queue, thread);
                self.store.get_mut(notification).queue = queue;
            }
            State::Suspended(_) | State::AwaitingReply { .. } => {
                self.store.get_mut(thread).priority = priority;
            }
        }
    }

    /// Gives up the rest of the current slice.
    pub fn yield_slice(&mut self) {
        let here = self.here;
        let Some(thread) = self.core(here).current else { return };
        let (turn, least) = (self.account(here), self.least);
        if let Some(context) = self.store.get(thread).running_on
            && turn == Turn::GoesOn
        {
            self.store.get_mut(context).give_up(least);
        }
        self.core_mut(here).current = None;
        self.go_behind(here, thread);
    }

    /// Accounts for the time that a core's current thread has used since the last time.
    #[inline(always)]
    fn account(&mut self, core: CoreNumber) -> Turn {
        let context = self.core(core).current.and_then(|thread| self.store.get(thread).running_on);
        self.account_for(core, context)
    }

    /// The same, if a context has to pay.
    #[inline(always)]
    fn account_for(&mut self, core: CoreNumber, context: Option<Ref<SchedContext>>) -> Turn {
        let now = self.store.machine.now();
        let (least, core) = (self.least, self.core_mut(core));
        let used = now.since(core.charged_until);
        core.charged_until = now;
        context.map_or(Turn::GoesOn, |context| self.store.get_mut(context).use_up(used, now, least))
    }

    /// Accounts for time. A current thread whose slice is over goes behind those of its priority; one whose budget is used up tells its
    /// timeout endpoint, or waits for the next refill.
    #[inline(always)]
    pub fn charge(&mut self) {
        let here = self.here;
        if self.account(here) == Turn::Over
            && let Some(thread) = self.core_mut(here).current.take()
            && self.raise_timeout(thread) == Handled::ByNobody
        {
            self.go_behind(here, thread);
        }
    }

    /// A thread that was put among those that can run leaves them: the context that it runs on has paid for the way of
    /// whoever had it before, and is used up by that.
    #[cold]
    #[inline(never)]
    fn use_up_on_the_way(&mut self, payer: Ref<SchedContext>) {
        if let Some(thread) = self.store.get(payer).thread
            && self.store.get(thread).state == State::Ready
        {
            let core = self.store.get(payer).core;
            self.dismiss(core, thread);
            if self.raise_timeout(thread) == Handled::ByNobody {
                self.go_behind(core, thread);
            }
        }
    }

    /// A context that is about to be filled anew, or to go away, pays up to here, and for nothing that follows.
    pub fn settle_payer(&mut self, context: Ref<SchedContext>) {
        let here = self.here;
        if self.core(here).payer == Some(context) {
            let _ = self.account_for(here, Some(context));
            self.core_mut(here).payer = None;
        }
    }

    /// Decides who runs on this core now, and loads its address space and registers.
    pub fn schedule(&mut self) -> Chosen {
        let here = self.here;
        match (self.core(here).current, self.core(here).ready.highest()) {
            (Some(current), Some(highest)) if highest > self.store.get(current).priority => self.preempt(highest),
            (None, mut highest) if highest.is_some() || self.core(here).payer.is_some() || self.is_release_due() => {
                let payer = self.core_mut(here).payer.take();
                if self.account_for(here, payer) == Turn::Over
                    && let Some(payer) = payer
                {
                    self.use_up_on_the_way(payer);
                    highest = self.core(here).ready.highest();
                }
                if self.core(here).waiting.is_some() {
                    self.release_due(highest.unwrap_or(0));
                    highest = self.core(here).ready.highest();
                }
                if let Some(highest) = highest
                    && !self.report_comes_first(highest)
                {
                    self.end_silence();
                    self.run_first(highest);
                }
            }
            _ => (),
        }
        let current = self.core(here).current;
        let loaded = self.load(current);
        self.set_timer();
        self.send_reschedules();
        match (loaded, current) {
            (Loaded::Elsewhere, _) => Chosen::Elsewhere,
            (Loaded::Here, Some(thread)) => {
                self.settled_core_mut(here).settled = self.spaces;
                Chosen::Thread(thread)
            }
            (Loaded::Here, None) => Chosen::Nobody,
        }
    }

    /// Whether [`schedule`](Self::schedule) would find nothing to do: the current thread goes on.
    #[inline(always)]
    #[must_use]
    pub fn is_settled(&self, here: CoreNumber) -> bool {
        let is_settled = self.core(here).settled == self.spaces;
        debug_assert!(!is_settled || self.has_nothing_to_decide(here));
        is_settled
    }

    /// The same, looked up.
    fn has_nothing_to_decide(&self, here: CoreNumber) -> bool {
        let core = self.core(here);
        let Some(thread) = core.current else { return false };
        let object = self.store.get(thread);
        core.ready.highest().is_none_or(|highest| highest <= object.priority)
            && core.loaded_thread == Some(thread)
            && core.loaded == self.look_up_tables(thread)
            && (core.waiting.is_none() || core.timer_level <= object.priority)
            && core.deadline == self.deadline_above(here, Some(core.timer_level))
            && self.rescheduled == 0
    }

    /// When the next thing must happen: the end of the current thread's time, or the release of a more urgent thread.
    #[inline(always)]
    #[must_use]
    pub fn next_deadline(&self, here: CoreNumber) -> Instant {
        let current = self.core(here).current.map(|thread| self.store.get(thread).priority);
        self.deadline_above(here, current)
    }

    /// The same, with the releases of threads above a priority; `None`: of all.
    #[inline(always)]
    #[must_use]
    pub fn deadline_above(&self, here: CoreNumber, level: Option<Priority>) -> Instant {
        let core = self.core(here);
        let mut deadline = self.silence_deadline(here);
        if let Some(thread) = core.current
            && let Some(context) = self.store.get(thread).running_on
        {
            deadline = core.charged_until.after(self.store.get(context).refills.first().amount);
        }
        if core.waiting.is_some() {
            deadline = deadline.min(self.next_release_above(here, level));
        }
        deadline
    }

    /// The next release on a core of a thread above a priority, `None`: of any.
    #[inline(never)]
    fn next_release_above(&self, core: CoreNumber, level: Option<Priority>) -> Instant {
        let least = level.map_or(Some(0), |level| level.checked_add(1));
        let first = least.and_then(|least| self.first_released(core, least));
        first.map_or(Instant::NEVER, |thread| self.release_of(thread))
    }

    /// The next release that changes who runs: of a thread that is more urgent than the current one.
    #[must_use]
    pub fn next_release(&self, core: CoreNumber) -> Instant {
        self.next_release_above(core, self.core(core).current.map(|thread| self.store.get(thread).priority))
    }

    /// Whether the time of a thread has come that waits on this core.
    fn is_release_due(&self) -> bool {
        let first = self.core(self.here).waiting;
        first.is_some_and(|first| self.release_of(first) <= self.store.machine.now())
    }

    /// Sets the timer to it.
    #[inline(always)]
    pub fn set_timer(&mut self) {
        let deadline = self.next_deadline(self.here);
        let current = self.core(self.here).current.map_or(0, |thread| self.store.get(thread).priority);
        self.settled_core_mut(self.here).timer_level = current;
        if deadline != self.core(self.here).deadline {
            self.core_mut(self.here).deadline = deadline;
            self.store.machine.set_deadline((deadline != Instant::NEVER).then_some(deadline));
        }
    }

    /// The current thread makes way for one of a priority above its own, which is the highest.
    #[inline(always)]
    fn preempt(&mut self, highest: Priority) {
        let here = self.here;
        self.charge();
        if let Some(current) = self.core(here).current {
            self.core_mut(here).current = None;
            self.ready_insert(here, current, End::Front);
            self.run_first(highest);
        } else if let Some(highest) = self.core(here).ready.highest() {
            // Whoever hears of the end of its time may be the most urgent now.
            self.run_first(highest);
        }
    }

    #[inline(always)]
    fn run_first(&mut self, priority: Priority) {
        let here = self.here;
        let Some(first) = self.core(here).ready.first(priority) else { return };
        self.ready_remove(here, first);
        let now = self.core(here).charged_until;
        if let Some(context) = self.store.get(first).running_on {
            self.store.get_mut(context).begin(now);
        }
        self.set_current(here, first);
    }

    /// A thread is what a core runs from now on.
    pub fn set_current(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        let context = self.store.get(thread).running_on;
        let slice = context.filter(|context| self.store.get(*context).is_slice());
        let core = self.core_mut(core);
        (core.current, core.slice) = (Some(thread), slice);
    }

    /// Removes a ready thread from its core or the ready queue. Its state is the caller's to change.
    #[inline(always)]
    fn take_off(&mut self, thread: Ref<Thread>) {
        let Some(core) = self.core_of(thread) else { return };
        if self.core(core).current == Some(thread) {
            if core == self.here {
                let payer = self.store.get(thread).running_on;
                self.core_mut(core).payer = payer;
            } else {
                self.stop(core, thread);
                let _ = self.account(core);
            }
            self.core_mut(core).current = None;
        } else {
            self.dismiss(core, thread);
        }
    }

    /// Stops a thread that is ready or suspended, for good or until it is resumed. Dying is for good.
    pub fn set_suspended(&mut self, thread: Ref<Thread>, suspension: Suspension) {
        match self.store.get(thread).state {
            State::Ready => self.leave_ready(thread, State::Suspended(suspension)),
            State::Suspended(Suspension::Dying) => (),
            _ => self.store.get_mut(thread).state = State::Suspended(suspension),
        }
    }
}
