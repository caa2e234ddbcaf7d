//! Calls and answers: in one address space and across two, short and long, and what happens when a side goes away.

use l4k_sys::abi::{Error, Rights, SystemCall, ThreadState};
use l4k_sys::handle::NewObject;
use l4k_sys::registers::Registers;
use l4k_sys::{Badge, Endpoint, Message, Received, Reply, stub};
use suite_support::role::{LABEL, Role, echo};

use crate::harness::bench::own;
use crate::harness::bodies::{self, pair, words};
use crate::harness::failure::{Failure, refused, same};
use crate::harness::partner::Ties;
use crate::harness::threads::{Helper, IDLE, Manner, URGENT, let_others_run};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    a_call_reaches_a_waiting_server_and_the_answer_comes_back,
    a_caller_waits_for_a_server_that_comes_later,
    words_past_the_length_arrive_as_zero,
    the_badge_arrives_with_the_message,
    a_call_crosses_address_spaces,
    a_thousand_calls_come_from_another_address_space,
    long_messages_go_through_the_buffers,
    long_messages_cross_address_spaces,
    long_messages_need_buffers,
    calling_and_receiving_need_their_rights,
    bad_tags_have_errors_of_their_own,
    reply_receive_answers_and_takes_the_next,
    answers_can_be_deferred_and_given_in_any_order,
    a_reply_object_in_use_is_busy,
    an_idle_reply_object_answers_nobody,
    callers_are_taken_by_priority_and_then_in_order,
    raising_a_queued_caller_moves_it_forward,
    a_server_without_time_runs_on_its_callers,
    try_receive_never_blocks,
    a_client_outlives_its_server,
    a_client_outlives_a_server_in_another_address_space,
    everyone_at_a_destroyed_endpoint_wakes,
    deleting_a_reply_object_wakes_its_caller,
    cancel_ends_a_call_and_a_receive,
    a_suspended_caller_returns_with_cancelled,
    a_server_can_serve_a_server,
];

/// A server that echoes, at an endpoint of its own, and waits.
fn server(bench: &mut Bench<'_>, cell: Cell) -> Outcome<(Helper, Endpoint, Reply)> {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let helper = bench.start(Manner::of(URGENT), bodies::echo_server, [pair(endpoint, reply), cell.0])?;
    helper.is_in(ThreadState::Receiving)?;
    Ok((helper, endpoint, reply))
}

/// A caller that has called and waits.
fn caller(bench: &mut Bench<'_>, endpoint: Endpoint, cell: Cell) -> Outcome<Helper> {
    bench.start(Manner::of(URGENT), bodies::caller, [endpoint.slot(), cell.0])
}

#[track_caller]
fn message_of(received: Received) -> Outcome<(Message, u64)> {
    match received {
        Received::Message { message, badge } => Ok((message, badge.value())),
        other => Err(Failure::new(format_args!("{other:?} instead of a message"))),
    }
}

fn a_call_reaches_a_waiting_server_and_the_answer_comes_back(bench: &mut Bench<'_>) -> Outcome {
    let (helper, endpoint, _) = server(bench, Cell(0))?;
    let sent = [1, 2, 3, u64::MAX, 0, 6];
    let answer = endpoint.call(Message::new(LABEL, sent))?;
    same("answer", answer, Message::new(LABEL + 1, sent.map(echo)))?;
    same("what the server saw", Cell(0).message(), Message::new(LABEL, sent))?;
    helper.is_in(ThreadState::Receiving)
}

fn a_caller_waits_for_a_server_that_comes_later(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let helper = caller(bench, endpoint, Cell(0))?;
    helper.is_in(ThreadState::Calling)?;
    let (message, badge) = message_of(endpoint.receive(reply)?)?;
    same("message", (message, badge), (Message::new(LABEL, words(Cell(0))), 0))?;
    helper.is_in(ThreadState::AwaitingReply)?;
    reply.send(Message::new(3, [9]))?;
    same("outcome", Cell(0).outcome(), Some(Ok(())))?;
    same("answer", Cell(0).message(), Message::new(3, [9]))
}

fn words_past_the_length_arrive_as_zero(bench: &mut Bench<'_>) -> Outcome {
    let (_, endpoint, _) = server(bench, Cell(0))?;
    let long = Message::long(LABEL, 2, [1, 2, 3, 4, 5, 6])?;
    let answer = endpoint.call(long)?;
    same("what the server saw", Cell(0).message().words, [1, 2, 0, 0, 0, 0])?;
    same("answer", answer.words, [2, 3, 0, 0, 0, 0])
}

