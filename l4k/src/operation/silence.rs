//! Silent hangs, with the feature `debug`: if all cores are idle, the kernel tells what each thread waits for. May call
//! `thread_line` and `fault_report`.
//!
//! If nothing is left that could wake a thread, this is told at once. If interrupts are left, it may be well so: the
//! system waits for its user. Then it is told once, after [`PATIENCE_SECONDS`].

use super::next::Progress;
use super::system::System;
use crate::base::arch::{Arch, CoreNumber, Line};
use crate::base::time::{Instant, Ticks};
use crate::object::watch::Told;

/// How long all cores are idle before it is told that only interrupts are left.
pub const PATIENCE_SECONDS: u64 = 30;

impl<A: Arch> System<A> {
    /// This core has nothing to run. `More` if it has something to print: it lets other cores go first, takes its
    /// interrupts, and comes back.
    pub fn watch_silence(&mut self) -> Progress {
        if self.reports.are_waiting() {
            self.take_interrupt();
            self.tell_fault();
            return Progress::More;
        }
        if let Some(place) = self.watch.silence.unprinted {
            self.take_interrupt();
            self.tell_from(place);
            return Progress::More;
        }
        self.tell_left_out_in_time();
        if !self.is_silent() {
            return Progress::Complete;
        }
        match (self.awaits_interrupts(), self.watch.silence.told) {
            (false, Told::Nothing | Told::OnlyInterrupts) => {
                self.tell_end();
                Progress::Complete
            }
            (true, Told::Nothing) => self.tell_patiently(),
            _ => Progress::Complete,
        }
    }

    /// Between two steps an interrupt is dealt with. A thread that it makes ready runs after the next step, if it is
    /// urgent enough.
    fn take_interrupt(&mut self) {
        if self.store.machine.interrupt_pending() {
            self.interrupt();
        }
    }

    /// A core runs a thread again.
    pub const fn end_silence(&mut self) {
        self.watch.silence.deadline = None;
    }

    /// When an idle core looks whether the silence has lasted.
    pub fn silence_deadline(&self, core: CoreNumber) -> Instant {
        match self.watch.silence.deadline {
            Some((looks, deadline)) if looks == core => deadline,
            _ => Instant::NEVER,
        }
    }

    /// Whether no core runs a thread, has one that could run, or waits for the time of one. A thread in a call of
    /// firmware is current.
    fn is_silent(&self) -> bool {
        (0..self.core_count)
            .map(|number| self.core(CoreNumber(number)))
            .all(|core| core.current.is_none() && core.ready.highest().is_none() && core.waiting.is_none())
    }

    /// Whether an interrupt can come that signals a notification.
    fn awaits_interrupts(&self) -> bool {
        let mut lines = (0..self.lines.len()).map(|number| Line(number as u16));
        lines.any(|line| self.is_let_through(line) && self.signalled_by(line).is_some())
    }

    /// All in one piece: there is nobody whom it could keep from running.
    fn tell_end(&mut self) {
        self.watch.silence.told = Told::End;
        self.tell_left_out();
        self.say(format_args!(
            "nothing can ever run: all cores are idle, and no interrupt, timer or firmware will wake a thread. All threads:"
        ));
        self.watch.silence.unprinted = Some(0);
        while let Some(place) = self.watch.silence.unprinted {
            self.tell_from(place);
        }
    }

    /// Tells that only interrupts are left, if the silence has lasted.
    fn tell_patiently(&mut self) -> Progress {
        let now = self.store.machine.now();
        match self.watch.silence.deadline {
            None => {
                let patience = Ticks(PATIENCE_SECONDS * self.store.machine.ticks_per_second().value());
                self.watch.silence.deadline = Some((self.here, now.after(patience)));
                self.set_timer();
                Progress::Complete
            }
            Some((_, deadline)) if now < deadline => Progress::Complete,
            Some(_) => {
                self.watch.silence.deadline = None;
                self.watch.silence.told = Told::OnlyInterrupts;
                self.tell_left_out();
                self.watch.silence.unprinted = Some(0);
                self.say(format_args!(
                    "all cores have been idle for {PATIENCE_SECONDS} s, and only interrupts can wake a thread (told once). All threads:"
                ));
                Progress::More
            }
        }
    }

    /// Prints the next thread of the list, from a place on, or what comes after the last one.
    fn tell_from(&mut self, place: u16) {
        match self.watch.threads.next(place) {
            Some((thread, next)) => {
                self.watch.silence.unprinted = Some(next);
                self.tell_thread(thread);
            }
            None => {
                self.watch.silence.unprinted = None;
                let unlisted = self.watch.threads.unlisted;
                if unlisted != 0 {
                    self.say(format_args!("  threads that the kernel's list had no room for: {unlisted}"));
                }
            }
        }
    }
}
