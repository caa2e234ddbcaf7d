//! Servers of `Endpoint::serve`: no client ends one.

use l4k_sys::abi::ThreadState;
use l4k_sys::{Endpoint, Message, Reply, Thread};

use crate::harness::bench::page;
use crate::harness::bodies::{self, finish, pair, split};
use crate::harness::failure::{refused, same};
use crate::harness::threads::{Helper, Manner, URGENT};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    a_thread_that_faults_at_its_endpoint_stays_stopped,
    a_caller_that_went_away_is_forgotten,
    a_caller_without_a_buffer_for_the_answer_is_refused,
];

/// What the server is asked for.
mod label {
    pub const ECHO: u32 = 7;
    pub const SUSPEND: u32 = 8;
    pub const LONG: u32 = 9;
}

extern "C" fn server(pair: u64, cell: u64, thread: u64) -> ! {
    let (endpoint, reply) = split(pair);
    let end = endpoint.serve(reply, |message, _| {
        Cell(cell).count();
        answer(message)
    });
    Cell(cell).put_outcome(end.map(drop));
    finish(thread)
}

fn answer(message: &Message) -> Message {
    match message.label() {
        // The caller's own thread, so that nobody waits for the answer any more.
        label::SUSPEND => Thread::from_slot(message.words[0]).suspend().map_or(Message::REFUSAL, |()| *message),
        label::LONG => Message::long(0, 7, [0; 6]).unwrap_or(Message::REFUSAL),
        _ => *message,
    }
}

/// Asks the server to suspend the caller.
extern "C" fn vanishing_caller(endpoint: u64, cell: u64, thread: u64) -> ! {
    let answer = Endpoint::from_slot(endpoint).call(Message::new(label::SUSPEND, [thread]));
    Cell(cell).put_outcome(answer.map(drop));
    finish(thread)
}

/// Asks for an answer that takes a buffer.
extern "C" fn long_asker(endpoint: u64, cell: u64, thread: u64) -> ! {
    let answer = Endpoint::from_slot(endpoint).call(Message::new(label::LONG, []));
    if let Ok(message) = answer {
        Cell(cell).put_value(u64::from(message.label()));
    }
    Cell(cell).put_outcome(answer.map(drop));
    finish(thread)
}

fn started(bench: &mut Bench<'_>) -> Outcome<(Endpoint, Reply, Helper)> {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let helper = bench.thread(Manner::of(URGENT), server, [pair(endpoint, reply), 0])?;
    bench.give_buffer(&helper)?;
    helper.thread.resume()?;
    Ok((endpoint, reply, helper))
}

/// It serves, and this was its n-th call.
#[track_caller]
fn serves(endpoint: Endpoint, server: &Helper, calls: u64) -> Outcome {
    let sent = Message::new(label::ECHO, [calls]);
    same("answer", endpoint.call(sent)?, sent)?;
    same("calls, end", (Cell(0).value(), Cell(0).outcome()), (calls, None))?;
    server.is_in(ThreadState::Receiving)
}

fn a_thread_that_faults_at_its_endpoint_stays_stopped(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply, server) = started(bench)?;
    for calls in 1..4 {
        // The call right is all that it takes to name the endpoint.
        let helper = bench.start(Manner::of(URGENT).faults(endpoint), bodies::reader, [page(3), 1])?;
        same("outcome of the faulting thread", Cell(1).outcome(), None)?;
        refused("an answer to it", reply.resume(), l4k_sys::abi::Error::NobodyWaiting)?;
        helper.is_in(ThreadState::Faulted)?;
        serves(endpoint, &server, calls)?;
    }
    Ok(())
}

fn a_caller_that_went_away_is_forgotten(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, _, server) = started(bench)?;
    let caller = bench.start(Manner::of(URGENT), vanishing_caller, [endpoint.slot(), 1])?;
    caller.is_in(ThreadState::Suspended)?;
    same("its outcome", Cell(1).outcome(), None)?;
    serves(endpoint, &server, 2)
}

fn a_caller_without_a_buffer_for_the_answer_is_refused(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, _, server) = started(bench)?;
    bench.start(Manner::of(URGENT), long_asker, [endpoint.slot(), 1])?;
    same("outcome and label", (Cell(1).outcome(), Cell(1).value()), (Some(Ok(())), 1))?;
    serves(endpoint, &server, 2)
}
