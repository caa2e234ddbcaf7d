//! Attacks on passive servers through their clients' time: it is taken away, destroyed, moved or used up in the middle
//! of the work. The server goes on for its other clients each time. Each attack is made many times over.

use l4k_init::Resources;
use l4k_sys::abi::{Error, FaultCause, Rights, ThreadState};
use l4k_sys::handle::NewObject;
use l4k_sys::{Badge, Endpoint, Message, Nanoseconds, Notification, Received, SchedContext, Untyped};
use suite_support::machine;

use crate::harness::bench::own;
use crate::harness::bodies::{self, finish, split};
use crate::harness::failure::{holds, same};
use crate::harness::passive::{Passive, Watched, attack_rounds, context_of};
use crate::harness::threads::{Helper, IDLE, LONG_SLICE, Manner, URGENT, at_priority, let_others_run, spin_until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    time_that_is_unbound_in_the_middle_of_the_work,
    time_that_is_destroyed_in_the_middle_of_the_work,
    time_that_is_filled_anew_in_the_middle_of_the_work,
    time_that_is_moved_to_another_core_in_the_middle_of_the_work,
    time_that_is_destroyed_at_the_end_of_a_chain,
    time_that_is_used_up_for_an_hour,
    time_of_a_client_that_left_is_not_kept_by_signals,
    callers_of_other_cores_are_refused_while_the_server_is_busy,
    without_a_timeout_endpoint_a_server_has_no_time_until_some_is_bound,
];

/// A client that is in the middle of its call, for the n-th time. The server has its time and does not work yet.
fn begin(client: &Helper) -> Outcome {
    client.thread.resume()?;
    client.is_in(ThreadState::AwaitingReply)
}

/// The client's calls have ended so, and it has gone on after the last one.
#[track_caller]
fn ended(cell: u64, outcome: Result<(), Error>, round: u64) -> Outcome {
    same("the client's calls", (Cell(cell).outcome(), Cell(cell).value()), (Some(outcome), round + 1))
}

fn client(bench: &mut Bench<'_>, endpoint: Endpoint) -> Outcome<Helper> {
    bench.thread(Manner::of(URGENT), bodies::client_by_turns, [endpoint.slot(), 0])
}

fn time_that_is_unbound_in_the_middle_of_the_work(bench: &mut Bench<'_>) -> Outcome {
    let watched = Watched::new(bench, bodies::steady, 9)?;
    let client = client(bench, watched.server.endpoint)?;
    let time = context_of(&client)?;
    for round in 0..attack_rounds() {
        begin(&client)?;
        time.unbind()?;
        watched.rescue()?;
        watched.server.serves()?;
        client.is_in(ThreadState::NoContext)?;
        time.bind(client.thread)?;
        ended(0, Ok(()), round)?;
    }
    Ok(())
}

/// A context in memory of its own, so that it can be destroyed and made again.
fn mortal(bench: &mut Bench<'_>) -> Outcome<(Untyped, SchedContext)> {
    let memory = bench.untyped(12)?;
    Ok((memory, SchedContext::from_slot(bench.slot()?)))
}

fn make(memory: Untyped, time: SchedContext, client: &Helper) -> Outcome {
    memory.retype(NewObject::SchedContext, own(time.slot()), 1)?;
    Resources::SCHED_CONTROL.configure(time, LONG_SLICE, LONG_SLICE)?;
    Ok(time.bind(client.thread)?)
}

fn time_that_is_destroyed_in_the_middle_of_the_work(bench: &mut Bench<'_>) -> Outcome {
    let watched = Watched::new(bench, bodies::steady, 9)?;
    let manner = Manner::of(URGENT).slice(None);
    let client = bench.thread(manner, bodies::client_by_turns, [watched.server.endpoint.slot(), 0])?;
    let (memory, time) = mortal(bench)?;
    make(memory, time, &client)?;
    for round in 0..attack_rounds() {
        begin(&client)?;
        own(time.slot()).delete()?;
        watched.rescue()?;
        watched.server.serves()?;
        client.is_in(ThreadState::NoContext)?;
        make(memory, time, &client)?;
        ended(0, Ok(()), round)?;
    }
    Ok(())
}

