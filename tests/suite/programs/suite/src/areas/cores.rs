//! Several cores: threads that run at the same time, and what one core does to what runs on another. With one core there is nothing to test, and
//! every test passes at once.

use l4k_init::Resources;
use l4k_sys::abi::{Error, Rights, SystemCall, ThreadState, boot};
use l4k_sys::handle::{LockTimes, NewObject, StartRegisters, Trigger};
use l4k_sys::{
    AddressSpace, CNode, Endpoint, Message, Nanoseconds, Notification, Reply, SchedContext, Thread, Untyped, println,
    system,
};
use suite_support::floating_point::{Pastime, hold};
use suite_support::role::{LABEL, echo};

use super::raised_interrupts::unused;
use crate::harness::alarm::Alarm;
use crate::harness::bench::{SPACE, own};
use crate::harness::bodies::{self, finish, pair};
use crate::harness::failure::{Failure, holds, refused, same};
use crate::harness::threads::{Helper, IDLE, LONG_SLICE, Manner, URGENT, counts_on, rounds, spin_until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    threads_run_on_all_cores_at_once,
    pairs_get_on_side_by_side,
    calls_are_answered_across_cores,
    signals_go_round_through_all_cores,
    a_thread_that_runs_elsewhere_is_stopped_and_goes_on,
    a_thread_that_calls_elsewhere_loses_no_call,
    a_running_thread_moves_with_its_registers,
    a_thread_is_destroyed_while_it_runs_elsewhere,
    an_endpoint_that_goes_wakes_callers_of_all_cores,
    a_passive_server_of_another_core_is_refused,
    interrupts_are_taken_by_the_core_that_was_chosen,
    a_priority_that_is_lowered_elsewhere_lets_others_run,
    an_interrupt_that_is_raised_disturbs_no_other_core,
    a_priority_that_changes_nothing_elsewhere_interrupts_nobody,
    what_is_taken_from_a_thread_elsewhere_is_gone_when_the_call_returns,
];

const ROUNDS: u64 = 100;

/// Calls for ever, and counts right answers; leaves the error that ends it.
extern "C" fn client(endpoint: u64, cell: u64, thread: u64) -> ! {
    let mut word = cell;
    loop {
        match Endpoint::from_slot(endpoint).call(Message::new(LABEL, [word])) {
            Ok(answer) if answer == Message::new(LABEL + 1, [echo(word)]) => Cell(cell).count(),
            Ok(_) => Cell(cell).put_outcome(Err(Error::InvalidTag)),
            Err(error) => {
                Cell(cell).put_outcome(Err(error));
                finish(thread)
            }
        }
        word += 1;
    }
}

/// Passes signals on: waits for one and signals the next.
extern "C" fn messenger(places: u64, cell: u64, thread: u64) -> ! {
    let [own, next] = [places & 0xffff_ffff, places >> 32].map(Notification::from_slot);
    while own.wait().is_ok() {
        Cell(cell).count();
        let _ = next.signal();
    }
    finish(thread)
}

/// Signals for ever, and counts each success.
extern "C" fn signaller(notification: u64, cell: u64, _: u64) -> ! {
    loop {
        match Notification::from_slot(notification).signal() {
            Ok(()) => Cell(cell).count(),
            Err(error) => Cell(cell).put_outcome(Err(error)),
        }
    }
}

/// Looks after its FP registers over system calls, and counts.
extern "C" fn keeper(seed: u64, cell: u64, _: u64) -> ! {
    loop {
        match hold(seed, Pastime::Call { number: SystemCall::Yield as u64, capability: 0 }) {
            0 => Cell(cell).count(),
            changed => {
                Cell(cell).put_outcome(Err(Error::InvalidRegister));
                Cell(cell + 1).put_value(changed);
            }
        }
    }
}

fn threads_run_on_all_cores_at_once(bench: &mut Bench<'_>) -> Outcome {
    for core in 1..bench.cores() {
        bench.start_on(core, 10, bodies::spinner, [core, 0])?;
    }
    // The suite itself keeps the first core busy.
    for core in 1..bench.cores() {
        counts_on(core)?;
    }
    Ok(())
}

/// How long pairs are counted.
const COUNTED: Nanoseconds = Nanoseconds::from_milliseconds(300);

/// The suite's own time.
const OWN_TIME: SchedContext = SchedContext::from_slot(boot::slot::SCHED_CONTEXT);

