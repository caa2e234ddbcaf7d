//! Signals: kept until taken, waited for, and received beside messages.

use l4k_sys::abi::{Error, Rights, ThreadState};
use l4k_sys::{Message, Notification, Received};
use suite_support::role::Role;

use crate::harness::bench::{MAIN, own};
use crate::harness::bodies::{self, pair};
use crate::harness::cells;
use crate::harness::failure::{Failure, refused, same};
use crate::harness::partner::BADGE;
use crate::harness::threads::{Manner, URGENT};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    signals_accumulate_until_they_are_taken,
    a_signal_wakes_a_waiter,
    one_signal_wakes_one_waiter_the_most_urgent_first,
    a_bound_notification_arrives_at_a_receive,
    a_bound_notification_that_was_signalled_before_arrives_at_once,
    a_bound_thread_can_wait_on_the_notification_itself,
    a_bound_thread_gets_messages_as_before,
    binding_is_to_one_thread_and_can_be_undone,
    a_signal_comes_from_another_address_space,
    signal_and_wait_need_their_rights,
    waiters_of_a_destroyed_notification_wake,
    cancel_ends_a_wait,
];

fn badged(bench: &mut Bench<'_>, notification: Notification, badge: u64) -> Outcome<Notification> {
    Ok(Notification::from_slot(bench.mint(notification.slot(), Rights::SIGNAL, badge)?))
}

fn signals_accumulate_until_they_are_taken(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    refused("nothing was signalled", notification.poll(), Error::WouldBlock)?;
    for badge in [2, 8, 2, 1 << 63] {
        badged(bench, notification, badge)?.signal()?;
    }
    same("word", notification.wait()?, 10 | 1 << 63)?;
    refused("taken", notification.poll(), Error::WouldBlock)?;
    badged(bench, notification, 4)?.signal()?;
    same("word", notification.poll()?, 4)
}

fn a_signal_wakes_a_waiter(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    let waiter = bench.start(Manner::of(URGENT), bodies::waiter, [notification.slot(), 0])?;
    waiter.is_in(ThreadState::Waiting)?;
    badged(bench, notification, 0x30)?.signal()?;
    same("outcome and word", (Cell(0).outcome(), Cell(0).value()), (Some(Ok(())), 0x30))?;
    refused("the waiter has taken it", notification.poll(), Error::WouldBlock)
}

fn one_signal_wakes_one_waiter_the_most_urgent_first(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    for (cell, priority) in [(1, 150), (2, 180), (3, 150)] {
        bench.start(Manner::of(priority), bodies::waiter, [notification.slot(), cell])?;
    }
    for order in [2, 21, 213] {
        badged(bench, notification, 1)?.signal()?;
        same("order", cells::order(), order)?;
    }
    Ok(())
}

fn a_bound_notification_arrives_at_a_receive(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply, notification) = (bench.endpoint()?, bench.reply()?, bench.notification()?);
    let helper = bench.thread(Manner::of(URGENT), bodies::taker, [pair(endpoint, reply), 0])?;
    helper.thread.bind_notification(notification)?;
    helper.thread.resume()?;
    helper.is_in(ThreadState::Receiving)?;
    badged(bench, notification, 0x41)?.signal()?;
    same("outcome and word", (Cell(0).outcome(), Cell(0).value()), (Some(Ok(())), 0x41))?;
    // The reply object stayed free.
    refused("receive", endpoint.try_receive(reply), Error::WouldBlock)
}

fn a_bound_notification_that_was_signalled_before_arrives_at_once(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply, notification) = (bench.endpoint()?, bench.reply()?, bench.notification()?);
    MAIN.bind_notification(notification)?;
    badged(bench, notification, 6)?.signal()?;
    bench.start(Manner::of(URGENT), bodies::caller, [endpoint.slot(), 0])?;
    let mut signals = 0;
    let mut messages = 0;
    for _ in 0..2 {
        match endpoint.receive(reply)? {
            Received::Notification { signals: word } => signals |= word,
            Received::Message { .. } => messages += 1,
            Received::Fault { .. } => return Err(Failure::new(format_args!("a fault"))),
        }
    }
    reply.send(Message::EMPTY)?;
    same("signals and messages", (signals, messages), (6, 1))?;
    MAIN.unbind_notification()?;
    badged(bench, notification, 6)?.signal()?;
    refused("after unbinding", endpoint.try_receive(reply), Error::WouldBlock)
}

fn a_bound_thread_can_wait_on_the_notification_itself(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    let helper = bench.thread(Manner::of(URGENT), bodies::waiter, [notification.slot(), 0])?;
    helper.thread.bind_notification(notification)?;
    helper.thread.resume()?;
    helper.is_in(ThreadState::Waiting)?;
    notification.signal()?;
    same("outcome, word", (Cell(0).outcome(), Cell(0).value()), (Some(Ok(())), 1))
}

fn a_bound_thread_gets_messages_as_before(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply, notification) = (bench.endpoint()?, bench.reply()?, bench.notification()?);
    let helper = bench.thread(Manner::of(URGENT), bodies::echo_server, [bodies::pair(endpoint, reply), 0])?;
    helper.thread.bind_notification(notification)?;
    helper.thread.resume()?;
    let answer = endpoint.call(Message::new(6, [8]))?;
    same("answer", answer, Message::new(7, [9]))
}

fn binding_is_to_one_thread_and_can_be_undone(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    let helper = bench.thread(Manner::of(URGENT), bodies::once, [1, 0])?;
    refused("nothing is bound", helper.thread.unbind_notification(), Error::NotBound)?;
    helper.thread.bind_notification(notification)?;
    refused("twice", helper.thread.bind_notification(notification), Error::AlreadyBound)?;
    refused("to another", MAIN.bind_notification(notification), Error::AlreadyBound)?;
    own(helper.thread.slot()).delete()?;
    MAIN.bind_notification(notification)?;
    own(notification.slot()).delete()?;
    refused("it has gone with the notification", MAIN.unbind_notification(), Error::NotBound)
}

fn a_signal_comes_from_another_address_space(bench: &mut Bench<'_>) -> Outcome {
    let ties = bench.ties()?;
    bench.partner(&ties, URGENT, Role::Signaller, 0)?;
    same("the partner's status", ties.ended()?, 0)?;
    same("word", ties.notification.poll()?, BADGE)
}

fn signal_and_wait_need_their_rights(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?.slot();
    let signal_only = Notification::from_slot(bench.copy(notification, Rights::SIGNAL)?);
    let wait_only = Notification::from_slot(bench.copy(notification, Rights::WAIT)?);
    refused("signal", wait_only.signal(), Error::MissingRight)?;
    refused("poll", signal_only.poll(), Error::MissingRight)?;
    refused("wait", signal_only.wait(), Error::MissingRight)?;
    refused("bind", MAIN.bind_notification(signal_only), Error::MissingRight)
}

fn waiters_of_a_destroyed_notification_wake(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    for cell in 0..3 {
        bench.start(Manner::of(URGENT), bodies::waiter, [notification.slot(), cell])?;
    }
    own(notification.slot()).delete()?;
    (0..3).try_for_each(|cell| same("outcome", Cell(cell).outcome(), Some(Err(Error::PeerGone))))
}

fn cancel_ends_a_wait(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    let waiter = bench.start(Manner::of(URGENT), bodies::waiter, [notification.slot(), 0])?;
    waiter.thread.cancel()?;
    same("outcome", Cell(0).outcome(), Some(Err(Error::Cancelled)))
}
