//! What threads do in tests of capabilities in messages. Each begins with an endpoint, and with slots and a cell in one word.

use l4k_sys::abi::Error;
use l4k_sys::abi::message::{MESSAGE_WORDS_MAX, REGISTER_WORDS, Tag};
use l4k_sys::buffer::MessageBuffer;
use l4k_sys::{Endpoint, Message, Received, window};
use suite_support::role::LABEL;

use super::bodies::{finish, split};
use super::cells::Cell;

/// Capabilities in slots in a row, and a cell, in one word.
pub const fn cargo(first: u64, count: u64, cell: Cell) -> u64 {
    first << 16 | count << 8 | cell.0
}

const fn unpack(cargo: u64) -> (u64, u64, Cell) {
    (cargo >> 16, cargo >> 8 & 0xff, Cell(cargo & 0xff))
}

/// The message of a sender: the slots in a row as capabilities, then 5.
pub fn load(first: u64, count: u64) -> Result<Message, Error> {
    let [a, b, c, d] = core::array::from_fn(|index| first + index as u64);
    match count {
        1 => Message::with_capabilities(LABEL, [a], [5]),
        2 => Message::with_capabilities(LABEL, [a, b], [5]),
        3 => Message::with_capabilities(LABEL, [a, b, c], [5]),
        4 => Message::with_capabilities(LABEL, [a, b, c, d], [5]),
        _ => Ok(Message::new(LABEL, [5])),
    }
}

/// Calls once with capabilities.
pub extern "C" fn sender(endpoint: u64, cargo: u64, thread: u64) -> ! {
    let (first, count, cell) = unpack(cargo);
    let answer = load(first, count).and_then(|message| Endpoint::from_slot(endpoint).call(message));
    if let Ok(message) = answer {
        cell.put_message(message, 0);
    }
    cell.put_outcome(answer.map(drop));
    finish(thread)
}

/// Names a window, calls with nothing, and leaves the answer.
pub extern "C" fn asker(endpoint: u64, cargo: u64, thread: u64) -> ! {
    let (first, count, cell) = unpack(cargo);
    let answer = window::set(first, count).and_then(|()| Endpoint::from_slot(endpoint).call(Message::EMPTY));
    if let Ok(message) = answer {
        cell.put_message(message, 0);
    }
    cell.put_outcome(answer.map(drop));
    finish(thread)
}

/// Names a window, receives once, again if that is cancelled, leaves what came, and answers it.
pub extern "C" fn receiver(pair: u64, cargo: u64, thread: u64) -> ! {
    let ((endpoint, reply), (first, count, cell)) = (split(pair), unpack(cargo));
    let named = if count == 0 { Ok(()) } else { window::set(first, count) };
    let received = match named.and_then(|()| endpoint.receive(reply)) {
        Err(Error::Cancelled) => endpoint.receive(reply),
        other => other,
    };
    let outcome = received.and_then(|received| {
        if let Received::Message { message, badge } = received {
            cell.put_message(message, badge.value());
        }
        reply.send(Message::EMPTY)
    });
    cell.put_outcome(outcome);
    finish(thread)
}

/// Calls with 120 words, the first of which is a capability.
pub extern "C" fn long_sender(endpoint: u64, cargo: u64, thread: u64) -> ! {
    let (first, _, cell) = unpack(cargo);
    cell.put_outcome(send_long(Endpoint::from_slot(endpoint), first));
    finish(thread)
}

fn send_long(endpoint: Endpoint, capability: u64) -> Result<(), Error> {
    let buffer = MessageBuffer::current().ok_or(Error::NoBuffer)?;
    (REGISTER_WORDS..MESSAGE_WORDS_MAX).try_for_each(|index| buffer.set_word(index, index as u64))?;
    let tag = Tag::new(LABEL, MESSAGE_WORDS_MAX)?.with_capabilities(1)?;
    endpoint.call(Message { tag, words: [capability, 1, 2, 3, 4, 5] }).map(drop)
}

/// Names a window, receives once, and leaves how many words are right.
pub extern "C" fn long_receiver(pair: u64, cargo: u64, thread: u64) -> ! {
    let ((endpoint, reply), (first, _, cell)) = (split(pair), unpack(cargo));
    let received = window::set(first, 1).and_then(|()| endpoint.receive(reply));
    if let (Ok(Received::Message { message, .. }), Some(buffer)) = (received, MessageBuffer::current()) {
        let word = |index| message.words.get(index).copied().or_else(|| buffer.word(index));
        let expected = |index| if index == 0 { first } else { index as u64 };
        let right = (0..message.length()).filter(|index| word(*index) == Some(expected(*index)));
        cell.put_value(right.count() as u64);
    }
    cell.put_outcome(received.map(drop));
    finish(thread)
}