/// The time goes home to the client, and the server goes on without it.
fn time_that_is_filled_anew_in_the_middle_of_the_work(bench: &mut Bench<'_>) -> Outcome {
    let watched = Watched::new(bench, bodies::steady, 9)?;
    let client = client(bench, watched.server.endpoint)?;
    for round in 0..attack_rounds() {
        begin(&client)?;
        Resources::SCHED_CONTROL.configure(context_of(&client)?, LONG_SLICE, LONG_SLICE)?;
        watched.rescue()?;
        ended(0, Ok(()), round)?;
        watched.server.serves()?;
    }
    Ok(())
}

fn time_that_is_moved_to_another_core_in_the_middle_of_the_work(bench: &mut Bench<'_>) -> Outcome {
    let watched = Watched::new(bench, bodies::steady, 9)?;
    let client = client(bench, watched.server.endpoint)?;
    let time = context_of(&client)?;
    let elsewhere = bench.cores() - 1;
    for round in 0..attack_rounds() {
        begin(&client)?;
        bench.move_to(time, elsewhere, LONG_SLICE)?;
        watched.rescue()?;
        watched.server.serves()?;
        let is_over = || client.state().is_ok_and(|state| state == Some(ThreadState::Suspended));
        spin_until("the client has stopped", is_over)?;
        ended(0, Ok(()), round)?;
        bench.move_to(time, 0, LONG_SLICE)?;
    }
    Ok(())
}

/// Serves for ever, with the help of another server.
extern "C" fn relay(pair: u64, inner: u64, thread: u64) -> ! {
    let (endpoint, reply) = split(pair);
    let mut received = endpoint.receive(reply);
    while received.is_ok() {
        let _ = Endpoint::from_slot(inner).call(Message::EMPTY);
        received = endpoint.reply_receive(reply, Message::EMPTY);
    }
    finish(thread)
}

fn time_that_is_destroyed_at_the_end_of_a_chain(bench: &mut Bench<'_>) -> Outcome {
    let inner = Watched::new(bench, bodies::steady, 9)?;
    let outer = Watched::new(bench, relay, inner.server.endpoint.slot())?;
    outer.server.helper.thread.set_priority(IDLE + 2, IDLE + 2)?;
    let client = client(bench, outer.server.endpoint)?;
    let time = context_of(&client)?;
    for round in 0..attack_rounds() {
        begin(&client)?;
        // The inner server has got the call, and does not run yet.
        at_priority(IDLE + 1, || ())?;
        outer.server.helper.is_in(ThreadState::AwaitingReply)?;
        time.unbind()?;
        inner.rescue()?;
        outer.rescue()?;
        outer.server.serves()?;
        time.bind(client.thread)?;
        ended(0, Ok(()), round)?;
    }
    Ok(())
}

/// The badge of a client for which the server never comes to an end.
const ENDLESS: u64 = 7;

/// Serves for ever, and one client without end.
extern "C" fn held_up(pair: u64, endless: u64, thread: u64) -> ! {
    let (endpoint, reply) = split(pair);
    let mut received = endpoint.receive(reply);
    while let Ok(Received::Message { badge, .. }) = received {
        while badge == Badge::new(endless) {
            machine::pause();
        }
        received = endpoint.reply_receive(reply, Message::EMPTY);
    }
    finish(thread)
}

