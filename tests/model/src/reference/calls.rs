//! Calls and faults of threads, on a real kernel and on the model; also calls with which a core waits for its turn in the kernel.

use super::abstraction;
use super::call::Answer;
use super::driver::{Next, Pair};
use super::state::{Object, State, ThreadState};
use l4k::base::arch::{CoreNumber, Entered, Event};
use l4k::kernel::Resume;
use l4k::machine::simulated::Whereabouts;
use l4k_sys::Error;
use l4k_sys::abi::boot::slot;
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, ObjectKind, SystemCall};
use std::fmt::Write;

/// Calls in which an interrupted thread may try again before the test gives up.
const TRIES: u32 = 100_000;

/// A call with which a core waits for the kernel.
#[derive(Clone, Copy)]
pub(super) struct Late {
    /// The core.
    pub(super) core: u64,
    caller: Object,
    call: SystemCall,
    x: [u64; 9],
    /// Where its instruction is.
    pc: u64,
}

impl Pair {
    /// Nobody can take a step: the end, but for a call that waits.
    pub(super) fn nobody_runs(&mut self) -> Result<Next, String> {
        let late = self.late;
        if late.is_none() {
            return Ok(Next::Over);
        }
        self.make_late_call(late)
    }

    /// A thread enters the kernel with a call, and waits for its turn.
    pub(super) fn call_late(&mut self, caller: Object, call: SystemCall, x: [u64; 9]) {
        let _ = writeln!(self.program, "thread {caller:#x} waits for the kernel with {call:?}");
        let core = self.model.threads[&caller].core;
        let pc = self.world.kernel.system.store.get(self.threads[&caller]).context.pc;
        self.pass_arguments(caller, call, x);
        let [a, b, c, d, e, f, g, h, x9] = x;
        self.model.thread(caller).registers = [a, b, c, d, e, f, g, h, x9];
        self.use_pointer(core);
        let waits = Whereabouts::Entered(Entered::SystemCall);
        self.system().store.machine.processors[core as usize].whereabouts = waits;
        self.late = Some(Late { core, caller, call, x, pc });
    }

    /// Its turn has come: the call is made, unless the thread was taken away meanwhile.
    pub(super) fn make_late_call(&mut self, late: Option<Late>) -> Result<Next, String> {
        let Some(Late { core, caller, call, x, pc }) = late else { return Ok(Next::GoesOn) };
        self.late = None;
        self.note_threads();
        if let Some(thread) = self.world.kernel.system.core(CoreNumber(core as u8)).current {
            // Meanwhile its last capability in the table may have been moved to another one.
            self.threads.insert(thread.address().value(), thread);
        }
        if self.current(core) == Some(caller) && !is_spared(call, &self.model, caller, &x) {
            return self.make_call(caller, call, x, None);
        }
        let _ = writeln!(self.program, "the call of thread {caller:#x} is not made");
        if self.current(core) == Some(caller) {
            // It is not to be made after all: another interrupt comes first.
            let thread = self.threads[&caller];
            self.system().store.get_mut(thread).context.restart_system_call();
            return self.look_anew(core).map(|()| Next::GoesOn);
        }
        if let (true, Some(thread)) = (self.model.threads.contains_key(&caller), self.threads.get(&caller)) {
            let context = &self.world.kernel.system.store.get(*thread).context;
            if (context.pc, context.x[8]) != (pc, call as u64) {
                return Err(format!(
                    "the call is not made again at {pc:#x}, but {} at {:#x}",
                    context.x[8], context.pc
                ));
            }
        }
        let resume = self.enter(core, Some(Event::SystemCall))?;
        self.conclude(core, resume)?;
        Ok(Next::GoesOn)
    }

    /// Puts a call's arguments into its thread's registers, as if it was made now.
    pub(super) fn pass_arguments(&mut self, caller: Object, call: SystemCall, x: [u64; 9]) {
        let thread = self.threads[&caller];
        let context = &mut self.system().store.get_mut(thread).context;
        context.x[..8].copy_from_slice(&x[..8]);
        (context.x[8], context.x[9]) = (call as u64, x[8]);
        context.begin_system_call();
        context.pc = context.pc.wrapping_add(4);
    }

