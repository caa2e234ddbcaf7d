//! Budgets below their period: shares of time, periods that are kept, what happens when a budget is used up, and time that comes with signals.

use l4k_init::Resources;
use l4k_sys::abi::message::MESSAGE_WORDS_MAX;
use l4k_sys::abi::{Error, FaultKind, ThreadState};
use l4k_sys::handle::NewObject;
use l4k_sys::{CNode, Endpoint, Message, Nanoseconds, Notification, Received, Reply, println, system};
use suite_support::role::{LABEL, echo};

use crate::harness::bench::{MAIN, own};
use crate::harness::bodies::{self, finish, pair};
use crate::harness::failure::{Failure, holds, refused, same};
use crate::harness::threads::{Helper, IDLE, LONG_SLICE, Manner, URGENT, spin_until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    a_budget_is_a_share,
    a_period_is_kept_beside_an_attacker,
    a_budget_that_is_used_up_is_told,
    a_client_that_runs_out_inside_a_server_is_answered_by_the_handler,
    time_comes_with_a_signal_and_goes_back,
    time_that_came_with_a_signal_is_filled_anew_where_it_is,
    a_context_is_filled_anew_while_its_thread_waits,
    a_thread_that_waits_for_time_is_destroyed,
    a_deletion_that_outlives_its_caller_is_paid,
    long_messages_are_paid,
];

const PERIOD: Nanoseconds = Nanoseconds::from_milliseconds(10);

/// Periods for which a share is measured.
const PERIODS: u64 = 20;

/// Wake-ups of the periodic thread.
const WAKE_UPS: u64 = 30;

/// Gives a helper's context a budget in each period.
fn limit(helper: &Helper, budget: Nanoseconds, period: Nanoseconds) -> Outcome {
    let context = helper.context.ok_or_else(|| Failure::new(format_args!("no context")))?;
    Ok(Resources::SCHED_CONTROL.configure(context, budget, period)?)
}

fn part_of(time: Nanoseconds, percent: u64) -> Nanoseconds {
    Nanoseconds::new(time.count() * percent / 100)
}

/// How often a share is measured again that was too large. A busy computer may stop the whole machine at any instant, and its timer comes late then;
/// a kernel that gives too much does so each time. The exact bound is a property of the host's tests, and of runs in which instructions are counted.
const TRIES: usize = 10;

/// A thread that would take all the time gets its budget and no more. How much less depends on the computer, unless time is counted in instructions:
/// the figures are printed.
fn a_budget_is_a_share(bench: &mut Bench<'_>) -> Outcome {
    let greedy = bench.thread(Manner::of(URGENT), bodies::spinner, [0, 0])?;
    for percent in [1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90] {
        let mut is_kept = false;
        for _ in 0..TRIES {
            is_kept = is_kept || share(&greedy, percent)?;
        }
        holds("it got no more than its budget in each period", is_kept)?;
    }
    Ok(())
}

/// Measures what a suspended thread gets with so much budget, and whether that is what it may get, as far as one can tell on a busy computer.
fn share(greedy: &Helper, percent: u64) -> Outcome<bool> {
    let budget = part_of(PERIOD, percent);
    limit(greedy, budget, PERIOD)?;
    let used = greedy.thread.query()?.time_used;
    let start = system::ticks();
    greedy.thread.resume()?;
    // Up to shortly before the next release.
    let window = Nanoseconds::new(PERIOD.count() * PERIODS - PERIOD.count() / 20);
    while system::elapsed(start, system::ticks()) < window {}
    greedy.thread.suspend()?;
    let periods = system::elapsed(start, system::ticks()).count() / PERIOD.count() + 1;
    let used = greedy.thread.query()?.time_used.count() - used.count();
    let granted = budget.count() * periods;
    println!("  budget {percent}%: {used} of {granted} ns in {periods} periods");
    Ok(used <= granted + 3 * PERIOD.count())
}

/// Runs for a moment in each period, and leaves the shortest and the longest time between two of its wake-ups in two cells.
extern "C" fn periodic(done: u64, cell: u64, thread: u64) -> ! {
    system::yield_now();
    let mut last = system::ticks();
    let (mut least, mut greatest) = (u64::MAX, 0);
    for _ in 0..WAKE_UPS {
        system::yield_now();
        let now = system::ticks();
        let passed = system::elapsed(last, now).count();
        (least, greatest, last) = (least.min(passed), greatest.max(passed), now);
    }
    Cell(cell).put_value(least);
    Cell(cell + 1).put_value(greatest);
    let _ = Notification::from_slot(done).signal();
    finish(thread)
}

