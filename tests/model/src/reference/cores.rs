//! The cores of a kernel and of its model: entering, interrupts, time that passes, and who runs next.

use super::abstraction;
use super::driver::{Pair, Ways};
use super::fast_paths::FastPath;
use super::state::{Object, State};
use crate::world::{print_reports, whereabouts};
use l4k::base::arch::{CoreNumber, Event, Line};
use l4k::base::registers::Shape;
use l4k::base::store::Ref;
use l4k::kernel::Resume;
use l4k::machine::simulated::{Simulated, Whereabouts};
use l4k::object::thread::Thread;
use l4k::operation::system::System;
use std::fmt::Write;

/// Tries to let a thread run that waits for its time.
const TRIES: u32 = 32;

impl Pair {
    pub(super) fn system(&mut self) -> &mut System<Simulated> {
        &mut self.world.kernel.system
    }

    pub(super) fn current(&self, core: u64) -> Option<Object> {
        self.world.kernel.system.core(CoreNumber(core as u8)).current.map(|thread| thread.address().value())
    }

    /// Whoever runs on a core changes its own thread pointer.
    pub(super) fn use_pointer(&mut self, core: u64) {
        let value = self.model.step as u64;
        if let Some(thread) = self.current(core) {
            self.system().store.machine.processors[core as usize].thread_pointer = value;
            self.pointers.insert(thread, value);
        }
    }

    /// A core enters the kernel. Its program has changed its own thread pointer before, and finds it again.
    ///
    /// # Errors
    /// If it does not.
    pub(super) fn enter(&mut self, core: u64, event: Option<Event>) -> Result<Resume, String> {
        self.model.step += 1;
        self.tell_registers(core);
        let (number, place) = (CoreNumber(core as u8), core as usize);
        if self.system().store.machine.processors[place].whereabouts == Whereabouts::Program {
            self.use_pointer(core);
        }
        let call = self.system().core(number).current.filter(|_| event == Some(Event::SystemCall));
        let call = call.map(|caller| self.world.kernel.system.store.get(caller).context.x[8]);
        self.judge.between(&mut self.world.kernel.system)?;
        self.system().store.machine.enter_kernel(place, call);
        let resume = match event {
            Some(event) => self.handle(number, event),
            None => self.world.kernel.start(number),
        };
        let resume = print_reports(&mut self.world.kernel, number, resume);
        self.system().store.machine.leave_kernel(whereabouts(resume));
        self.judge.after_entry(&mut self.world.kernel.system)?;
        if let Resume::Thread(thread) = resume {
            let found = self.system().store.machine.processors[place].thread_pointer;
            match self.pointers.get(&thread.address().value()) {
                Some(expected) if *expected != found => {
                    return Err(format!("{thread:?} has {found:#x} as its thread pointer, not {expected:#x}"));
                }
                _ => (),
            }
        }
        Ok(resume)
    }

    fn handle(&mut self, core: CoreNumber, event: Event) -> Resume {
        let kernel = &mut self.world.kernel;
        let path = FastPath::of(&kernel.system, core, event);
        if self.ways == Ways::All
            && let Some(thread) = kernel.take_fast_path(core, event)
        {
            self.fast.count(path.expect("there is a path for it"));
            return Resume::Thread(thread);
        }
        kernel.handle_slowly(core, event)
    }

    /// What is left to do when the model has taken a step on a core: who runs there now, and those that were stopped come next.
    pub(super) fn conclude(&mut self, core: u64, resume: Resume) -> Result<(), String> {
        self.follow(core);
        while let Some(stopped) = self.next_stopped() {
            self.interrupt(stopped)?;
        }
        if resume == Resume::Again {
            // A core that waits for the kernel came first.
            let _ = self.make_late_call(self.late)?;
            let resume = self.enter(core, None)?;
            self.follow(core);
            if resume == Resume::Again {
                return Err(format!("core {core} waits for nobody"));
            }
        }
        Ok(())
    }

    fn next_stopped(&mut self) -> Option<u64> {
        let stopped = &mut self.system().store.machine.stopped;
        (!stopped.is_empty()).then(|| u64::from(stopped.remove(0).0))
    }

    /// The model decides who runs.
    fn follow(&mut self, core: u64) {
        self.model.settle_places();
        let favourite = self.current(core);
        self.model.schedule(core, favourite);
        self.take_order();
        self.take_timer(core);
    }

    /// The fast paths leave the timer as it is. Then it may also be set for the releases of less urgent threads, of those above
    /// the priority that the kernel has noted.
    fn take_timer(&mut self, core: u64) {
        let system = &self.world.kernel.system;
        let (number, there) = (CoreNumber(core as u8), system.core(CoreNumber(core as u8)));
        let priority = there.current.map(|thread| system.store.get(thread).priority);
        let deadline = system.deadline_above(number, Some(there.timer_level));
        let is_early = Some(there.timer_level) < priority && there.waiting.is_some() && there.deadline == deadline;
        if is_early && deadline < system.next_deadline(number) {
            self.model.cores[core as usize].deadline = Some(deadline.0);
        }
    }

    /// What the model leaves open is as the kernel has it: the order of those that came together.
    fn take_order(&mut self) {
        let actual = State { cores: abstraction::cores(&self.world.kernel.system), ..State::default() };
        self.model.take_order(&actual);
    }