/// Sleeps for a while, in which the suite's core is free: until the next refill of its own time.
fn sleep(time: Nanoseconds) -> Outcome {
    Resources::SCHED_CONTROL.configure(OWN_TIME, Nanoseconds::from_milliseconds(1), time)?;
    system::yield_now();
    Ok(Resources::SCHED_CONTROL.configure(OWN_TIME, LONG_SLICE, LONG_SLICE)?)
}

/// A client and a server on each of the last cores: calls of all of them in a while, and what share of that the kernel's lock was held.
fn pairs(bench: &mut Bench<'_>, count: u64) -> Outcome<(u64, u64, u64)> {
    let cores = bench.cores();
    let mut helpers: [Option<Helper>; 16] = [None; 16];
    for (number, places) in (0..count).zip(helpers.chunks_mut(2)) {
        let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
        let core = cores - 1 - number;
        let server = bench.start_on(core, IDLE + 1, bodies::echo_server, [pair(endpoint, reply), 15])?;
        let client = bench.start_on(core, IDLE, client, [endpoint.slot(), number])?;
        places.copy_from_slice(&[Some(server), Some(client)]);
    }
    let calls = || (0..count).map(|number| Cell(number).value()).sum::<u64>();
    let times = || -> Outcome<[Nanoseconds; 2]> {
        let mut sums = [Nanoseconds::new(0); 2];
        for core in 0..cores {
            let LockTimes { waited, held, .. } = Resources::DEBUG_CONSOLE.lock_times(core)?;
            sums =
                [Nanoseconds::new(sums[0].count() + waited.count()), Nanoseconds::new(sums[1].count() + held.count())];
        }
        Ok(sums)
    };
    let (start, before, [waited, held]) = (system::ticks(), calls(), times()?);
    sleep(COUNTED)?;
    let (made, [waited_then, held_then]) = (calls() - before, times()?);
    let passed = system::elapsed(start, system::ticks()).count().max(1);
    helpers.iter().flatten().try_for_each(|helper| helper.thread.suspend())?;
    let share = |from: Nanoseconds, to: Nanoseconds| (to.count() - from.count()) * 1000 / passed;
    Ok((made, share(held, held_then), share(waited, waited_then)))
}

/// The last pair may run on the suite's core, which sleeps meanwhile.
fn pairs_get_on_side_by_side(bench: &mut Bench<'_>) -> Outcome {
    for count in [1, 2, 4, 8] {
        if count <= bench.cores() {
            let (made, held, waited) = pairs(bench, count)?;
            println!("  {count} pairs: {made} calls, lock held {held} thousandths of the time, waited for {waited}");
            holds("every pair gets on", made > 0)?;
        }
    }
    Ok(())
}

fn calls_are_answered_across_cores(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    bench.start_on(1, 10, bodies::echo_server, [pair(endpoint, reply), 15])?;
    for core in 0..bench.cores() {
        bench.start_on(core, 5, client, [endpoint.slot(), core])?;
    }
    for word in rounds(ROUNDS) {
        let answer = endpoint.call(Message::new(LABEL, [word]))?;
        same("answer", answer, Message::new(LABEL + 1, [echo(word)]))?;
    }
    for core in 1..bench.cores() {
        counts_on(core)?;
        same("wrong answer", Cell(core).outcome(), None)?;
    }
    Ok(())
}

fn signals_go_round_through_all_cores(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let count = bench.cores();
    let first = bench.make_many(NewObject::Notification, count)?;
    for core in 0..count {
        let next = first + (core + 1) % count;
        bench.start_on(core, URGENT, messenger, [(first + core) | (next << 32), core])?;
    }
    Notification::from_slot(first).signal()?;
    spin_until("the signal goes round", || (0..count).all(|core| Cell(core).value() > ROUNDS))
}

fn a_thread_that_runs_elsewhere_is_stopped_and_goes_on(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let helper = bench.start_on(1, 10, bodies::spinner, [1, 0])?;
    for _ in rounds(ROUNDS) {
        counts_on(1)?;
        helper.thread.suspend()?;
        helper.is_in(ThreadState::Suspended)?;
        let (value, registers) = (Cell(1).value(), helper.thread.read_registers(0)?);
        holds("it stands still", Cell(1).value() == value && helper.thread.read_registers(0)? == registers)?;
        helper.thread.resume()?;
    }
    Ok(())
}

fn a_thread_that_calls_elsewhere_loses_no_call(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let notification = bench.notification()?;
    let helper = bench.start_on(1, 10, signaller, [notification.slot(), 1])?;
    for _ in rounds(10 * ROUNDS) {
        helper.thread.suspend()?;
        helper.thread.resume()?;
    }
    counts_on(1)?;
    same("a call that failed", Cell(1).outcome(), None)
}