/// The worst deviations from the period of a thread, while others run.
fn jitter(bench: &mut Bench<'_>, who: &str) -> Outcome {
    let done = bench.notification()?;
    let helper = bench.thread(Manner::of(URGENT), periodic, [done.slot(), 4])?;
    limit(&helper, part_of(PERIOD, 10), PERIOD)?;
    helper.thread.resume()?;
    done.wait()?;
    let deviations = [4, 5].map(|cell| Cell(cell).value() as i64 - PERIOD.count() as i64);
    println!("  period of 10 ms, {who}: {} to {} ns", deviations[0], deviations[1]);
    Ok(())
}

/// A periodic thread comes in each period, whatever less urgent threads do, and more urgent ones that have a budget. That it comes at all, as often as
/// there are periods, is what is tested; how exactly is printed.
fn a_period_is_kept_beside_an_attacker(bench: &mut Bench<'_>) -> Outcome {
    jitter(bench, "alone")?;
    let attacker = bench.start(Manner::of(IDLE), bodies::spinner, [0, 0])?;
    jitter(bench, "beside an attacker that is less urgent")?;
    attacker.thread.suspend()?;
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    bench.start(Manner::of(IDLE + 1), bodies::echo_server, [pair(endpoint, reply), 1])?;
    let storm = bench.start(Manner::of(IDLE), callers, [endpoint.slot(), 2])?;
    jitter(bench, "beside a storm of calls")?;
    holds("there was a storm", Cell(2).value() > 0)?;
    storm.thread.suspend()?;
    limit(&attacker, part_of(PERIOD, 50), PERIOD)?;
    attacker.thread.set_priority(URGENT + 1, URGENT + 1)?;
    attacker.thread.resume()?;
    jitter(bench, "beside an attacker that is more urgent and has half of the time")
}

/// Calls for ever.
extern "C" fn callers(endpoint: u64, cell: u64, _: u64) -> ! {
    loop {
        if Endpoint::from_slot(endpoint).call(Message::new(LABEL, [1])).is_ok() {
            Cell(cell).count();
        }
    }
}

/// A spinner with a budget of a tenth whose timeouts go to an endpoint, not resumed yet.
fn told(bench: &mut Bench<'_>, timeouts: Endpoint) -> Outcome<Helper> {
    let helper = bench.thread(Manner::of(URGENT), bodies::spinner, [0, 0])?;
    helper.thread.set_timeout_endpoint(Some(timeouts))?;
    limit(&helper, part_of(PERIOD, 10), PERIOD)?;
    Ok(helper)
}

fn a_budget_that_is_used_up_is_told(bench: &mut Bench<'_>) -> Outcome {
    let (timeouts, reply) = (bench.endpoint()?, bench.reply()?);
    let helper = told(bench, timeouts)?;
    helper.context.map_or(Ok(()), |context| context.set_badge(0xbadc0de))?;
    helper.thread.resume()?;
    for _ in 0..3 {
        let Received::Fault { message, .. } = timeouts.receive(reply)? else {
            return Err(Failure::new(format_args!("no fault")));
        };
        let fault = message.fault().ok_or_else(|| Failure::new(format_args!("{message:?} does not decode")))?;
        same("fault", (fault.kind, fault.address), (FaultKind::Timeout, 0xbadc0de))?;
        holds("time used", fault.syndrome >= part_of(PERIOD, 10).count())?;
        helper.is_in(ThreadState::Faulted)?;
        reply.resume()?;
    }
    Ok(())
}

/// Receives, and never answers of its own accord: it spins on its caller's time.
extern "C" fn slow_server(places: u64, cell: u64, _: u64) -> ! {
    let (endpoint, reply) = bodies::split(places);
    let _ = endpoint.receive(reply);
    loop {
        Cell(cell).count();
    }
}

