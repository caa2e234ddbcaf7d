//! Takes steps on a real kernel and on the model, and compares.

use super::abstraction;
use super::calls::{Late, is_first, is_spared};
use super::fast_paths::Taken;
use super::state::{Object, Place, State, ThreadState};
use super::steps::{Argument, ON_CORE, Step};
use super::talk::Said;
use crate::invariants;
use crate::maintenance::judge::Judge;
use crate::objects::Time;
use crate::world::{Checks, World, slot};
use l4k::base::store::Ref;
use l4k::object::capability::Capability;
use l4k::object::slot::Slot;
use l4k::object::thread::Thread;
use l4k_sys::abi::{ObjectKind, SystemCall};
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

/// Where the second space and its pool are among these.
const SPACE: usize = 12;
const POOL: usize = 15;

/// Threads that live in the second space, on two cores.
const APART: [usize; 2] = [5, 7];

/// Steps between two checks of the kernel's invariants, which take longer than a comparison.
const CHECK_EVERY: usize = 25;

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
    /// A call that waits for its turn in the kernel.
    pub(super) late: Option<Late>,
    /// Whether system calls try the fast paths.
    pub(super) ways: Ways,
    /// System calls that a fast path did.
    pub(super) fast: Taken,
    taken: usize,
    /// What programs and devices may meet.
    pub(super) judge: Judge,
}

/// Which ways through the kernel are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    /// All.
    All,
    /// The fast paths are not.
    Slow,
}

/// What a sequence came to that was played with the fast paths and without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// Steps, both times together.
    pub steps: usize,
    /// What fast paths did.
    pub fast: Taken,
}

/// Whether a sequence can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
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

/// Makes the threads.
fn add_crew(world: &mut World, furniture: &[u64], times: &[u64]) {
    for (index, (core, priority, time)) in CREW.into_iter().enumerate() {
        let member = world.spawn_with_handler(priority, time, furniture[0]);
        let buffer = world.make(ObjectKind::Frame, 12);
        let address = 0x1000_0000 + 4096 * member.slot;
        world.call(SystemCall::ThreadSuspend, &[member.slot]).expect("a thread");
        if APART.contains(&index) {
            let spaces = [member.slot, slot::CNODE, furniture[SPACE], furniture[0]];
            world.call(SystemCall::ThreadConfigure, &spaces).expect("a space");
        }
        world.call(SystemCall::ThreadSetBuffer, &[member.slot, buffer, address]).expect("a buffer");
        world.call(SystemCall::ThreadResume, &[member.slot]).expect("a configured thread");
        if time == Time::Own {
            let slice = [times[core], member.context, 5_000_000, 5_000_000];
            world.call(SystemCall::SchedControlConfigure, &slice).expect("time of a core");
        }
    }
}

/// Addresses that programs use: some of those that calls name.
fn watched() -> Vec<u64> {
    let far = (0..2).map(|far| 0x4000_0000 + (far << 39));
    let large = far.flat_map(|start| (0..4).map(move |large| start + (large << 21)));
    large.flat_map(|start| (0..3).map(move |small| start + (small << 12))).collect()
}

impl Pair {
    fn new(ways: Ways) -> Pair {
        let mut world = World::new();
        world.checks = Checks::OnDemand;
        let furniture = FURNITURE.map(|(kind, bits)| world.make(kind, bits));
        let times = add_cores(&mut world);
        world.call(SystemCall::AsidPoolAssign, &[furniture[POOL], furniture[SPACE]]).expect("an identifier");
        add_crew(&mut world, &furniture, &times);
        let mut model = abstraction::of(&world);
        model.now = world.kernel.system.store.machine.clock.get();
        model.take_scheduling(&model.clone());
        let judge = Judge::new(&mut world.kernel.system, world.table, &watched(), 1);
        let mut pair = Pair {
            world,
            judge,
            model,
            threads: BTreeMap::new(),
            pointers: BTreeMap::new(),
            program: String::new(),
            late: None,
            ways,
            fast: Taken::default(),
            taken: 0,
        };
        pair.note_threads();
        for core in 0..CORES {
            pair.interrupt(core).expect("a core that begins");
        }
        pair
    }