    pub(super) fn fault(&mut self, thread: Object) -> Result<(), String> {
        let core = self.model.threads[&thread].core;
        let again = std::mem::take(&mut self.model.cores[core as usize].met_break);
        let _ = writeln!(self.program, "thread {thread:#x} faults{}", if again { ", perhaps in vain" } else { "" });
        let fault = Fault {
            kind: FaultKind::Page,
            access: Access::Write,
            cause: FaultCause::NotMapped,
            level: 3,
            instruction_pointer: 0x20_0000,
            address: 0xdead_0000,
            syndrome: 0x9200_0047,
            stack_pointer: 0x30_0000,
            link_register: 0,
        };
        let (tag, [a, b, c, d, e, f]) = fault.to_message();
        if !again {
            self.model.fault(thread, [tag.bits(), a, b, c, d, e, f]);
        }
        let resume = self.enter(core, Some(Event::Fault(fault)))?;
        self.conclude(core, resume)
    }

    /// A thread that runs now: the n-th of those that can, or whoever runs on its core instead.
    pub(super) fn forced(&mut self, number: u64) -> Result<Option<Object>, String> {
        let Some(thread) = self.runner(number) else { return Ok(None) };
        let core = self.force(thread)?;
        Ok(self.model.cores[core as usize].current.filter(|thread| self.threads.contains_key(thread)))
    }

    pub(super) fn call(
        &mut self,
        caller: Object,
        call: SystemCall,
        x: [u64; 9],
        interrupted: Option<u32>,
    ) -> Result<Next, String> {
        let [a, b, c, d, e, f, g, h, x9] = x;
        let _ = write!(
            self.program,
            "thread {caller:#x}: {call:?}({a:#x}, {b:#x}, {c:#x}, {d:#x}, {e:#x}, {f:#x}, {g:#x}, {h:#x}; x9 {x9:#x})"
        );
        if is_spared(call, &self.model, caller, &x) {
            let _ = writeln!(self.program, " -> left out");
            self.look_anew(self.model.threads[&caller].core)?;
            return Ok(Next::GoesOn);
        }
        self.pass_arguments(caller, call, x);
        self.make_call(caller, call, x, interrupted)
    }

    /// A call whose arguments are in its thread's registers is made.
    pub(super) fn make_call(
        &mut self,
        caller: Object,
        call: SystemCall,
        x: [u64; 9],
        interrupted: Option<u32>,
    ) -> Result<Next, String> {
        let [a, b, c, d, e, f, g, h, x9] = x;
        let core = self.model.threads[&caller].core;
        if let (SystemCall::ThreadWriteRegisters | SystemCall::ThreadSetRegisters, Ok((_, held))) =
            (call, self.model.look_up(caller, a))
        {
            self.pointers.remove(&held.object);
        }
        let before = self.model.clone();
        let answer = self.model.system_call(caller, call, [a, b, c, d, e, f, g, h], x9);
        let stays = self.model.threads.get(&caller).is_some_and(|thread| thread.state == ThreadState::Ready);
        let interrupted = interrupted.filter(|_| stays && !matches!(answer, Answer::Refused(_)));
        if let Answer::Refused(_) = answer {
            self.model = before;
        }
        let resume = self.perform_promised((caller, core), call, &x, interrupted)?;
        if interrupted.is_some() {
            self.model.settle_places();
            let actual = abstraction::of(&self.world);
            self.model.take_scheduling(&actual);
        }
        let lives = self.model.threads.contains_key(&caller);
        if lives {
            self.check_answer(caller, answer)?;
        } else {
            let _ = writeln!(self.program, " -> destroyed itself");
        }
        self.conclude(core, resume)?;
        Ok(if lives || caller != self.world.root.address().value() { Next::GoesOn } else { Next::Over })
    }

    /// The same as [`perform`](Self::perform); what the call promises of memory holds from then on, if it succeeds.
    fn perform_promised(
        &mut self,
        (caller, core): (Object, u64),
        call: SystemCall,
        x: &[u64; 9],
        interrupted: Option<u32>,
    ) -> Result<Resume, String> {
        let maker = self.threads[&caller];
        let promised = self.judge.begin(&self.world.kernel.system, call, x, maker);
        let resume = self.perform(caller, core, interrupted)?;
        let lives = self.model.threads.contains_key(&caller);
        if let Some(promised) = promised.filter(|_| lives && self.system().store.get(maker).context.x[0] == 0) {
            self.judge.keep(promised);
        }
        Ok(resume)
    }

