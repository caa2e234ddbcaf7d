//! What keeps a core from its work: how long it waits for the kernel while all others make the calls that hold its lock
//! for the longest time, and what does not interrupt it. With one core there is nothing to test, and every test passes
//! at once.

use l4k_init::Resources;
use l4k_sys::abi::object::RETYPE_COUNT_MAX;
use l4k_sys::handle::NewObject;
use l4k_sys::{CNode, Nanoseconds, Untyped, println, system};
use suite_support::machine;

use crate::harness::bodies::{self, finish};
use crate::harness::failure::{Failure, holds, same};
use crate::harness::threads::{Manner, counts_on, spin_until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![a_core_waits_for_one_hold_of_each_other_core, releases_of_less_urgent_threads_interrupt_nobody];

/// Slots of an attacker's CNode, as a power of two.
const SLOT_BITS: u8 = 11;

/// Calls of an attacker: each fills as many slots as one call can. Slot 0 cannot be filled.
const CALLS: u64 = (1 << SLOT_BITS) / RETYPE_COUNT_MAX - 1;

/// Memory of an attacker, as a power of two of bytes: 1 KiB for each thread.
const MEMORY_BITS: u8 = 21;

/// The cell that tells the attackers to begin.
const GO: Cell = Cell(14);

/// Makes threads, as many as a call can, one call after the other: no call does more between two preemption points.
extern "C" fn maker(slots: u64, cell: u64, thread: u64) -> ! {
    let (memory, table) = (Untyped::from_slot(slots & 0xffff_ffff), CNode::from_slot(slots >> 32));
    while GO.value() == 0 {
        machine::pause();
    }
    for call in 0..CALLS {
        let first = table.at(1 + call * RETYPE_COUNT_MAX);
        if let Err(error) = memory.retype(NewObject::Thread, first, RETYPE_COUNT_MAX) {
            Cell(cell).put_outcome(Err(error));
            finish(thread)
        }
        Cell(cell).count();
    }
    finish(thread)
}

fn a_core_waits_for_one_hold_of_each_other_core(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    GO.put_value(0);
    // The large pieces come first: behind small objects there is no room for as many.
    let memory = bench.make_many(NewObject::Untyped(MEMORY_BITS), bench.cores() - 1)?;
    for core in 1..bench.cores() {
        let table = bench.make(NewObject::CNode(SLOT_BITS))?;
        bench.start_on(core, 10, maker, [(memory + core - 1) | (table << 32), core])?;
    }
    let others = 1..bench.cores();
    GO.put_value(1);
    spin_until("all threads are made", || {
        // A short call of this core, between the long ones of the others.
        system::yield_now();
        others.clone().all(|core| Cell(core).value() == CALLS || Cell(core).outcome().is_some())
    })?;
    for core in others {
        same("what a call that makes threads returned", (core, Cell(core).outcome()), (core, None))?;
    }
    let wait = Resources::DEBUG_CONSOLE.lock_times(0)?.longest_wait;
    println!("  longest wait of {} cores: {} ns", bench.cores(), wait.count());
    holds("the first core has waited for others", wait.count() > 0)
}

/// Threads of a core that are less urgent than the one that runs there.
const LESS_URGENT: u64 = 8;

/// Their budgets, and how often they get them.
const BUDGET: Nanoseconds = Nanoseconds::from_milliseconds(1);
const PERIOD: Nanoseconds = Nanoseconds::from_milliseconds(100);

fn releases_of_less_urgent_threads_interrupt_nobody(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let time = bench.time_of(1)?;
    let mut contexts = [None; LESS_URGENT as usize];
    for (cell, place) in (2..).zip(&mut contexts) {
        let helper = bench.thread_on(1, Manner::of(10), bodies::spinner, [cell, 0])?;
        let Some(context) = helper.context else { return Err(Failure::new(format_args!("no time"))) };
        time.configure(context, BUDGET, PERIOD)?;
        helper.thread.resume()?;
        *place = Some(context);
    }
    let have_used = |least: Nanoseconds| {
        contexts.iter().flatten().all(|context| context.query().is_ok_and(|status| status.consumed >= least))
    };
    spin_until("all have used up their budgets", || have_used(BUDGET))?;
    // All of them wait for their time now. It comes while the urgent one runs, and nobody enters the kernel for it.
    let urgent = bench.start_on(1, 50, bodies::spinner, [1, 0])?;
    counts_on(1)?;
    let turns = || Ok::<_, Failure>(Resources::DEBUG_CONSOLE.lock_times(1)?.turns);
    let (before, start) = (turns()?, system::ticks());
    spin_until("two periods", || system::elapsed(start, system::ticks()) > Nanoseconds::from_milliseconds(200))?;
    same("entries into the kernel on the core", turns()?, before)?;
    // They run as soon as nobody more urgent does.
    urgent.thread.suspend()?;
    spin_until("all run again", || have_used(Nanoseconds::new(BUDGET.count() + 1)))
}