fn a_client_that_runs_out_inside_a_server_is_answered_by_the_handler(bench: &mut Bench<'_>) -> Outcome {
    let [service, timeouts] = [bench.endpoint()?, bench.endpoint()?];
    let [reply, fault_reply]: [Reply; 2] = [bench.reply()?, bench.reply()?];
    let server = bench.thread(Manner::of(URGENT), slow_server, [pair(service, reply), 3])?;
    server.thread.set_timeout_endpoint(Some(timeouts))?;
    server.thread.resume()?;
    server.is_in(ThreadState::Receiving)?;
    let spare = server.context.ok_or_else(|| Failure::new(format_args!("no context")))?;
    spare.unbind()?;
    let client = bench.thread(Manner::of(URGENT), bodies::caller, [service.slot(), 1])?;
    limit(&client, part_of(PERIOD, 10), PERIOD)?;
    client.thread.resume()?;
    let Received::Fault { .. } = timeouts.receive(fault_reply)? else {
        return Err(Failure::new(format_args!("no fault")));
    };
    same("the client", Cell(1).outcome(), None)?;
    // The client is told; the server begins anew, on time of its own until it receives.
    reply.send(Message::REFUSAL)?;
    spin_until("the client has its answer", || Cell(1).outcome().is_some())?;
    same("label of the answer", Cell(1).message().label(), Message::REFUSAL.label())?;
    server.thread.suspend()?;
    server.thread.write_registers(l4k_sys::handle::StartRegisters {
        instruction_pointer: bodies::echo_server as *const () as usize as u64,
        stack_pointer: server.stack_end,
        arguments: [pair(service, reply), 3, server.thread.slot()],
    })?;
    spare.bind(server.thread)?;
    server.thread.resume()?;
    server.is_in(ThreadState::Receiving)?;
    spare.unbind()?;
    same("answer", service.call(Message::new(LABEL, [7]))?, Message::new(LABEL + 1, [echo(7)]))
}

/// Waits again and again, and counts.
extern "C" fn driver(notification: u64, cell: u64, _: u64) -> ! {
    loop {
        if Notification::from_slot(notification).wait().is_ok() {
            Cell(cell).count();
        }
    }
}

fn time_comes_with_a_signal_and_goes_back(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    let helper = bench.start(Manner::of(URGENT), driver, [notification.slot(), 1])?;
    helper.is_in(ThreadState::Waiting)?;
    helper.context.map_or(Ok(()), |context| context.unbind())?;
    let time = bench.context(LONG_SLICE)?;
    time.bind_to_signals(notification)?;
    refused("a second time", time.bind_to_signals(notification), Error::AlreadyBound)?;
    for round in 1..=100 {
        notification.signal()?;
        same("rounds", Cell(1).value(), round)?;
        helper.is_in(ThreadState::Waiting)?;
    }
    holds("it used the time of the signals", time.query()?.consumed.count() > 0)?;
    time.unbind()?;
    notification.signal()?;
    helper.is_in(ThreadState::NoContext)
}

/// Takes a signal, and counts for ever on the time that comes with it.
extern "C" fn worker(notification: u64, cell: u64, thread: u64) -> ! {
    if Notification::from_slot(notification).wait().is_err() {
        finish(thread);
    }
    bodies::spinner(cell, 0, thread)
}

/// Nobody has lent this time, so nobody takes it back: the thread works on with the new budget.
fn time_that_came_with_a_signal_is_filled_anew_where_it_is(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    let helper = bench.start(Manner::of(URGENT), worker, [notification.slot(), 1])?;
    helper.is_in(ThreadState::Waiting)?;
    helper.context.map_or(Ok(()), |context| context.unbind())?;
    let time = bench.context(LONG_SLICE)?;
    Resources::SCHED_CONTROL.configure(time, part_of(PERIOD, 10), PERIOD)?;
    time.bind_to_signals(notification)?;
    notification.signal()?;
    for percent in (5..=50).step_by(5) {
        Resources::SCHED_CONTROL.configure(time, part_of(PERIOD, percent), PERIOD)?;
        let before = Cell(1).value();
        helper.is_in(ThreadState::Ready)?;
        spin_until("it works on", || Cell(1).value() > before)?;
    }
    Ok(())
}

fn a_context_is_filled_anew_while_its_thread_waits(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.thread(Manner::of(URGENT), bodies::spinner, [1, 0])?;
    let hour = Nanoseconds::from_milliseconds(3_600_000);
    limit(&helper, Nanoseconds::new(10_000), hour)?;
    helper.thread.resume()?;
    let before = Cell(1).value();
    helper.is_in(ThreadState::Ready)?;
    limit(&helper, part_of(PERIOD, 10), PERIOD)?;
    spin_until("it runs again, long before an hour is over", || Cell(1).value() > before)?;
    refused("a budget above its period", limit_of(&helper, hour, PERIOD), Error::InvalidTime)?;
    refused("too little", limit_of(&helper, Nanoseconds::new(9_999), PERIOD), Error::InvalidTime)
}

