//! Reports on faults that nobody handles, with the feature `debug`. A report is printed in steps of a line or two,
//! before less urgent threads run, and no more than `REPORTS_PER_SECOND` are printed in a second: a program that faults
//! in a loop neither floods the console nor keeps others from running. Those that are left out are counted, and the
//! count is printed. May call `console` and `stack_overflow`.

use super::console::{Console, ThreadName};
use super::stack_overflow::StackSize;
use super::system::System;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::registers::Context;
use crate::base::store::Ref;
use crate::base::time::Ticks;
use crate::object::thread::{Priority, Thread};
use crate::object::watch::Rate;
use core::fmt::{self, Write};
use l4k_sys::abi::Fault;

/// Reports that begin in a second.
pub const REPORTS_PER_SECOND: u32 = 4;

/// Reports that wait for their turn.
const WAITING_MAX: usize = 4;

/// Registers in a line.
const ROW: usize = 4;

/// What is told of a fault. It is a copy, since the thread may go on or be destroyed meanwhile.
#[derive(Clone, Debug)]
struct FaultReport {
    name: ThreadName,
    thread: Ref<Thread>,
    core: CoreNumber,
    priority: Priority,
    fault: Fault,
    overflowed: Option<StackSize>,
    context: Context,
    /// Steps that are done.
    done: usize,
}

/// Faults that nobody handled, and that were not told about yet.
#[derive(Debug)]
pub struct FaultReports {
    /// Their reports, the oldest first.
    waiting: [Option<FaultReport>; WAITING_MAX],
    rate: Rate,
    /// How many have no report, and the thread of the last one.
    left_out: u32,
    last_left_out: ThreadName,
}

impl FaultReports {
    /// There were none.
    pub const NONE: FaultReports = FaultReports {
        waiting: [const { None }; WAITING_MAX],
        rate: Rate::new(REPORTS_PER_SECOND),
        left_out: 0,
        last_left_out: ThreadName::NONE,
    };

    /// Whether some line is still to be printed.
    #[must_use]
    pub const fn are_waiting(&self) -> bool {
        self.waiting[0].is_some()
    }
}

impl<A: Arch> System<A> {
    /// A thread was suspended by a fault that has no handler.
    pub fn report_fault(&mut self, thread: Ref<Thread>) {
        let Some(fault) = self.store.get(thread).fault.get() else { return };
        let second = Ticks(self.store.machine.ticks_per_second().value());
        let (now, core) = (self.store.machine.now(), self.here);
        let Thread { name, priority, .. } = *self.store.get(thread);
        let name = ThreadName(name);
        let is_free = |place: &Option<FaultReport>| place.is_none();
        let Some(place) =
            self.reports.waiting.iter().position(is_free).filter(|_| self.reports.rate.admits(now, second))
        else {
            self.reports.left_out = self.reports.left_out.saturating_add(1);
            self.reports.last_left_out = name;
            return;
        };
        let overflowed = self.overflowed_stack(thread, &fault);
        let context = self.store.get(thread).context.clone();
        let report = FaultReport { name, thread, core, priority, fault, overflowed, context, done: 0 };
        if let Some(place) = self.reports.waiting.get_mut(place) {
            *place = Some(report);
        }
    }

    /// Whether the oldest report goes on before threads of a priority run on this core. It does if the thread that has
    /// faulted here was as urgent. It begins in any case, since a more urgent thread may spin for ever, and wait for
    /// the one that has faulted.
    pub fn report_comes_first(&self, priority: Priority) -> bool {
        let first = self.reports.waiting[0].as_ref();
        first.is_some_and(|report| report.core == self.here && (report.done == 0 || report.priority >= priority))
    }

    /// Prints the next lines of the oldest report.
    pub fn tell_fault(&mut self) {
        if self.reports.waiting[0].as_ref().is_some_and(|report| report.done == 0) {
            self.tell_left_out();
        }
        let Some(report) = &mut self.reports.waiting[0] else { return };
        let mut console = Console(&mut self.store.machine);
        let rows = report.context.x.chunks(ROW);
        let _ = match report.done.checked_sub(1) {
            None => report.begin(&mut console),
            Some(row) => match rows.enumerate().nth(row) {
                Some((number, values)) => tell_row(&mut console, number * ROW, values),
                None => report.end(&mut console),
            },
        };
        report.done += 1;
        if report.done > report.context.x.len().div_ceil(ROW) + 1 {
            self.reports.waiting[0] = None;
            self.reports.waiting.rotate_left(1);
        }
    }

    /// The same for those that have no report, if a second has passed since the last one had.
    pub fn tell_left_out_in_time(&mut self) {
        let second = Ticks(self.store.machine.ticks_per_second().value());
        if self.reports.rate.is_over(self.store.machine.now(), second) {
            self.tell_left_out();
        }
    }

    /// Tells how many faults were left out, if any were.
    pub fn tell_left_out(&mut self) {
        let (count, name) = (core::mem::take(&mut self.reports.left_out), self.reports.last_left_out);
        if count != 0 {
            let mut console = Console(&mut self.store.machine);
            let _ = writeln!(
                console,
                "l4k: faults without a handler that were left out here: {count}, the last one of thread '{name}'"
            );
        }
    }
}

impl FaultReport {
    fn begin(&self, console: &mut impl Write) -> fmt::Result {
        let FaultReport { name, thread, fault, .. } = self;
        writeln!(
            console,
            "l4k: thread '{name}' ({thread:?}) suspended, no fault handler: {:?} fault ({:?}, {:?}, level {}) at address {:#x}, pc {:#x}, syndrome {:#x}",
            fault.kind,
            fault.access,
            fault.cause,
            fault.level,
            fault.address,
            fault.instruction_pointer,
            fault.syndrome
        )?;
        match self.overflowed {
            Some(StackSize::Exactly(bytes)) => writeln!(console, "l4k:   stack overflow: the stack has {bytes} bytes"),
            Some(StackSize::AtLeast(bytes)) => {
                writeln!(console, "l4k:   stack overflow: the stack has {bytes} bytes or more")
            }
            None => Ok(()),
        }
    }

    fn end(&self, console: &mut impl Write) -> fmt::Result {
        let Context { sp, pstate, .. } = self.context;
        writeln!(console, "l4k:   sp  {sp:016x} pstate {pstate:016x}")
    }
}

fn tell_row(console: &mut impl Write, first: usize, values: &[u64]) -> fmt::Result {
    write!(console, "l4k:   x{first:<2}")?;
    for value in values {
        write!(console, " {value:016x}")?;
    }
    writeln!(console)
}
