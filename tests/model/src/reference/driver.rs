//! Takes steps on a real kernel and on the model, and compares.

use super::abstraction;
use super::call::Answer;
use super::state::{Object, Place, State, ThreadState};
use super::steps::{Argument, Step};
use crate::invariants;
use crate::objects::Time;
use crate::world::{Checks, World, slot};
use l4k::base::arch::{CoreNumber, Event};
use l4k::base::registers::Shape;
use l4k::base::store::Ref;
use l4k::kernel::Resume;
use l4k::machine::simulated::Whereabouts;
use l4k::object::capability::Capability;
use l4k::object::slot::Slot;
use l4k::object::thread::Thread;
use l4k_sys::Error;
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, ObjectKind, SystemCall};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Cores of the machine.
const CORES: u64 = 3;

/// Threads to begin with: the core of their time, priority, and whether they have any.
const CREW: [(usize, u64, Time); 8] = [
    (0, 100, Time::Own),
    (0, 100, Time::Own),
    (0, 60, Time::Own),
    (0, 100, Time::Lent),
    (1, 100, Time::Own),
    (1, 60, Time::Own),
    (2, 80, Time::Own),
    (2, 100, Time::Own),
];

/// What a world begins with beside its threads.
const FURNITURE: [(ObjectKind, u64); 16] = [
    (ObjectKind::Endpoint, 0),
    (ObjectKind::Endpoint, 0),
    (ObjectKind::Notification, 0),
    (ObjectKind::Notification, 0),
    (ObjectKind::Reply, 0),
    (ObjectKind::Reply, 0),
    (ObjectKind::Reply, 0),
    (ObjectKind::Frame, 12),
    (ObjectKind::Frame, 12),
    (ObjectKind::Frame, 21),
    (ObjectKind::Irq, 0),
    (ObjectKind::Irq, 0),
    (ObjectKind::AddressSpace, 15),
    (ObjectKind::CNode, 6),
    (ObjectKind::SchedContext, 0),
    (ObjectKind::AsidPool, 0),
];

/// Steps between two checks of the kernel's invariants, which take longer than a comparison.
const CHECK_EVERY: usize = 25;

/// Calls in which an interrupted thread may try again before the test gives up.
const TRIES: u32 = 100_000;

/// A kernel and its model.
pub struct Pair {
    pub(super) world: World,
    pub(super) model: State,
    /// Thread objects by address, as the kernel refers to them.
    pub(super) threads: BTreeMap<Object, Ref<Thread>>,
    /// What each thread's program has in its thread pointer, as far as it is known.
    pub(super) pointers: BTreeMap<Object, u64>,
    /// What was done, as a program.
    pub(super) program: String,
    taken: usize,
}

/// Whether a sequence can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoesOn,
    Over,
}

/// Gives the machine more cores. Slots of the authority over the time of each.
fn add_cores(world: &mut World) -> Vec<u64> {
    world.kernel.system.core_count = CORES as u8;
    let others = (1..CORES as u8).map(|core| {
        let number = world.new_slot();
        let capability = Capability::SchedControl { core };
        *world.kernel.system.store.get_mut(world.table.slot(number as u32)) = Slot { capability, ..Slot::EMPTY };
        number
    });
    std::iter::once(slot::SCHED_CONTROL).chain(others).collect()
}

impl Pair {
    fn new() -> Pair {
        let mut world = World::new();
        world.checks = Checks::OnDemand;
        for (kind, bits) in FURNITURE {
            world.make(kind, bits);
        }
        let times = add_cores(&mut world);
        for (core, priority, time) in CREW {
            let member = world.spawn(priority, time);
            if time == Time::Own {
                let slice = [times[core], member.context, 5_000_000, 5_000_000];
                world.call(SystemCall::SchedControlConfigure, &slice).expect("time of a core");
            }
        }
        let mut model = abstraction::of(&world);
        model.now = world.kernel.system.store.machine.clock.get();
        model.take_scheduling(&model.clone());
        let mut pair = Pair {
            world,
            model,
            threads: BTreeMap::new(),
            pointers: BTreeMap::new(),
            program: String::new(),
            taken: 0,
        };
        pair.note_threads();
        for core in 0..CORES {
            pair.interrupt(core).expect("a core that begins");
        }
        pair
    }

    fn note_threads(&mut self) {
        self.threads.clear();
        for (place, entry) in &self.model.entries {
            if entry.capability.kind == ObjectKind::Thread
                && let Some(slot) = self.slot(*place)
                && let Capability::Thread { object } =
                    self.world.kernel.system.store.get(slot).capability
            {
                self.threads.insert(entry.capability.object, object);
            }
        }
        self.threads.insert(self.world.root.address().value(), self.world.root);
    }

    /// The kernel's slot at a place, if it is in the CNode that the world began with.
    fn slot(&self, place: Place) -> Option<Ref<Slot>> {
        match place {
            Place::Slot(cnode, index) if cnode == self.world.table.address().value() => {
                Some(self.world.table.slot(index as u32))
            }
            _ => None,
        }
    }

