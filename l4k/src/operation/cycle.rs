//! Calls that wait for each other, with the feature `debug`: a call that closes a cycle is told when it is queued.
//! Nothing else would be seen of it than that its threads never go on. May call `thread_line`.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::base::time::Ticks;
use crate::object::reply::ReplyState;
use crate::object::thread::{State, Thread};

/// Longest cycle that is looked for. It bounds the time that a call takes, and the length of a report.
pub const CYCLE_MAX: usize = 16;

impl<A: Arch> System<A> {
    /// Tells the cycle that a thread has closed when it joined the callers of an endpoint, if there is one.
    pub fn tell_cycle(&mut self, caller: Ref<Thread>) {
        let Some(length) = self.cycle_of(caller) else { return };
        let second = Ticks(self.store.machine.ticks_per_second().value());
        let now = self.store.machine.now();
        if !self.watch.cycles.admits(now, second) {
            return;
        }
        self.say(format_args!(
            "a cycle of calls: each of these threads waits for the next, the last for the first, unless another thread receives in its place:"
        ));
        let mut thread = caller;
        for _ in 0..length {
            self.tell_thread(thread);
            let Some(next) = self.waits_for(thread) else { return };
            thread = next;
        }
    }

    /// How many threads wait for each other, beginning with this one. `None` if they come to no end within
    /// [`CYCLE_MAX`], or to another end than the beginning.
    fn cycle_of(&self, first: Ref<Thread>) -> Option<usize> {
        let mut thread = first;
        for length in 1..=CYCLE_MAX {
            thread = self.waits_for(thread)?;
            if thread == first {
                return Some(length);
            }
        }
        None
    }

    /// The thread that must go on before this one can: it owes the answer, or received last where the call is queued.
    fn waits_for(&self, thread: Ref<Thread>) -> Option<Ref<Thread>> {
        match self.store.get(thread).state {
            State::AwaitingReply { reply, .. } => match self.store.get(reply).state {
                ReplyState::Owed { server, .. } => Some(server),
                _ => None,
            },
            State::Calling { endpoint, .. } => self.watch.threads.find(self.store.get(endpoint).last_receiver),
            _ => None,
        }
    }
}