fn the_badge_arrives_with_the_message(bench: &mut Bench<'_>) -> Outcome {
    let (_, endpoint, _) = server(bench, Cell(0))?;
    for badge in [1, 0x55, u64::MAX] {
        let badged = bench.mint(endpoint.slot(), Rights::CALL, badge)?;
        Endpoint::from_slot(badged).call(Message::EMPTY)?;
        same("badge", Cell(0).badge(), badge)?;
    }
    endpoint.call(Message::EMPTY)?;
    same("badge of a capability without one", Cell(0).badge(), 0)
}

fn a_call_crosses_address_spaces(bench: &mut Bench<'_>) -> Outcome {
    let ties = bench.ties()?;
    bench.partner(&ties, URGENT, Role::Echo, 0)?;
    for number in 0..100 {
        let sent = [number, 2, 3, 4, 5, u64::MAX - number];
        let answer = ties.endpoint.call(Message::new(LABEL, sent))?;
        same("answer", answer, Message::new(LABEL + 1, sent.map(echo)))?;
    }
    Ok(())
}

fn a_thousand_calls_come_from_another_address_space(bench: &mut Bench<'_>) -> Outcome {
    let ties = bench.ties()?;
    let (_, endpoint, _) = server(bench, Cell(0))?;
    own(ties.endpoint.slot()).delete()?;
    own(ties.endpoint.slot()).mint_from(own(endpoint.slot()), Rights::CALL, Badge::new(8))?;
    bench.partner(&ties, IDLE, Role::Caller, 1000)?;
    same("the partner's status", ties.ended()?, 0)?;
    same("the last message", Cell(0).message().words[0], 999)?;
    same("badge", Cell(0).badge(), 8)
}

fn long_messages_go_through_the_buffers(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let server = bench.thread(Manner::of(URGENT), bodies::echo_server, [pair(endpoint, reply), 0])?;
    bench.give_buffer(&server)?;
    server.thread.resume()?;
    let client = bench.thread(Manner::of(URGENT), bodies::long_caller, [endpoint.slot(), 1])?;
    bench.give_buffer(&client)?;
    client.thread.resume()?;
    let_others_run()?;
    same("length seen by the server", Cell(0).message().length(), 120)?;
    same("outcome", Cell(1).outcome(), Some(Ok(())))?;
    same("words that came back right", Cell(1).value(), 120)
}

fn long_messages_cross_address_spaces(bench: &mut Bench<'_>) -> Outcome {
    let ties = bench.ties()?;
    let server = bench.thread(Manner::of(URGENT), bodies::echo_server, [pair(ties.endpoint, ties.reply), 0])?;
    bench.give_buffer(&server)?;
    server.thread.resume()?;
    let supervised = with_reply(ties, bench.reply()?);
    bench.partner(&supervised, IDLE, Role::LongCaller, 0)?;
    same("the partner's status", supervised.ended()?, 0)?;
    same("length seen by the server", Cell(0).message().length(), 120)
}

/// The same ties with another reply object for the supervisor.
fn with_reply(ties: Ties, reply: Reply) -> Ties {
    Ties { reply, ..ties }
}

fn long_messages_need_buffers(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    // A client that has one, a server that has none.
    let client = bench.thread(Manner::of(URGENT), bodies::long_caller, [endpoint.slot(), 1])?;
    bench.give_buffer(&client)?;
    bench.start(Manner::of(URGENT), bodies::echo_server, [pair(endpoint, reply), 0])?;
    client.thread.resume()?;
    same("the client's call", Cell(1).outcome(), Some(Err(Error::NoBuffer)))
}

fn calling_and_receiving_need_their_rights(bench: &mut Bench<'_>) -> Outcome {
    let (_, endpoint, _) = server(bench, Cell(0))?;
    let reply = bench.reply()?;
    let call = Endpoint::from_slot(bench.copy(endpoint.slot(), Rights::CALL)?);
    let receive = Endpoint::from_slot(bench.copy(endpoint.slot(), Rights::RECEIVE)?);
    let neither = Endpoint::from_slot(bench.copy(endpoint.slot(), Rights::NONE)?);
    for without in [receive, neither] {
        refused("call", without.call(Message::EMPTY), Error::MissingRight)?;
    }
    for without in [call, neither] {
        refused("receive", without.receive(reply), Error::MissingRight)?;
        refused("try to receive", without.try_receive(reply), Error::MissingRight)?;
    }
    call.call(Message::EMPTY)?;
    refused("with the right", receive.try_receive(reply), Error::WouldBlock)
}