    /// The model learns the registers that a fault tells of whoever runs on a core.
    fn tell_registers(&mut self, core: u64) {
        if let Some(thread) = self.world.kernel.system.core(CoreNumber(core as u8)).current {
            let context = &self.world.kernel.system.store.get(thread).context;
            let link = if context.shape == Shape::SystemCall { 0 } else { context.x[30] };
            self.model.told.insert(thread.address().value(), [context.pc, context.sp, link]);
        }
    }

    /// A core takes the interrupt that is most urgent there.
    pub(super) fn interrupt(&mut self, core: u64) -> Result<(), String> {
        let line = self.model.line_for(core);
        let processor = &self.world.kernel.system.store.machine.processors[core as usize];
        let (rescheduled, due) = (processor.interrupted, self.model.cores[core as usize].deadline);
        let resume = self.enter(core, Some(Event::Interrupt))?;
        match line {
            Some(line) => self.model.take_line(line),
            None if rescheduled => (),
            None if due.is_some_and(|deadline| deadline <= self.model.now) => self.model.timer(core),
            None => (),
        }
        self.conclude(core, resume)
    }

    /// Whether a core waits for the kernel with a call.
    fn is_busy(&self, core: u64) -> bool {
        self.late.is_some_and(|late| late.core == core)
    }

    /// A device raises its line, and the core that it goes to takes it.
    pub(super) fn raise(&mut self, line: u64) -> Result<(), String> {
        let _ = writeln!(self.program, "line {line} interrupts");
        self.system().store.machine.raised.insert(Line(line as u16));
        self.model.pending.insert(line);
        let core = self.model.routes.get(&line).copied().unwrap_or(0);
        if self.is_busy(core) { Ok(()) } else { self.interrupt(core) }
    }

    /// The clock goes on, and timers interrupt.
    pub(super) fn advance(&mut self, now: u64) -> Result<(), String> {
        self.system().store.machine.clock.set(now);
        self.model.now = now;
        for core in 0..self.model.cores.len() as u64 {
            let due = self.model.cores[core as usize].deadline.is_some_and(|deadline| deadline <= now);
            if due && !self.is_busy(core) {
                self.interrupt(core)?;
            }
        }
        Ok(())
    }

    /// Some of the cores that others have interrupted take it; the others do so later.
    pub(super) fn take_some_interrupts(&mut self) -> Result<(), String> {
        for core in 0..self.model.cores.len() as u64 {
            let interrupted = self.system().store.machine.processors[core as usize].interrupted;
            if interrupted && !(self.model.step as u64 + core).is_multiple_of(3) {
                self.interrupt(core)?;
            }
        }
        Ok(())
    }

    /// Lets a thread that has time run now, as if it were the most urgent of all for a moment. The core that it is for.
    pub(super) fn force(&mut self, thread: Object) -> Result<u64, String> {
        let core = self.model.threads[&thread].core;
        for _ in 0..TRIES {
            let context = self.model.threads[&thread].context;
            if !self.model.cores[core as usize].waiting.contains(&thread) {
                break;
            }
            let release = context.map_or(0, |context| self.model.contexts[&context].release());
            self.advance(release.max(self.model.now))?;
            self.interrupt(core)?;
        }
        let able = self.model.cores[core as usize].ready.values().flatten().any(|other| *other == thread);
        if let (Some(actual), true) = (self.threads.get(&thread).copied(), able) {
            let old = self.model.threads[&thread].priorities[0];
            self.system().here = CoreNumber(core as u8);
            self.system().change_priority(actual, 255);
            self.model.change_priority(thread, 255);
            let resume = self.enter(core, None)?;
            self.conclude(core, resume)?;
            self.system().here = CoreNumber(core as u8);
            self.system().change_priority(actual, old as u8);
            self.model.change_priority(thread, old);
        }
        Ok(core)
    }

    /// A core decides anew who runs: the thread that was forced on it does nothing after all.
    pub(super) fn look_anew(&mut self, core: u64) -> Result<(), String> {
        let resume = self.enter(core, None)?;
        self.conclude(core, resume)
    }

    /// A core takes an interrupt in the middle of a call, of which the model knows only the end.
    fn take_unfollowed(&mut self, core: u64) -> Result<(), String> {
        let line = self.model.line_for(core);
        let _ = self.enter(core, Some(Event::Interrupt))?;
        if let Some(line) = line {
            self.model.take_line(line);
        }
        Ok(())
    }

    /// A thread whose call was interrupted runs again. The model is told of the end only.
    pub(super) fn run_again(&mut self, thread: Ref<Thread>, core: u64) -> Result<(), String> {
        let object = thread.address().value();
        for _ in 0..TRIES {
            while let Some(stopped) = self.next_stopped() {
                self.take_unfollowed(stopped)?;
            }
            if self.current(core) == Some(object) {
                return Ok(());
            }
            let release = self.system().release_of(thread).0;
            if self.system().store.get(thread).rank != 0 && release > self.model.now {
                self.system().store.machine.clock.set(release);
                self.model.now = release;
                self.take_unfollowed(core)?;
            }
            let old = self.system().store.get(thread).priority;
            self.system().here = CoreNumber(core as u8);
            self.system().change_priority(thread, 255);
            let _ = self.enter(core, None)?;
            self.system().here = CoreNumber(core as u8);
            self.system().change_priority(thread, old);
        }
        Err("a thread whose call is made again does not run".to_owned())
    }
}