    /// Enters the kernel until the call is over, however often it is interrupted.
    pub(super) fn perform(&mut self, caller: Object, core: u64, interrupted: Option<u32>) -> Result<Resume, String> {
        let thread = self.threads[&caller];
        let pc = self.system().store.get(thread).context.pc;
        for _ in 0..TRIES {
            self.system().store.machine.preempt_after.set(interrupted);
            let mut resume = self.enter(core, Some(Event::SystemCall))?;
            if resume == Resume::Firmware {
                let call = self.world.kernel.firmware_call(CoreNumber(core as u8));
                let [a, b, c, ..] = call.arguments;
                let answer = Some([u64::from(call.function), a, b, c]);
                self.system().store.machine.enter_kernel(core as usize, None);
                resume = self.world.kernel.answer_firmware(CoreNumber(core as u8), answer);
                self.system().store.machine.leave_kernel(Whereabouts::Program);
                self.judge.after_entry(&mut self.world.kernel.system)?;
            }
            self.system().store.machine.preempt_after.set(None);
            if !self.model.threads.contains_key(&caller) || self.system().store.get(thread).context.pc == pc {
                return Ok(resume);
            }
            self.run_again(thread, core)?;
            let context = &mut self.system().store.get_mut(thread).context;
            context.begin_system_call();
            context.pc = pc;
        }
        Err("the call is interrupted for ever".to_owned())
    }

    pub(super) fn check_answer(&mut self, caller: Object, answer: Answer) -> Result<(), String> {
        let thread = self.threads[&caller];
        let x = self.world.kernel.system.store.get(thread).context.x;
        let status = Error::from_code(x[0]);
        let _ = writeln!(self.program, " -> {:#x} {status:?}", x[0]);
        match answer {
            Answer::Refused(errors) => {
                if !status.is_some_and(|status| errors.0.contains(&status)) {
                    return Err(format!("the model allows {:?}, the kernel answered {:#x} {status:?}", errors.0, x[0]));
                }
                self.model.answer(caller, x[0], [0; 7], 0);
            }
            Answer::Done(values) => self.model.answer(caller, 0, values, 0),
            Answer::Begins(values) => {
                if x[1..=values.len()] != *values {
                    return Err(format!(
                        "the model's results begin with {values:x?}, the kernel's are {:x?}",
                        &x[1..8]
                    ));
                }
                let [_, a, b, c, d, e, f, g, ..] = x;
                self.model.answer(caller, 0, [a, b, c, d, e, f, g], 0);
            }
            Answer::Settled => (),
        }
        Ok(())
    }
}

/// Calls that would take away what the world stands on: the root thread's own spaces and time.
pub(super) fn is_spared(call: SystemCall, model: &State, caller: Object, x: &[u64; 9]) -> bool {
    let first = |index: usize| (1..=slot::SCHED_CONTROL).contains(&x[index]) || (16..=18).contains(&x[index]);
    let root = |address| matches!(model.look_up(caller, address), Ok((_, held)) if held.kind == ObjectKind::Thread && is_first(model, held.object));
    match call {
        SystemCall::CNodeDelete | SystemCall::CNodeRevoke => first(1),
        SystemCall::CNodeMove | SystemCall::CNodeSwap => first(1) || first(3),
        SystemCall::ThreadSuspend | SystemCall::ThreadConfigure => root(x[0]),
        SystemCall::ThreadSetPriority => root(x[0]) && x[2] < 255,
        SystemCall::SchedContextUnbind => x[0] == slot::SCHED_CONTEXT,
        // The first thread waits for nobody: the others are lost without it.
        SystemCall::Call | SystemCall::Receive | SystemCall::ReplyReceive | SystemCall::Wait => is_first(model, caller),
        _ => false,
    }
}

/// Whether a thread is the one that everything began with.
pub(super) fn is_first(model: &State, thread: Object) -> bool {
    model.threads.keys().next() == Some(&thread)
}