    /// A thread that can run: the n-th.
    fn runner(&self, number: u64) -> Option<Object> {
        let runs = |(object, thread): (&Object, &super::state::Thread)| {
            let able = thread.state == ThreadState::Ready && thread.context.is_some();
            (able && self.threads.contains_key(object)).then_some(*object)
        };
        let able: Vec<Object> = self.model.threads.iter().filter_map(runs).collect();
        able.get((number % able.len().max(1) as u64) as usize).copied()
    }

    fn resolve(&self, caller: Object, argument: Argument) -> u64 {
        let Some((cnode, size_bits)) = self.model.own_table(caller) else { return 0 };
        let in_table = self.model.entries.range(Place::Slot(cnode, 1)..Place::Slot(cnode, 1 << size_bits));
        let of_kind = |kind| {
            let held = in_table.clone().filter(move |(_, entry)| entry.capability.kind == kind);
            held.filter_map(|(place, entry)| match place {
                Place::Slot(_, index) => Some((*index, entry.capability)),
                _ => None,
            })
        };
        let nth = |kind, number: u64| {
            let count = of_kind(kind).count().max(1) as u64;
            of_kind(kind).nth((number % count) as usize)
        };
        match argument {
            Argument::Is(number) => number,
            Argument::Holds(kind, number) => nth(kind, number).map_or(0, |(index, _)| index),
            Argument::Empty(number) => {
                let empty = |index: &u64| !self.model.entries.contains_key(&Place::Slot(cnode, *index));
                (1..(1 << size_bits).min(96)).filter(empty).nth(number as usize).unwrap_or(95)
            }
            Argument::FreeAddress(number) => {
                nth(ObjectKind::Untyped, number).map_or(0, |(_, held)| (held.object + held.used).next_multiple_of(4096))
            }
        }
    }

    /// Takes a step.
    ///
    /// # Errors
    /// How the kernel and the model differ.
    fn step(&mut self, step: &Step) -> Result<Next, String> {
        let next = match step {
            Step::Call { thread, call, arguments, interrupted } => {
                let Some(caller) = self.forced(*thread)? else { return Ok(Next::Over) };
                let x: [u64; 9] = arguments.map(|argument| self.resolve(caller, argument));
                self.call(caller, *call, x, *interrupted)?
            }
            Step::Fault(thread) => {
                let Some(thread) = self.forced(*thread)? else { return Ok(Next::Over) };
                if is_first(&self.model, thread) {
                    self.look_anew(self.model.threads[&thread].core)?;
                } else {
                    self.fault(thread)?;
                }
                Next::GoesOn
            }
            Step::Interrupt(line) => {
                self.raise(*line)?;
                Next::GoesOn
            }
            Step::Time(ticks) => {
                let _ = writeln!(self.program, "{ticks} ns pass");
                self.advance(self.model.now + ticks)?;
                Next::GoesOn
            }
        };
        if next == Next::GoesOn {
            self.take_some_interrupts()?;
        }
        if next == Next::GoesOn {
            self.compare()?;
            self.note_threads();
        }
        self.taken += 1;
        if next == Next::GoesOn && self.taken.is_multiple_of(CHECK_EVERY) {
            invariants::check(&self.world);
        }
        Ok(next)
    }

    fn fault(&mut self, thread: Object) -> Result<(), String> {
        let _ = writeln!(self.program, "thread {thread:#x} faults");
        let core = self.model.threads[&thread].core;
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
        self.model.fault(thread, [tag.bits(), a, b, c, d, e, f]);
        let resume = self.enter(core, Some(Event::Fault(fault)))?;
        self.conclude(core, resume)
    }

    /// A thread that runs now: the n-th of those that can, or whoever runs on its core instead.
    fn forced(&mut self, number: u64) -> Result<Option<Object>, String> {
        let Some(thread) = self.runner(number) else { return Ok(None) };
        let core = self.force(thread)?;
        Ok(self.model.cores[core as usize].current.filter(|thread| self.threads.contains_key(thread)))
    }