fn bad_tags_have_errors_of_their_own(bench: &mut Bench<'_>) -> Outcome {
    let (_, endpoint, _) = server(bench, Cell(0))?;
    for (bits, error) in [
        (121, Error::MessageTooLong),
        (127, Error::MessageTooLong),
        (1 << 7, Error::InvalidTag),
        (1 << 31, Error::InvalidTag),
        (5 << 8, Error::TooManyCapabilities),
    ] {
        let registers = stub::system_call(SystemCall::Call as u64, Registers::new([endpoint.slot(), bits]));
        same("status", registers.x[0], error.code())?;
    }
    same("what has reached the server", Cell(0).message(), Message::EMPTY)
}

fn reply_receive_answers_and_takes_the_next(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    caller(bench, endpoint, Cell(0))?;
    caller(bench, endpoint, Cell(1))?;
    let (first, _) = message_of(endpoint.receive(reply)?)?;
    let (second, _) = message_of(endpoint.reply_receive(reply, Message::new(7, [70]))?)?;
    same("order", [first.words[0], second.words[0]], [0, 1])?;
    same("answer", Cell(0).message(), Message::new(7, [70]))?;
    same("the second has no answer yet", Cell(1).outcome(), None)
}

fn answers_can_be_deferred_and_given_in_any_order(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.endpoint()?;
    let replies = Reply::from_slot(bench.make_many(NewObject::Reply, 4)?).slot();
    for index in 0..4 {
        caller(bench, endpoint, Cell(index))?;
        message_of(endpoint.receive(Reply::from_slot(replies + index))?)?;
    }
    for index in [2, 0, 3, 1] {
        same("not answered yet", Cell(index).outcome(), None)?;
        Reply::from_slot(replies + index).send(Message::new(1, [index]))?;
        same("answered", Cell(index).outcome(), Some(Ok(())))?;
        same("answer", Cell(index).message(), Message::new(1, [index]))?;
    }
    Ok(())
}

fn a_reply_object_in_use_is_busy(bench: &mut Bench<'_>) -> Outcome {
    let (_, endpoint, offered) = server(bench, Cell(0))?;
    refused("one that a server waits with", endpoint.try_receive(offered), Error::Busy)?;
    let (other, reply) = (bench.endpoint()?, bench.reply()?);
    caller(bench, other, Cell(1))?;
    message_of(other.receive(reply)?)?;
    refused("one that owes an answer", other.receive(reply), Error::Busy)?;
    reply.send(Message::EMPTY)?;
    refused("after the answer", other.try_receive(reply), Error::WouldBlock)
}

fn an_idle_reply_object_answers_nobody(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    refused("a new one", reply.send(Message::EMPTY), Error::NobodyWaiting)?;
    refused("reply and receive", endpoint.reply_receive(reply, Message::EMPTY), Error::NobodyWaiting)?;
    caller(bench, endpoint, Cell(0))?;
    message_of(endpoint.receive(reply)?)?;
    reply.send(Message::EMPTY)?;
    refused("a second answer", reply.send(Message::EMPTY), Error::NobodyWaiting)?;
    let (_, _, offered) = server(bench, Cell(1))?;
    refused("one that a server waits with", offered.send(Message::EMPTY), Error::NobodyWaiting)
}

fn callers_are_taken_by_priority_and_then_in_order(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.endpoint()?;
    for (cell, priority) in [(0, 150), (1, 190), (2, 150), (3, 170), (4, 190)] {
        bench.start(Manner::of(priority), bodies::caller, [endpoint.slot(), cell])?;
    }
    let mut order = 0;
    for _ in 0..5 {
        let reply = bench.reply()?;
        order = order * 10 + message_of(endpoint.receive(reply)?)?.0.words[0];
    }
    same("order", order, 14_302)
}

fn raising_a_queued_caller_moves_it_forward(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    caller(bench, endpoint, Cell(0))?;
    let raised = caller(bench, endpoint, Cell(1))?;
    raised.thread.set_priority(URGENT + 1, URGENT + 1)?;
    same("who comes first", message_of(endpoint.receive(reply)?)?.0.words[0], 1)
}