fn a_running_thread_moves_with_its_registers(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let manner = Manner::of(10).floating_point();
    let helper = bench.thread_on(1, manner, keeper, [0x1234_5678, 1])?;
    let Some(context) = helper.context else { return Err(Failure::new(format_args!("no time"))) };
    helper.thread.resume()?;
    for round in rounds(10 * ROUNDS) {
        let core = 1 + round % (bench.cores() - 1);
        bench.move_to(context, core, LONG_SLICE)?;
    }
    counts_on(1)?;
    same("registers that changed", (Cell(1).outcome(), Cell(2).value()), (None, 0))
}

fn a_thread_is_destroyed_while_it_runs_elsewhere(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let memory = bench.untyped(12)?;
    let slots = bench.slots(2)?;
    let model = bench.thread(Manner::of(10), bodies::spinner, [1, 0])?;
    for round in rounds(ROUNDS) {
        let (thread, context) = (Thread::from_slot(slots), SchedContext::from_slot(slots + 1));
        remake(memory, thread, context)?;
        bench.move_to(context, 1 + round % (bench.cores() - 1), LONG_SLICE)?;
        thread.write_registers(StartRegisters {
            instruction_pointer: bodies::spinner as *const () as usize as u64,
            stack_pointer: model.stack_end,
            arguments: [1, 0, 0],
        })?;
        context.bind(thread)?;
        thread.resume()?;
        counts_on(1)?;
        own(memory.slot()).revoke()?;
        same("bytes in use", memory.query()?.used_bytes, 0)?;
    }
    Ok(())
}

/// Makes a thread and a context in an untyped.
fn remake(memory: Untyped, thread: Thread, context: SchedContext) -> Outcome {
    memory.retype(NewObject::Thread, own(thread.slot()), 1)?;
    memory.retype(NewObject::SchedContext, own(context.slot()), 1)?;
    thread.configure(CNode::from_slot(l4k_sys::abi::boot::slot::CNODE), SPACE, None)?;
    Ok(thread.set_priority(10, 10)?)
}

fn an_endpoint_that_goes_wakes_callers_of_all_cores(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let place = bench.slots(2)?;
    let memory = bench.untyped(10)?;
    for _ in rounds(10) {
        // The server's endpoint, and the object by which it would answer.
        memory.retype(NewObject::Endpoint, own(place), 1)?;
        memory.retype(NewObject::Reply, own(place + 1), 1)?;
        let (endpoint, reply) = (Endpoint::from_slot(place), Reply::from_slot(place + 1));
        bench.start_on(0, URGENT, bodies::echo_server, [pair(endpoint, reply), 15])?;
        let clients = 1..bench.cores();
        for core in clients.clone() {
            bench.start_on(core, 10, client, [endpoint.slot(), core])?;
        }
        clients.clone().try_for_each(counts_on)?;
        own(memory.slot()).revoke()?;
        for core in clients {
            spin_until("the client has an error", || Cell(core).outcome().is_some())?;
            let right =
                [Some(Err(Error::PeerGone)), Some(Err(Error::InvalidCapability))].contains(&Cell(core).outcome());
            holds("the client is told that its server is gone", right)?;
            Cell(core).clear();
        }
    }
    Ok(())
}

fn a_passive_server_of_another_core_is_refused(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let server = bench.start_on(1, URGENT, bodies::echo_server, [pair(endpoint, reply), 15])?;
    spin_until("the server receives", || server.state().is_ok_and(|state| state == Some(ThreadState::Receiving)))?;
    let Some(context) = server.context else { return Err(Failure::new(format_args!("no time"))) };
    context.unbind()?;
    refused("a call to it", endpoint.call(Message::new(LABEL, [1])), Error::WrongCore)?;
    bench.start_on(1, 10, client, [endpoint.slot(), 1])?;
    counts_on(1)
}

/// How often each core but the first, which runs the suite, was in the kernel: those that have nothing to run are there when they are interrupted.
fn turns_of_others(bench: &Bench<'_>) -> Outcome<[u64; 7]> {
    let mut turns = [0; 7];
    for (core, turns) in (1..bench.cores()).zip(&mut turns) {
        *turns = Resources::DEBUG_CONSOLE.lock_times(core)?.turns;
    }
    Ok(turns)
}

