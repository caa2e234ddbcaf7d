//! Time that is lent with a call: it comes back, however the call ends.

use l4k_sys::abi::thread::register;
use l4k_sys::abi::{Error, Rights, ThreadState};
use l4k_sys::{Endpoint, Message, Nanoseconds, Received, Thread};
use suite_support::role::{LABEL, echo};

use crate::harness::bench::{own, page};
use crate::harness::bodies::{self, finish, pair, split, words};
use crate::harness::failure::{refused, same};
use crate::harness::passive::{Passive, attack_rounds, context_of};
use crate::harness::threads::{Helper, IDLE, Manner, URGENT, let_others_run, spin_until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    an_answer_brings_the_time_back,
    a_deleted_reply_object_gives_the_time_back,
    a_deleted_server_gives_the_time_back,
    a_chain_of_calls_brings_the_time_back,
    a_chain_that_breaks_at_its_end_brings_the_time_back,
    a_chain_that_breaks_in_the_middle_brings_the_time_back,
    a_context_that_is_deleted_while_lent_is_gone_for_both,
    a_context_that_is_deleted_while_its_thread_is_queued_is_gone,
    a_context_that_is_unbound_while_lent_can_be_bound_again,
    a_deleted_context_stops_its_thread,
    a_cancelled_caller_has_its_time_back_when_the_server_receives,
    a_cancelled_client_never_stops_its_server,
    a_destroyed_client_never_stops_its_server,
    a_stale_caller_never_stops_a_passive_server,
    callers_of_other_cores_never_stop_a_passive_server,
    a_fault_lends_time_to_its_handler_and_an_answer_brings_it_back,
    a_signal_lends_no_time,
];

/// A client with time of its own that calls once.
fn client(bench: &mut Bench<'_>, endpoint: Endpoint) -> Outcome<Helper> {
    bench.start(Manner::of(URGENT), bodies::caller, [endpoint.slot(), 0])
}

/// The client's call has ended so, and the client has run to its end, for which it needs time.
#[track_caller]
fn ended(client: &Helper, outcome: Result<(), Error>) -> Outcome {
    same("the client's call", Cell(0).outcome(), Some(outcome))?;
    client.is_in(ThreadState::Suspended)
}

/// Takes one call, makes one itself with the same message, and answers with what came of it.
extern "C" fn relay(pair: u64, inner: u64, thread: u64) -> ! {
    let (endpoint, reply) = split(pair);
    if let Ok(Received::Message { message, .. }) = endpoint.receive(reply) {
        let answer = match Endpoint::from_slot(inner).call(message) {
            Ok(answer) => answer,
            Err(error) => Message::new(0, [error.code()]),
        };
        let _ = reply.send(answer);
    }
    finish(thread)
}

fn an_answer_brings_the_time_back(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::new(bench, bodies::echo_server, 1)?;
    let client = client(bench, server.endpoint)?;
    ended(&client, Ok(()))?;
    same("answer", Cell(0).message(), Message::new(LABEL + 1, words(Cell(0)).map(echo)))?;
    server.helper.is_in(ThreadState::Receiving)?;
    refused("the client's time is bound", context_of(&client)?.bind(server.helper.thread), Error::AlreadyBound)
}

fn a_deleted_reply_object_gives_the_time_back(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::new(bench, bodies::taker, 1)?;
    let client = client(bench, server.endpoint)?;
    client.is_in(ThreadState::AwaitingReply)?;
    own(server.reply.slot()).delete()?;
    ended(&client, Err(Error::PeerGone))
}

fn a_deleted_server_gives_the_time_back(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::new(bench, bodies::taker, 1)?;
    let client = client(bench, server.endpoint)?;
    client.is_in(ThreadState::AwaitingReply)?;
    own(server.helper.thread.slot()).delete()?;
    ended(&client, Err(Error::PeerGone))
}

fn a_chain_of_calls_brings_the_time_back(bench: &mut Bench<'_>) -> Outcome {
    let last = Passive::new(bench, bodies::echo_server, 1)?;
    let second = Passive::new(bench, relay, last.endpoint.slot())?;
    let first = Passive::new(bench, relay, second.endpoint.slot())?;
    let client = client(bench, first.endpoint)?;
    ended(&client, Ok(()))?;
    same("answer", Cell(0).message(), Message::new(LABEL + 1, words(Cell(0)).map(echo)))?;
    last.helper.is_in(ThreadState::Receiving)
}

