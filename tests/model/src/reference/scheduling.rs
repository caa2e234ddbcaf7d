//! Who runs on which core, who could, and who waits for time.
//!
//! Threads that become able to run in one step may do so in any order; beyond that it is first come, first served within a priority. A
//! thread that was interrupted by a more urgent one stays in front.

use super::state::{Core, Object, Own, Place, State, ThreadState};
use super::time::Left;
use l4k_sys::abi::{FaultKind, Tag};

/// Threads that are released at once.
const RELEASES: usize = 8;

/// From the stamps of one step to those of the next: more than there are threads.
const FAR: Stamp = 10_000;

/// Where a thread stands in a queue: smaller is earlier.
pub type Stamp = i64;

impl State {
    fn core(&mut self, core: u64) -> &mut Core {
        &mut self.cores[core as usize]
    }

    /// Whether a thread runs or could, and on what.
    fn runnable(&self, thread: Object) -> Option<Object> {
        let thread = self.threads.get(&thread)?;
        thread.context.filter(|_| thread.state == ThreadState::Ready)
    }

    /// Accounts for the time that a core's thread has used.
    pub fn account(&mut self, core: u64) -> Left {
        let now = self.now;
        let used = now - std::mem::replace(&mut self.core(core).charged_until, now);
        let current = self.cores[core as usize].current;
        let context = current.and_then(|thread| self.placed.get(&thread).copied());
        match context.and_then(|context| self.contexts.get_mut(&context)) {
            Some(context) => context.consume(used, now),
            None => Left::Some,
        }
    }

    /// Accounts for the time that cores' threads have used of slices which are not over: nobody can see a difference.
    pub fn account_for_slices(&mut self) {
        for core in &mut self.cores {
            let context = core.current.and_then(|thread| self.threads.get(&thread)?.context);
            let context = context.and_then(|context| self.contexts.get_mut(&context));
            let used = self.now - core.charged_until;
            if let Some(context) = context.filter(|context| context.is_slice() && used < context.stretch()) {
                let _ = context.consume(used, self.now);
                core.charged_until = self.now;
            }
        }
    }

    /// Takes a thread from wherever it is among those that run, could or will.
    pub fn displace(&mut self, thread: Object) {
        for number in 0..self.cores.len() as u64 {
            if self.cores[number as usize].current == Some(thread) {
                let _ = self.account(number);
                self.core(number).current = None;
            }
            self.core(number).forget(thread);
        }
        self.placed.remove(&thread);
    }

    /// Puts a thread with time where it belongs: it can run, or waits for the release of its time.
    fn place(&mut self, thread: Object, stamp: Stamp) {
        let Some(context) = self.runnable(thread) else { return };
        let (core, release) = (self.contexts[&context].core, self.contexts[&context].release());
        let priority = self.threads[&thread].priorities[0];
        self.placed.insert(thread, context);
        if release <= self.now {
            self.stamps.insert(thread, stamp);
            self.core(core).ready.entry(priority).or_default().push(thread);
        } else {
            self.core(core).waiting.insert(thread);
        }
    }

    /// After a step: who cannot run any more leaves, who can comes.
    pub fn settle_places(&mut self) {
        for (thread, context) in self.placed.clone() {
            if self.runnable(thread) != Some(context) {
                self.displace(thread);
            }
        }
        for thread in self.threads.keys().copied().collect::<Vec<_>>() {
            if !self.placed.contains_key(&thread) {
                let stamp = self.step;
                self.place(thread, stamp);
            }
        }
    }

    /// Whoever runs on a core gives up the rest of its time.
    pub fn yield_time(&mut self, core: u64) {
        let Some(thread) = self.cores[core as usize].current else { return };
        let left = self.account(core);
        let context = self.placed[&thread];
        if left == Left::Some {
            self.contexts.get_mut(&context).expect("its context").give_up();
        }
        self.core(core).current = None;
        self.go_behind(core, thread);
    }

    /// Accounts for time. Who has used up a budget tells its timeout endpoint or waits; whose slice is over goes behind the others.
    fn charge(&mut self, core: u64) {
        if self.account(core) == Left::Some {
            return;
        }
        let Some(thread) = self.core(core).current.take() else { return };
        let context = self.placed.remove(&thread).expect("the current thread has a context");
        if !self.contexts[&context].is_slice() && self.at(Place::Thread(thread, Own::Timeouts)).is_some() {
            let context = self.contexts[&context].clone();
            let tag = Tag::new(FaultKind::Timeout as u32, 6).expect("a tag").bits();
            let [pc, sp, link] = self.told.get(&thread).copied().unwrap_or_default();
            self.fault_to(thread, Own::Timeouts, [tag, pc, context.badge, 0, context.consumed, sp, link]);
            self.settle_places();
        } else {
            self.go_behind(core, thread);
        }
    }

    /// Who ran on a core goes behind those of its priority, also those whose time has come meanwhile.
    fn go_behind(&mut self, core: u64, thread: Object) {
        self.release(core, self.threads[&thread].priorities[0]);
        let stamp = self.step;
        self.place(thread, stamp);
    }

    /// A core's timer: time is accounted for, and who waited long enough can run, if it is more urgent than the thread that runs.
    pub fn timer(&mut self, core: u64) {
        self.charge(core);
        if let Some(current) = self.cores[core as usize].current {
            self.release(core, self.threads[&current].priorities[0] + 1);
        }
    }