    fn call(
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
        let core = self.model.threads[&caller].core;
        if let (SystemCall::ThreadWriteRegisters | SystemCall::ThreadSetRegisters, Ok((_, held))) =
            (call, self.model.look_up(caller, a))
        {
            self.pointers.remove(&held.object);
        }
        let before = self.model.clone();
        let answer = self.model.system_call(caller, call, [a, b, c, d, e, f, g, h], x9);
        let stays = self.model.threads.get(&caller).is_some_and(|thread| thread.state == ThreadState::Ready);
        let thread = self.threads[&caller];
        let context = &mut self.system().store.get_mut(thread).context;
        context.x[..8].copy_from_slice(&[a, b, c, d, e, f, g, h]);
        context.x[8] = call as u64;
        context.x[9] = x9;
        let interrupted = interrupted.filter(|_| stays && !matches!(answer, Answer::Refused(_)));
        if let Answer::Refused(_) = answer {
            self.model = before;
        }
        let resume = self.perform(caller, core, interrupted)?;
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

    /// Enters the kernel until the call is over, however often it is interrupted.
    fn perform(&mut self, caller: Object, core: u64, interrupted: Option<u32>) -> Result<Resume, String> {
        let thread = self.threads[&caller];
        for _ in 0..TRIES {
            let context = &mut self.system().store.get_mut(thread).context;
            context.shape = Shape::SystemCall;
            context.pc = context.pc.wrapping_add(4);
            let pc = context.pc;
            self.system().store.machine.preempt_after.set(interrupted);
            let mut resume = self.enter(core, Some(Event::SystemCall))?;
            if let Resume::Firmware(call) = resume {
                let [a, b, c, ..] = call.arguments;
                let answer = Some([u64::from(call.function), a, b, c]);
                resume = self.world.kernel.answer_firmware(CoreNumber(core as u8), answer);
                self.system().store.machine.processors[core as usize].whereabouts = Whereabouts::Program;
            }
            self.system().store.machine.preempt_after.set(None);
            if !self.model.threads.contains_key(&caller) || self.system().store.get(thread).context.pc == pc {
                return Ok(resume);
            }
            self.run_again(thread, core)?;
        }
        Err("the call is interrupted for ever".to_owned())
    }

    fn check_answer(&mut self, caller: Object, answer: Answer) -> Result<(), String> {
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

    fn compare(&self) -> Result<(), String> {
        let mut actual = abstraction::of(&self.world);
        (actual.now, actual.step) = (self.model.now, self.model.step);
        actual.placed.clone_from(&self.model.placed);
        actual.stamps.clone_from(&self.model.stamps);
        actual.told.clone_from(&self.model.told);
        if actual == self.model { Ok(()) } else { Err(differences(&self.model, &actual)) }
    }
}

/// Calls that would take away what the world stands on: the root thread's own spaces and time.
fn is_spared(call: SystemCall, model: &State, caller: Object, x: &[u64; 9]) -> bool {
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
fn is_first(model: &State, thread: Object) -> bool {
    model.threads.keys().next() == Some(&thread)
}

fn differences(model: &State, actual: &State) -> String {
    let mut text = String::new();
    let mut compare = |what: &str, model: Vec<String>, actual: Vec<String>| {
        for line in model.iter().filter(|line| !actual.contains(line)) {
            let _ = writeln!(text, "  model only:  {what} {line}");
        }
        for line in actual.iter().filter(|line| !model.contains(line)) {
            let _ = writeln!(text, "  kernel only: {what} {line}");
        }
    };
    macro_rules! maps {
        ($($field:ident),*) => {
            $(compare(
                stringify!($field),
                model.$field.iter().map(|item| format!("{item:x?}")).collect(),
                actual.$field.iter().map(|item| format!("{item:x?}")).collect(),
            );)*
        };
    }
    maps!(entries, threads, endpoints, replies, notifications, contexts, spaces, pools, irqs, routes, unmasked, pending);
    compare_cores(model, actual, &mut text);
    text
}

/// What a sequence showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// What differs.
    pub difference: String,
    /// The calls up to there.
    pub program: String,
}

/// Takes steps on a new pair; how many were taken.
///
/// # Errors
/// Where the kernel and the model part.
pub fn play(steps: &[Step]) -> Result<usize, Box<Divergence>> {
    let mut pair = Pair::new();
    for (taken, step) in steps.iter().enumerate() {
        match pair.step(step) {
            Ok(Next::GoesOn) => (),
            Ok(Next::Over) => return Ok(taken + 1),
            Err(difference) => return Err(Box::new(Divergence { difference, program: pair.program })),
        }
    }
    Ok(steps.len())
}

/// The calls of a sequence, as a program.
#[must_use]
pub fn describe(steps: &[Step]) -> String {
    let mut pair = Pair::new();
    for step in steps {
        if pair.step(step) != Ok(Next::GoesOn) {
            break;
        }
    }
    pair.program
}

/// A shorter sequence that still diverges: what can be left out is left out.
#[must_use]
pub fn shrink(mut steps: Vec<Step>) -> Vec<Step> {
    let fails = |steps: &[Step]| std::panic::catch_unwind(|| play(steps).is_err()).unwrap_or(true);
    let mut chunk = steps.len() / 2;
    while chunk > 0 {
        let mut start = 0;
        while start < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(start..(start + chunk).min(steps.len()));
            if fails(&fewer) {
                steps = fewer;
            } else {
                start += chunk;
            }
        }
        chunk /= 2;
    }
    steps
}

fn compare_cores(model: &State, actual: &State, text: &mut String) {
    for (number, (model, actual)) in model.cores.iter().zip(&actual.cores).enumerate() {
        if model != actual {
            let _ = writeln!(text, "  model only:  core {number} {model:x?}\n  kernel only: core {number} {actual:x?}");
        }
    }
}