/// The client has a little time in an hour. Others do not wait for the next hour.
fn time_that_is_used_up_for_an_hour(bench: &mut Bench<'_>) -> Outcome {
    const BUDGET: Nanoseconds = Nanoseconds::new(100_000);
    const HOUR: Nanoseconds = Nanoseconds::from_milliseconds(3_600_000);
    let watched = Watched::new(bench, held_up, ENDLESS)?;
    let endless = bench.mint(watched.server.endpoint.slot(), Rights::CALL, ENDLESS)?;
    let client = client(bench, Endpoint::from_slot(endless))?;
    let time = context_of(&client)?;
    for round in 0..attack_rounds() {
        Resources::SCHED_CONTROL.configure(time, BUDGET, HOUR)?;
        client.thread.resume()?;
        // A computer that stops the machine for a while can take the client's time before its call.
        while client.thread.query()?.state == Some(ThreadState::Ready) {
            Resources::SCHED_CONTROL.configure(time, BUDGET, HOUR)?;
        }
        same("cause", watched.is_told_in_the_end()?, FaultCause::Other)?;
        watched.refuse_and_start_anew(held_up, ENDLESS)?;
        watched.server.serves()?;
        holds("the client waits for its time", Cell(0).value() == round)?;
        Resources::SCHED_CONTROL.configure(time, LONG_SLICE, LONG_SLICE)?;
        ended(0, Ok(()), round)?;
    }
    Ok(())
}

/// Serves for ever; before it goes on after signals, it waits for others.
extern "C" fn held_up_by_signals(pair: u64, gate: u64, thread: u64) -> ! {
    let (endpoint, reply) = split(pair);
    let mut received = endpoint.receive(reply);
    loop {
        received = match received {
            Ok(Received::Message { .. }) => match endpoint.reply_receive(reply, Message::EMPTY) {
                Err(Error::NobodyWaiting) => endpoint.receive(reply),
                received => received,
            },
            Ok(_) => Notification::from_slot(gate).wait().and_then(|_| endpoint.receive(reply)),
            Err(_) => finish(thread),
        };
    }
}

fn time_of_a_client_that_left_is_not_kept_by_signals(bench: &mut Bench<'_>) -> Outcome {
    let [gate, bell] = [bench.notification()?, bench.notification()?];
    let server = Passive::new(bench, held_up_by_signals, gate.slot())?;
    server.helper.thread.set_priority(IDLE, IDLE)?;
    server.helper.thread.bind_notification(bell)?;
    context_of(&server.helper)?.bind_to_signals(bell)?;
    bench.context(LONG_SLICE)?.bind_to_signals(gate)?;
    let client = client(bench, server.endpoint)?;
    for round in 0..attack_rounds() {
        begin(&client)?;
        bell.signal()?;
        client.thread.cancel()?;
        let_others_run()?;
        server.helper.is_in(ThreadState::Waiting)?;
        ended(0, Err(Error::Cancelled), round)?;
        gate.signal()?;
        let_others_run()?;
        server.serves()?;
    }
    Ok(())
}

/// They are refused at once, and do not wait until the server receives.
fn callers_of_other_cores_are_refused_while_the_server_is_busy(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::slow(bench)?;
    let client = client(bench, server.endpoint)?;
    for core in 1..bench.cores() {
        let body = [server.endpoint.slot(), core];
        let far = bench.thread_on(core, Manner::of(URGENT), bodies::client_by_turns, body)?;
        for round in 0..attack_rounds().min(2_000) {
            begin(&client)?;
            far.thread.resume()?;
            let is_over = || far.state().is_ok_and(|state| state == Some(ThreadState::Suspended));
            spin_until("the call from the other core has ended", is_over)?;
            ended(core, Err(Error::WrongCore), round)?;
            client.is_in(ThreadState::AwaitingReply)?;
            let_others_run()?;
            server.helper.is_in(ThreadState::Receiving)?;
        }
    }
    begin(&client)?;
    let_others_run()?;
    server.serves()
}

fn without_a_timeout_endpoint_a_server_has_no_time_until_some_is_bound(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::slow(bench)?;
    let (client, spare) = (client(bench, server.endpoint)?, context_of(&server.helper)?);
    let time = context_of(&client)?;
    for round in 0..attack_rounds() {
        begin(&client)?;
        time.unbind()?;
        let_others_run()?;
        server.helper.is_in(ThreadState::NoContext)?;
        spare.bind(server.helper.thread)?;
        let_others_run()?;
        server.helper.is_in(ThreadState::Receiving)?;
        spare.unbind()?;
        time.bind(client.thread)?;
        ended(0, Ok(()), round)?;
        server.serves()?;
    }
    Ok(())
}