fn limit_of(helper: &Helper, budget: Nanoseconds, period: Nanoseconds) -> Result<(), Error> {
    helper.context.map_or(Err(Error::NotBound), |context| Resources::SCHED_CONTROL.configure(context, budget, period))
}

fn a_thread_that_waits_for_time_is_destroyed(bench: &mut Bench<'_>) -> Outcome {
    for cell in 0..8 {
        let helper = bench.thread(Manner::of(URGENT), bodies::spinner, [cell, 0])?;
        limit(&helper, Nanoseconds::new(10_000 + cell), Nanoseconds::from_milliseconds(1000 + cell))?;
        helper.thread.resume()?;
        helper.thread.set_priority(URGENT + 1, URGENT + 1)?;
        if cell % 2 == 0 {
            crate::harness::bench::own(helper.thread.slot()).delete()?;
        }
    }
    Ok(())
}

/// Slots of a CNode, as a power of two, whose deletion takes long.
const LARGE: u8 = 12;

/// Waits for a signal, and deletes a CNode.
extern "C" fn deleter(notification: u64, table: u64, thread: u64) -> ! {
    let _ = Notification::from_slot(notification).wait();
    let _ = own(table).delete();
    finish(thread)
}

/// The CNode holds the thread that deletes it, so that the deletion goes on without its caller. The caller's context
/// pays for all of it. What is compared passes on this core alone, so that a busy computer makes no difference.
fn a_deletion_that_outlives_its_caller_is_paid(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    let table = CNode::from_slot(bench.make(NewObject::CNode(LARGE))?);
    let helper = bench.start(Manner::of(URGENT), deleter, [notification.slot(), table.slot()])?;
    helper.is_in(ThreadState::Waiting)?;
    table.at(1).move_from(own(helper.thread.slot()))?;
    let context = helper.context.ok_or_else(|| Failure::new(format_args!("no context")))?;
    let before = context.query()?.consumed.count();
    let start = system::ticks();
    notification.signal()?;
    let passed = system::elapsed(start, system::ticks()).count();
    let paid = context.query()?.consumed.count() - before;
    println!("  a deletion that outlived its caller: {paid} of {passed} ns are paid");
    refused("the thread is gone", helper.thread.query().map(drop), Error::InvalidCapability)?;
    holds("the caller's context pays for nine tenths at least", paid * 10 >= passed * 9)
}

/// Long calls of a thread with a small budget.
const LONG_CALLS: u64 = 2_000;

/// Sends as many, and tells when it is done.
extern "C" fn long_callers(endpoint: u64, done: u64, thread: u64) -> ! {
    for _ in 0..LONG_CALLS {
        let _ = Message::long(LABEL, MESSAGE_WORDS_MAX, [0; 6])
            .and_then(|message| Endpoint::from_slot(endpoint).call(message));
    }
    let _ = Notification::from_slot(done).signal();
    finish(thread)
}

/// All time of this core was somebody's, to a hundredth: none of what long copies take is lost.
fn long_messages_are_paid(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply, done) = (bench.endpoint()?, bench.reply()?, bench.notification()?);
    let server = bench.start(Manner::of(URGENT), bodies::echo_server, [pair(endpoint, reply), 1])?;
    let caller = bench.thread(Manner::of(URGENT), long_callers, [endpoint.slot(), done.slot()])?;
    limit(&caller, part_of(PERIOD, 10), PERIOD)?;
    let rest = bench.start(Manner::of(IDLE), bodies::spinner, [2, 0])?;
    let used = || -> Outcome<u64> {
        let all = [server.thread, caller.thread, rest.thread, MAIN];
        all.iter().try_fold(0, |sum, thread| Ok(sum + thread.query()?.time_used.count()))
    };
    let (start, before) = (system::ticks(), used()?);
    caller.thread.resume()?;
    done.wait()?;
    let (passed, used) = (system::elapsed(start, system::ticks()).count(), used()? - before);
    println!("  long messages: {used} of {passed} ns are paid");
    holds("no more than a hundredth is lost", passed.saturating_sub(used) * 100 <= passed)
}
