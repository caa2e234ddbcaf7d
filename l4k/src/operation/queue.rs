//! Queues of waiting threads, ordered by priority, first come first served within one.
//!
//! A queue is a list of groups, the most urgent first; a group is a ring of threads of one priority. Insertion passes at most
//! one group a priority (256), removal is a constant number of links.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::endpoint::ThreadQueue;
use crate::object::thread::{QueueLinks, Thread};

impl<A: Arch> System<A> {
    /// Appends a thread that is in no queue behind those of its priority.
    pub fn enqueue(&mut self, queue: &mut ThreadQueue, thread: Ref<Thread>) {
        let priority = self.store.get(thread).priority;
        let mut above = None;
        let mut group = queue.first;
        while let Some(first) = group {
            let other = self.store.get(first);
            if other.priority <= priority {
                break;
            }
            above = group;
            group = other.links.below;
        }
        match group {
            Some(first) if self.store.get(first).priority == priority => self.ring_append(first, thread),
            below => self.insert_group(queue, thread, above, below),
        }
    }

    /// Takes a thread out of the queue that it is in.
    pub fn dequeue(&mut self, queue: &mut ThreadQueue, thread: Ref<Thread>) {
        let links = self.store.get(thread).links;
        if queue.first == Some(thread) && links.next == Some(thread) && links.below.is_none() {
            self.store.get_mut(thread).links = QueueLinks::default();
            queue.first = None;
            return;
        }
        let is_first = queue.first == Some(thread) || links.above.is_some();
        let successor = self.ring_remove(thread);
        if !is_first {
            return;
        }
        let replacement = successor.or(links.below);
        match links.above {
            Some(above) => self.store.get_mut(above).links.below = replacement,
            None => queue.first = replacement,
        }
        match successor {
            Some(successor) => {
                let new = &mut self.store.get_mut(successor).links;
                new.above = links.above;
                new.below = links.below;
                if let Some(below) = links.below {
                    self.store.get_mut(below).links.above = Some(successor);
                }
            }
            None => {
                if let Some(below) = links.below {
                    self.store.get_mut(below).links.above = links.above;
                }
            }
        }
    }

    /// Takes the first thread.
    pub fn pop(&mut self, queue: &mut ThreadQueue) -> Option<Ref<Thread>> {
        let first = queue.first?;
        self.dequeue(queue, first);
        Some(first)
    }

    fn insert_group(
        &mut self,
        queue: &mut ThreadQueue,
        thread: Ref<Thread>,
        above: Option<Ref<Thread>>,
        below: Option<Ref<Thread>>,
    ) {
        self.store.get_mut(thread).links = QueueLinks { next: Some(thread), previous: Some(thread), above, below };
        match above {
            Some(above) => self.store.get_mut(above).links.below = Some(thread),
            None => queue.first = Some(thread),
        }
        if let Some(below) = below {
            self.store.get_mut(below).links.above = Some(thread);
        }
    }

    /// Puts a thread at the end of a ring.
    pub(super) fn ring_append(&mut self, first: Ref<Thread>, thread: Ref<Thread>) {
        let last = self.store.get(first).links.previous.unwrap_or(first);
        self.store.get_mut(thread).links =
            QueueLinks { next: Some(first), previous: Some(last), above: None, below: None };
        self.store.get_mut(last).links.next = Some(thread);
        self.store.get_mut(first).links.previous = Some(thread);
    }

    /// Takes a thread out of its ring and returns the one after it, if any is left.
    pub(super) fn ring_remove(&mut self, thread: Ref<Thread>) -> Option<Ref<Thread>> {
        let links = core::mem::take(&mut self.store.get_mut(thread).links);
        let next = links.next.filter(|next| *next != thread)?;
        let previous = links.previous.unwrap_or(next);
        self.store.get_mut(previous).links.next = Some(next);
        self.store.get_mut(next).links.previous = Some(previous);
        Some(next)
    }
}