    /// Who waited long enough can run, the first of them, if it has a priority or a higher one.
    fn release(&mut self, core: u64, least: u64) {
        for _ in 0..RELEASES {
            let release = |thread: &Object| (self.contexts[&self.placed[thread]].release(), *thread);
            let waiting = self.cores[core as usize].waiting.iter();
            let first = waiting.filter(|thread| self.threads[thread].priorities[0] >= least).map(release).min();
            let Some((_, thread)) = first.filter(|(release, _)| *release <= self.now) else { return };
            self.core(core).forget(thread);
            let stamp = self.step;
            self.place(thread, stamp);
        }
    }

    /// The most urgent thread runs, if it is more urgent than the one that does. `favourite` decides among those that came in the same step.
    pub fn schedule(&mut self, core: u64, favourite: Option<Object>) {
        if self.cores[core as usize].current.is_none() {
            let highest = self.cores[core as usize].highest();
            self.release(core, highest.unwrap_or(0));
        }
        let highest = self.cores[core as usize].highest();
        let own = self.cores[core as usize].current.map(|thread| self.threads[&thread].priorities[0]);
        if highest.is_some() && own < highest {
            self.charge(core);
            if let Some(thread) = self.core(core).current.take() {
                let stamp = -self.step * FAR;
                self.stamps.insert(thread, stamp);
                let priority = self.threads[&thread].priorities[0];
                self.core(core).ready.entry(priority).or_default().insert(0, thread);
            }
            let highest = self.cores[core as usize].highest().expect("at least what was there before");
            let queue = &self.cores[core as usize].ready[&highest];
            let first = queue.iter().map(|thread| self.stamps[thread]).min();
            let mut firsts = queue.iter().filter(|thread| Some(self.stamps[thread]) == first).copied();
            let chosen = firsts.clone().find(|thread| Some(*thread) == favourite).or(firsts.next());
            let chosen = chosen.expect("a queue is not empty");
            self.core(core).forget(chosen);
            self.core(core).current = Some(chosen);
            let (now, context) = (self.now, self.placed[&chosen]);
            self.contexts.get_mut(&context).expect("its context").begin(now);
        }
        self.set_timer(core);
    }

    /// A core's timer is set to the next thing that must happen there.
    fn set_timer(&mut self, core: u64) {
        let there = &self.cores[core as usize];
        let context = |thread: &Object| &self.contexts[&self.placed[thread]];
        let end = there.current.as_ref().map(|thread| there.charged_until + context(thread).stretch());
        let own = there.current.map(|thread| self.threads[&thread].priorities[0]);
        let preempts = |thread: &&Object| Some(self.threads[*thread].priorities[0]) > own;
        let release = there.waiting.iter().filter(preempts).map(|thread| context(thread).release()).min();
        self.core(core).deadline = end.into_iter().chain(release).min();
    }

    /// Changes a thread's priority among those that could run. If its time has come meanwhile, it could run from now on.
    pub fn change_priority(&mut self, thread: Object, priority: u64) {
        let old = std::mem::replace(&mut self.thread(thread).priorities[0], priority);
        let stamp = self.step;
        for number in 0..self.cores.len() as u64 {
            if self.core(number).waiting.remove(&thread) {
                self.place(thread, stamp);
            }
        }
        for core in &mut self.cores {
            if core.ready.get(&old).is_some_and(|queue| queue.contains(&thread)) {
                core.forget(thread);
                core.ready.entry(priority).or_default().push(thread);
                self.stamps.insert(thread, stamp);
            }
        }
    }

    /// Takes the order of threads that came in one step as it is in another state, if that one keeps to the rules.
    pub fn take_order(&mut self, actual: &State) {
        for (core, other) in self.cores.iter_mut().zip(&actual.cores) {
            for (priority, queue) in &mut core.ready {
                let Some(order) = other.ready.get(priority) else { continue };
                let stamps = order.iter().filter_map(|thread| self.stamps.get(thread));
                let same = order.len() == queue.len() && order.iter().all(|thread| queue.contains(thread));
                if same && stamps.is_sorted() {
                    queue.clone_from(order);
                }
            }
        }
    }

    /// Takes everything about who runs when as it is in another state: after a call that was made in several pieces.
    pub fn take_scheduling(&mut self, actual: &State) {
        self.cores.clone_from(&actual.cores);
        for (object, context) in &mut self.contexts {
            if let Some(other) = actual.contexts.get(object) {
                context.refills.clone_from(&other.refills);
                context.consumed = other.consumed;
            }
        }
        self.placed.clear();
        let step = self.step;
        for core in &actual.cores {
            let ready = core.ready.values().flat_map(|queue| queue.iter().zip(1..));
            for (thread, place) in ready {
                // As if all had been interrupted just now, the last first.
                self.stamps.insert(*thread, place - step * FAR);
            }
            for thread in core.ready.values().flatten().chain(&core.waiting).chain(&core.current) {
                if let Some(context) = self.threads.get(thread).and_then(|thread| thread.context) {
                    self.placed.insert(*thread, context);
                }
            }
        }
    }
}

impl Core {
    /// The highest priority of those that could run.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        self.ready.keys().next_back().copied()
    }

    fn forget(&mut self, thread: Object) {
        self.waiting.remove(&thread);
        for queue in self.ready.values_mut() {
            queue.retain(|other| *other != thread);
        }
        self.ready.retain(|_, queue| !queue.is_empty());
    }
}