fn a_chain_that_breaks_at_its_end_brings_the_time_back(bench: &mut Bench<'_>) -> Outcome {
    let last = Passive::new(bench, bodies::taker, 1)?;
    let first = Passive::new(bench, relay, last.endpoint.slot())?;
    let client = client(bench, first.endpoint)?;
    client.is_in(ThreadState::AwaitingReply)?;
    first.helper.is_in(ThreadState::AwaitingReply)?;
    own(last.helper.thread.slot()).delete()?;
    ended(&client, Ok(()))?;
    same("what the one in the middle was told", Cell(0).message().words[0], Error::PeerGone.code())
}

fn a_chain_that_breaks_in_the_middle_brings_the_time_back(bench: &mut Bench<'_>) -> Outcome {
    let last = Passive::new(bench, bodies::taker, 1)?;
    let first = Passive::new(bench, relay, last.endpoint.slot())?;
    let client = client(bench, first.endpoint)?;
    own(first.helper.thread.slot()).delete()?;
    client.is_in(ThreadState::NoContext)?;
    own(last.helper.thread.slot()).delete()?;
    ended(&client, Err(Error::PeerGone))?;
    refused("an answer to who is gone", last.reply.send(Message::EMPTY), Error::NobodyWaiting)
}

fn a_context_that_is_deleted_while_lent_is_gone_for_both(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::new(bench, bodies::taker, 1)?;
    let client = client(bench, server.endpoint)?;
    own(context_of(&client)?.slot()).delete()?;
    client.is_in(ThreadState::AwaitingReply)?;
    server.reply.send(Message::EMPTY)?;
    let_others_run()?;
    client.is_in(ThreadState::NoContext)?;
    same("the client's call", Cell(0).outcome(), None)?;
    bench.context(Nanoseconds::from_milliseconds(10))?.bind(client.thread)?;
    ended(&client, Ok(()))
}

fn a_context_that_is_deleted_while_its_thread_is_queued_is_gone(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let client = client(bench, endpoint)?;
    own(context_of(&client)?.slot()).delete()?;
    client.is_in(ThreadState::Calling)?;
    endpoint.try_receive(reply)?;
    reply.send(Message::EMPTY)?;
    let_others_run()?;
    client.is_in(ThreadState::NoContext)?;
    bench.context(Nanoseconds::from_milliseconds(10))?.bind(client.thread)?;
    ended(&client, Ok(()))
}

fn a_context_that_is_unbound_while_lent_can_be_bound_again(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::new(bench, bodies::taker, 1)?;
    let client = client(bench, server.endpoint)?;
    let context = context_of(&client)?;
    context.unbind()?;
    server.reply.send(Message::EMPTY)?;
    let_others_run()?;
    client.is_in(ThreadState::NoContext)?;
    context.bind(client.thread)?;
    ended(&client, Ok(()))
}

fn a_deleted_context_stops_its_thread(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.start(Manner::of(IDLE), bodies::spinner, [0, 0])?;
    own(context_of(&helper)?.slot()).delete()?;
    let_others_run()?;
    same("its count", Cell(0).value(), 0)?;
    helper.is_in(ThreadState::NoContext)
}

fn a_cancelled_caller_has_its_time_back_when_the_server_receives(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::new(bench, bodies::steady, 1)?;
    server.helper.thread.set_priority(IDLE, IDLE)?;
    let client = client(bench, server.endpoint)?;
    client.thread.cancel()?;
    client.is_in(ThreadState::NoContext)?;
    server.helper.is_in(ThreadState::Ready)?;
    let_others_run()?;
    ended(&client, Err(Error::Cancelled))?;
    server.helper.is_in(ThreadState::Receiving)
}

/// Calls without a pause.
extern "C" fn assailant(endpoint: u64, cell: u64, _: u64) -> ! {
    loop {
        let _ = Endpoint::from_slot(endpoint).call(Message::EMPTY);
        Cell(cell).count();
    }
}

fn a_cancelled_client_never_stops_its_server(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::slow(bench)?;
    let client = bench.thread(Manner::of(URGENT), bodies::client_by_turns, [server.endpoint.slot(), 0])?;
    for round in 0..attack_rounds() {
        client.thread.resume()?;
        client.is_in(ThreadState::AwaitingReply)?;
        client.thread.cancel()?;
        client.is_in(ThreadState::NoContext)?;
        let_others_run()?;
        same("the client's calls", (Cell(0).outcome(), Cell(0).value()), (Some(Err(Error::Cancelled)), round + 1))?;
        server.helper.is_in(ThreadState::Receiving)?;
    }
    Ok(())
}