fn a_server_without_time_runs_on_its_callers(bench: &mut Bench<'_>) -> Outcome {
    let (helper, endpoint, _) = server(bench, Cell(0))?;
    let context = helper.context.ok_or_else(|| Failure::new(format_args!("no context")))?;
    context.unbind()?;
    let before = context.query()?.consumed;
    for number in 0..10 {
        same("answer", endpoint.call(Message::new(LABEL, [number]))?.words[0], echo(number))?;
    }
    same("what its former context has consumed", context.query()?.consumed, before)?;
    helper.is_in(ThreadState::Receiving)
}

fn try_receive_never_blocks(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    refused("nobody calls", endpoint.try_receive(reply), Error::WouldBlock)?;
    caller(bench, endpoint, Cell(0))?;
    message_of(endpoint.try_receive(reply)?)?;
    Ok(())
}

fn a_client_outlives_its_server(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let taker = bench.start(Manner::of(URGENT), bodies::taker, [pair(endpoint, reply), 0])?;
    let client = caller(bench, endpoint, Cell(1))?;
    client.is_in(ThreadState::AwaitingReply)?;
    own(taker.thread.slot()).delete()?;
    own(reply.slot()).delete()?;
    same("the client's call", Cell(1).outcome(), Some(Err(Error::PeerGone)))?;
    client.is_in(ThreadState::Suspended)
}

fn a_client_outlives_a_server_in_another_address_space(bench: &mut Bench<'_>) -> Outcome {
    let ties = bench.ties()?;
    bench.partner(&ties, URGENT, Role::Deserter, 0)?;
    let client = caller(bench, ties.endpoint, Cell(0))?;
    client.is_in(ThreadState::AwaitingReply)?;
    same("the partner's status", ties.ended()?, 0)?;
    bench.system.home.destroy()?;
    same("the client's call", Cell(0).outcome(), Some(Err(Error::PeerGone)))
}

fn everyone_at_a_destroyed_endpoint_wakes(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.endpoint()?;
    for cell in 0..8 {
        caller(bench, endpoint, Cell(cell))?;
    }
    let (_, other, _) = server(bench, Cell(8))?;
    own(endpoint.slot()).delete()?;
    own(other.slot()).delete()?;
    (0..9).try_for_each(|cell| same("outcome", Cell(cell).outcome(), Some(Err(Error::PeerGone))))
}

fn deleting_a_reply_object_wakes_its_caller(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    caller(bench, endpoint, Cell(0))?;
    message_of(endpoint.receive(reply)?)?;
    own(reply.slot()).delete()?;
    same("the caller", Cell(0).outcome(), Some(Err(Error::PeerGone)))?;
    let (_, _, offered) = server(bench, Cell(1))?;
    own(offered.slot()).delete()?;
    same("a server that waits with it", Cell(1).outcome(), Some(Err(Error::PeerGone)))
}

fn cancel_ends_a_call_and_a_receive(bench: &mut Bench<'_>) -> Outcome {
    let (server, _, _) = server(bench, Cell(0))?;
    server.thread.cancel()?;
    same("the receive", Cell(0).outcome(), Some(Err(Error::Cancelled)))?;
    refused("a thread that is in no call", server.thread.cancel(), Error::NotBlocked)?;
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    caller(bench, endpoint, Cell(1))?.thread.cancel()?;
    same("a call that nobody took", Cell(1).outcome(), Some(Err(Error::Cancelled)))?;
    let client = caller(bench, endpoint, Cell(2))?;
    message_of(endpoint.receive(reply)?)?;
    client.thread.cancel()?;
    same("a call that was taken", Cell(2).outcome(), Some(Err(Error::Cancelled)))?;
    refused("its answer", reply.send(Message::EMPTY), Error::NobodyWaiting)
}

fn a_suspended_caller_returns_with_cancelled(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let client = caller(bench, endpoint, Cell(0))?;
    message_of(endpoint.receive(reply)?)?;
    client.thread.suspend()?;
    refused("its answer", reply.send(Message::EMPTY), Error::NobodyWaiting)?;
    same("before it goes on", Cell(0).outcome(), None)?;
    client.thread.resume()?;
    same("its call", Cell(0).outcome(), Some(Err(Error::Cancelled)))
}

fn a_server_can_serve_a_server(bench: &mut Bench<'_>) -> Outcome {
    let (_, inner, _) = server(bench, Cell(0))?;
    let (outer, reply) = (bench.endpoint()?, bench.reply()?);
    caller(bench, outer, Cell(1))?;
    let (message, _) = message_of(outer.receive(reply)?)?;
    // The suite is the server between the two.
    reply.send(inner.call(message)?)?;
    same("answer", Cell(1).message(), Message::new(LABEL + 1, words(Cell(1)).map(echo)))
}