fn interrupts_are_taken_by_the_core_that_was_chosen(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let alarm = Alarm::new(bench)?;
    let notification = bench.notification()?;
    let irq = alarm.issue(bench)?;
    irq.bind(notification)?;
    for round in rounds(ROUNDS) {
        let chosen = round % bench.cores();
        irq.set_core(chosen)?;
        let before = turns_of_others(bench)?;
        alarm.strike();
        let mut arrived = false;
        spin_until("the interrupt is signalled", || {
            arrived |= notification.poll().is_ok();
            arrived
        })?;
        for (core, (now, before)) in (1..).zip(turns_of_others(bench)?.into_iter().zip(before)) {
            holds("only the chosen core was interrupted", (now != before) == (core == chosen))?;
        }
        alarm.silence();
        irq.acknowledge()?;
    }
    refused("a core that does not exist", irq.set_core(bench.cores()), Error::InvalidCore)
}

fn an_interrupt_that_is_raised_disturbs_no_other_core(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    bench.start_on(1, 50, bodies::spinner, [1, 0])?;
    let notification = bench.notification()?;
    let irq = unused(bench, Trigger::Edge)?;
    irq.bind(notification)?;
    irq.set_core(1)?;
    counts_on(1)?;
    let before = turns_of_others(bench)?;
    for round in rounds(10 * ROUNDS) {
        irq.raise()?;
        notification.poll()?;
        irq.set_core(round % bench.cores())?;
        irq.acknowledge()?;
    }
    same("entries into the kernel on the other cores", turns_of_others(bench)?, before)?;
    counts_on(1)
}

fn a_priority_that_is_lowered_elsewhere_lets_others_run(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let first = bench.start_on(1, 50, bodies::spinner, [1, 0])?;
    let second = bench.start_on(1, 40, bodies::spinner, [2, 0])?;
    for _ in rounds(ROUNDS) {
        counts_on(1)?;
        first.thread.set_priority(30, 30)?;
        counts_on(2)?;
        first.thread.set_priority(50, 50)?;
    }
    second.thread.suspend()?;
    system::yield_now();
    counts_on(1)
}

fn a_priority_that_changes_nothing_elsewhere_interrupts_nobody(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let victim = bench.start_on(1, 50, bodies::spinner, [1, 0])?;
    let other = bench.start_on(1, 10, bodies::spinner, [2, 0])?;
    counts_on(1)?;
    let before = Resources::DEBUG_CONSOLE.lock_times(1)?.turns;
    for round in rounds(10 * ROUNDS) {
        let priority = (20 + round % 2) as u8;
        other.thread.set_priority(priority, priority)?;
        victim.thread.set_priority(priority + 30, priority + 30)?;
    }
    same("entries into the kernel on the victim's core", Resources::DEBUG_CONSOLE.lock_times(1)?.turns, before)?;
    counts_on(1)
}

/// What can be taken from a thread, so that it cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Space,
    Time,
    TimeForGood,
    Life,
    Itself,
}

/// Takes it: the thread runs on another core. `space` is the capability that its own was copied from.
fn take(taken: Taken, helper: &Helper, space: u64) -> Outcome {
    let Some(context) = helper.context else { return Err(Failure::new(format_args!("no time"))) };
    match taken {
        Taken::Space => own(space).revoke()?,
        Taken::Time => context.unbind()?,
        Taken::TimeForGood => own(context.slot()).delete()?,
        Taken::Life => helper.thread.suspend()?,
        Taken::Itself => own(helper.thread.slot()).delete()?,
    }
    Ok(())
}

fn what_is_taken_from_a_thread_elsewhere_is_gone_when_the_call_returns(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let handler = bench.endpoint()?;
    for taken in [Taken::Space, Taken::Time, Taken::TimeForGood, Taken::Life, Taken::Itself] {
        for core in 1..bench.cores() {
            let space = bench.slot()?;
            own(space).copy_from(own(SPACE.slot()), Rights::ALL)?;
            let helper = bench.thread_on(core, Manner::of(10).slice(Some(LONG_SLICE)), bodies::spinner, [core, 0])?;
            let cnode = CNode::from_slot(boot::slot::CNODE);
            helper.thread.configure(cnode, AddressSpace::from_slot(space), Some(handler))?;
            helper.thread.resume()?;
            counts_on(core)?;
            take(taken, &helper, space)?;
            let value = Cell(core).value();
            // Time enough for it to count on, if it could.
            let stands_still = (0..10_000).all(|_| Cell(core).value() == value);
            same("what was taken, and whether it stands still", (taken, stands_still), (taken, true))?;
        }
    }
    Ok(())
}