fn a_destroyed_client_never_stops_its_server(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::slow(bench)?;
    let doomed = bench.start(Manner::of(URGENT), bodies::client_by_turns, [server.endpoint.slot(), 0])?;
    doomed.is_in(ThreadState::AwaitingReply)?;
    own(doomed.thread.slot()).delete()?;
    server.helper.is_in(ThreadState::Ready)?;
    let_others_run()?;
    server.helper.is_in(ThreadState::Receiving)?;
    let heir = bench.thread(Manner::of(URGENT).slice(None), bodies::client_by_turns, [server.endpoint.slot(), 1])?;
    context_of(&doomed)?.bind(heir.thread)?;
    heir.thread.resume()?;
    let_others_run()?;
    same("the call of the next one with this time", Cell(1).outcome(), Some(Ok(())))
}

fn a_stale_caller_never_stops_a_passive_server(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::slow(bench)?;
    let doomed = bench.slots(1)?;
    let client = bench.thread(Manner::of(URGENT), bodies::client_by_turns, [server.endpoint.slot(), 0])?;
    let stale = bench.thread(Manner::of(URGENT), bodies::client_by_turns, [doomed, 1])?;
    for round in 0..attack_rounds() {
        own(doomed).copy_from(own(server.endpoint.slot()), Rights::ALL)?;
        client.thread.resume()?;
        stale.thread.resume()?;
        stale.is_in(ThreadState::Calling)?;
        own(doomed).delete()?;
        let_others_run()?;
        same("the client's calls", (Cell(0).outcome(), Cell(0).value()), (Some(Ok(())), round + 1))?;
        let refusal = (Some(Err(Error::InvalidCapability)), round + 1);
        same("the stale calls", (Cell(1).outcome(), Cell(1).value()), refusal)?;
        server.helper.is_in(ThreadState::Receiving)?;
    }
    Ok(())
}

/// The server's core serves its own clients, whoever calls from elsewhere.
fn callers_of_other_cores_never_stop_a_passive_server(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::new(bench, bodies::steady, 9)?;
    for core in 1..bench.cores() {
        bench.start_on(core, URGENT, assailant, [server.endpoint.slot(), core])?;
    }
    for core in 1..bench.cores() {
        spin_until("the other core attacks", || Cell(core).value() > 0)?;
    }
    for _ in 0..attack_rounds() {
        server.endpoint.call(Message::EMPTY)?;
    }
    server.helper.is_in(ThreadState::Receiving)
}

/// Takes one fault, maps nothing, lets the thread go on behind the instruction, and leaves where that was.
extern "C" fn mender(pair: u64, patient: u64, thread: u64) -> ! {
    let (endpoint, reply) = split(pair);
    if let Ok(Received::Fault { message, .. }) = endpoint.receive(reply) {
        let address = message.words[0];
        Cell(1).put_value(address);
        Cell(1).put_outcome(Thread::from_slot(patient).set_registers(register::INSTRUCTION_POINTER, &[address + 4]));
        let _ = reply.resume();
    }
    finish(thread)
}

/// The kernel makes a call in the place of the thread that faults.
fn a_fault_lends_time_to_its_handler_and_an_answer_brings_it_back(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let patient = bench.thread(Manner::of(URGENT).faults(endpoint), bodies::reader, [page(0), 0])?;
    let handler = bench.start(Manner::of(URGENT), mender, [pair(endpoint, reply), patient.thread.slot()])?;
    context_of(&handler)?.unbind()?;
    patient.thread.resume()?;
    same("the handler's deed", Cell(1).outcome(), Some(Ok(())))?;
    ended(&patient, Ok(()))
}

/// Time goes along with calls only: a thread without any that is signalled is ready, and waits for time.
fn a_signal_lends_no_time(bench: &mut Bench<'_>) -> Outcome {
    let server = Passive::new(bench, bodies::taker, 0)?;
    let notification = bench.notification()?;
    server.helper.thread.bind_notification(notification)?;
    notification.signal()?;
    let_others_run()?;
    server.helper.is_in(ThreadState::NoContext)?;
    same("what it received", Cell(0).outcome(), None)?;
    bench.context(Nanoseconds::from_milliseconds(10))?.bind(server.helper.thread)?;
    same("what it received", (Cell(0).outcome(), Cell(0).value()), (Some(Ok(())), 1))
}
