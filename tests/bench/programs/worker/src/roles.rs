//! What each role does. May call nothing of this program.

use bench_support::alarm::Alarm;
use bench_support::machine;
use bench_support::ring::Bells;
use bench_support::role::{REPORT, Role, label, unpair};
use l4k_marks::{Mark, Measured, measure};
use l4k_sys::{CNode, abi::message::REGISTER_WORDS};
use l4k_sys::{Endpoint, Error, Irq, Message, Notification, Received, Reply, system, window};

/// Rounds before those that are measured.
const WARM_UP: u64 = 4;

/// Where a thread begins.
pub extern "C" fn begin(role: u64, first: u64, second: u64) -> ! {
    let result = perform(role, first, second);
    let message = match result {
        Ok(measured) => Message::new(label::DONE, measured.words()),
        Err(error) => Message::new(label::FAILED, [error.code()]),
    };
    loop {
        // Never answered.
        let _ = Endpoint::from_slot(REPORT).call(message);
        system::yield_now();
    }
}

fn perform(role: u64, first: u64, second: u64) -> Result<Measured, Error> {
    let [a, b] = unpair(first);
    let (endpoint, reply) = (Endpoint::from_slot(a), Reply::from_slot(b));
    match Role::from_number(role).ok_or(Error::InvalidArgument)? {
        Role::Server => serve(endpoint, reply, || ()),
        Role::FloatingPointServer => serve(endpoint, reply, machine::use_floating_point),
        Role::Client => call(endpoint, b, second, || ()),
        Role::FloatingPointClient => call(endpoint, b, second, machine::use_floating_point),
        Role::SplitServer => serve_split(endpoint, reply),
        Role::Taker => take(endpoint, reply, unpair(second)),
        Role::Giver => give(endpoint, b, unpair(second)),
        Role::MarkedCaller => call_marked(endpoint),
        Role::Caller => endpoint.call(Message::EMPTY).map(|_| Measured::NOTHING),
        Role::Yielder => loop {
            system::yield_now();
        },
        Role::MeasuredYielder => again(first, || {
            system::yield_now();
            Ok(())
        }),
        Role::Faulter => loop {
            machine::read_nowhere();
        },
        Role::UndefinedFaulter => loop {
            machine::be_undefined();
        },
        Role::FaultHandler => handle(endpoint, reply, second),
        Role::Striker => strike(Alarm::from_number(first).ok_or(Error::InvalidArgument)?, second),
        other => signal_role(other, [a, b], second),
    }
}

fn signal_role(role: Role, [a, b]: [u64; 2], second: u64) -> Result<Measured, Error> {
    let (first, other) = (Notification::from_slot(a), Notification::from_slot(b));
    let bells = Bells { other: first, own: other };
    match role {
        Role::Waiter => loop {
            first.wait()?;
        },
        Role::Signaller => again(second, || first.signal()),
        Role::PacedSignaller => (0..second).try_fold(Measured::NOTHING, |sum, _| {
            other.wait()?;
            Ok(sum + measure(1, || first.signal())?)
        }),
        Role::Driver => loop {
            other.wait()?;
            Irq::from_slot(a).acknowledge()?;
        },
        Role::Producer => {
            (0..WARM_UP * bench_support::ring::WORDS).try_for_each(|word| bells.put(word))?;
            measure(second, || bells.put(second))
        }
        _ => loop {
            bells.take()?;
        },
    }
}

/// A few times, then so many times measured.
#[inline(always)]
fn again(rounds: u64, mut operation: impl FnMut() -> Result<(), Error>) -> Result<Measured, Error> {
    (0..WARM_UP).try_for_each(|_| operation())?;
    measure(rounds, operation)
}

#[inline(always)]
fn serve(endpoint: Endpoint, reply: Reply, between: impl Fn()) -> Result<Measured, Error> {
    let mut received = endpoint.receive(reply)?;
    loop {
        between();
        let Received::Message { message, .. } = received else { return Err(Error::InvalidArgument) };
        received = endpoint.reply_receive(reply, message)?;
    }
}

#[inline(always)]
fn call(endpoint: Endpoint, words: u64, rounds: u64, between: impl Fn()) -> Result<Measured, Error> {
    let length = words as usize;
    // Words past the length are not sent.
    let words = core::array::from_fn(|index| if index < length { index as u64 + 1 } else { 0 });
    let message = Message::long(1, length, words)?;
    again(rounds, || {
        between();
        endpoint.call(message).map(drop)
    })
}

fn serve_split(endpoint: Endpoint, reply: Reply) -> Result<Measured, Error> {
    loop {
        let Received::Message { message, .. } = endpoint.receive(reply)? else { return Err(Error::InvalidArgument) };
        reply.send(message)?;
    }
}

fn take(endpoint: Endpoint, reply: Reply, [first, count]: [u64; 2]) -> Result<Measured, Error> {
    window::set(first, count)?;
    endpoint.receive(reply)?;
    loop {
        (first..first + count).try_for_each(|slot| CNode::OWN.at(slot).delete())?;
        window::set(first, count)?;
        endpoint.reply_receive(reply, Message::EMPTY)?;
    }
}

fn give(endpoint: Endpoint, first: u64, [count, rounds]: [u64; 2]) -> Result<Measured, Error> {
    let mut words = [0; REGISTER_WORDS];
    words.iter_mut().zip(first..first + count).for_each(|(word, slot)| *word = slot);
    let tag = Message::long(1, count as usize, words)?.tag.with_capabilities(count as usize)?;
    again(rounds, || endpoint.call(Message { tag, words }).map(drop))
}

fn call_marked(endpoint: Endpoint) -> Result<Measured, Error> {
    let message = Message::new(1, [1, 2]);
    Mark::Begin.make();
    endpoint.call(message).map(|_| Measured::NOTHING)
}

fn strike(alarm: Alarm, rounds: u64) -> Result<Measured, Error> {
    let measured = again(rounds, || {
        alarm.strike();
        Ok(())
    });
    alarm.silence();
    measured
}

fn handle(endpoint: Endpoint, reply: Reply, rounds: u64) -> Result<Measured, Error> {
    endpoint.receive(reply)?;
    again(rounds, || endpoint.reply_receive(reply, Message::EMPTY).map(drop))
}