    pub(super) fn note_threads(&mut self) {
        self.threads.clear();
        for (place, entry) in &self.model.entries {
            if entry.capability.kind == ObjectKind::Thread
                && let Some(slot) = self.slot(*place)
                && let Capability::Thread { object } = self.world.kernel.system.store.get(slot).capability
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

    /// A thread that can run: the n-th; with a core (see [`ON_CORE`]), of those there if there are any.
    pub(super) fn runner(&self, number: u64) -> Option<Object> {
        let (number, core) = (number % ON_CORE, (number / ON_CORE).checked_sub(1));
        let runs = |(object, thread): (&Object, &super::state::Thread)| {
            let busy = self.late.is_some_and(|late| late.core == thread.core);
            let able = thread.state == ThreadState::Ready && thread.context.is_some() && !busy;
            (able && self.threads.contains_key(object)).then_some(*object)
        };
        let mut able: Vec<Object> = self.model.threads.iter().filter_map(runs).collect();
        let is_there = |thread: &Object| core.is_some_and(|core| self.model.threads[thread].core == core);
        if able.iter().any(is_there) {
            able.retain(is_there);
        }
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
    // house: long function because it is a table: one arm for each kind of step.
    fn step(&mut self, step: &Step) -> Result<Next, String> {
        let waits = self.late.is_some();
        let next = match step {
            Step::Call { thread, call, arguments, interrupted, late } => {
                let Some(caller) = self.forced(*thread)? else { return self.nobody_runs() };
                let x: [u64; 9] = arguments.map(|argument| self.resolve(caller, argument));
                if *late && !waits && !is_spared(*call, &self.model, caller, &x) {
                    self.call_late(caller, *call, x);
                    return Ok(Next::GoesOn);
                }
                self.call(caller, *call, x, *interrupted)?
            }
            Step::Talk { core, subject, objects, tag, words, choice } => {
                let Some(speaker) = self.forced(ON_CORE * (core + 1))? else { return self.nobody_runs() };
                let objects = objects.map(|object| self.resolve(speaker, object));
                let (core, subject, tag, words, choice) = (*core, *subject, *tag, *words, *choice);
                self.say(speaker, Said { core, subject, objects, tag, words, choice })?
            }
            Step::Fault(thread) => {
                let Some(thread) = self.forced(*thread)? else { return self.nobody_runs() };
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
        let next = if next == Next::GoesOn && waits { self.make_late_call(self.late)? } else { next };
        self.taken += 1;
        if next == Next::GoesOn {
            self.take_some_interrupts()?;
            self.check()?;
        }
        Ok(next)
    }

    /// After a step.
    fn check(&mut self) -> Result<(), String> {
        self.compare()?;
        self.note_threads();
        invariants::check_told(&self.world.kernel.system);
        if self.taken.is_multiple_of(CHECK_EVERY) {
            invariants::check(&self.world);
        }
        Ok(())
    }

    fn compare(&mut self) -> Result<(), String> {
        let mut actual = abstraction::of(&self.world);
        (actual.now, actual.step) = (self.model.now, self.model.step);
        actual.placed.clone_from(&self.model.placed);
        actual.stamps.clone_from(&self.model.stamps);
        self.model.told.clone_from(&actual.told);
        // A kernel with the feature `debug` has an idle core look again, to tell what all threads wait for. Its timer stays set to
        // that also when another core has ended the silence. An early timer of an idle core decides nothing; an invariant holds
        // that none is late.
        for (core, model) in actual.cores.iter_mut().zip(&self.model.cores) {
            let is_early = core.deadline.is_some_and(|own| model.deadline.is_none_or(|deadline| own < deadline));
            if core.current.is_none() && is_early {
                core.deadline = model.deadline;
            }
        }
        if actual == self.model {
            return Ok(());
        }
        // Time that went along with a call may not be accounted for yet.
        let mut model = self.model.clone();
        model.account_for_slices();
        actual.account_for_slices();
        if actual == model { Ok(()) } else { Err(differences(&model, &actual)) }
    }
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
    maps!(
        entries,
        threads,
        endpoints,
        clients,
        replies,
        notifications,
        contexts,
        spaces,
        pools,
        irqs,
        routes,
        unmasked,
        pending
    );
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
pub fn play(steps: &[Step]) -> Result<Played, Box<Divergence>> {
    let mut played = Played::default();
    for ways in [Ways::All, Ways::Slow] {
        let mut pair = Pair::new(ways);
        for step in steps {
            played.steps += 1;
            match pair.step(step) {
                Ok(Next::GoesOn) => (),
                Ok(Next::Over) => break,
                Err(difference) => {
                    let program = format!("{}// ways: {ways:?}\n", pair.program);
                    return Err(Box::new(Divergence { difference, program }));
                }
            }
        }
        played.fast.add(&pair.fast);
    }
    Ok(played)
}

/// The calls of a sequence, as a program: up to where the kernel diverges or breaks an invariant, if it does, in the
/// first of the ways in which it does.
#[must_use]
pub fn describe(steps: &[Step]) -> String {
    let (program, is_whole) = describe_in(Ways::All, steps);
    if is_whole { describe_in(Ways::Slow, steps).0 } else { program }
}

/// And whether all steps were played.
fn describe_in(ways: Ways, steps: &[Step]) -> (String, bool) {
    let mut pair = Pair::new(ways);
    for step in steps {
        let next = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pair.step(step)));
        match next {
            Ok(Ok(Next::GoesOn)) => (),
            Ok(Ok(Next::Over)) => break,
            _ => return (format!("{}// ways: {ways:?}\n", pair.program), false),
        }
    }
    (pair.program, true)
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
