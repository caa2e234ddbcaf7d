//! Clients over a function that plays kernel and console server.

extern crate std;

use super::*;
use core::cell::{Cell, RefCell};
use l4k_sys::abi::{SystemCall, Tag};
use l4k_sys::packing::unpack_bytes;
use l4k_sys::registers::Registers;
use l4k_sys::stub;
use std::vec::Vec;

std::thread_local! {
    static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static DEAD_CALLS: Cell<usize> = const { Cell::new(0) };
}

const TAKES: usize = 30;

fn kernel(number: u64, registers: Registers) -> Registers {
    assert_eq!(number, SystemCall::Call as u64);
    CALLS.set(CALLS.get() + 1);
    if DEAD_CALLS.get() > 0 {
        DEAD_CALLS.set(DEAD_CALLS.get() - 1);
        return Registers::new([Error::PeerGone.code()]);
    }
    let [_, tag, a, b, c, d, e, f] = registers.x;
    let message = Message { tag: Tag::from_kernel(tag), words: [a, b, c, d, e, f] };
    let answer = match Request::from_message(&message) {
        Some(Request::Write(count)) => take(&message, count),
        Some(Request::Read(_)) => Answer::Bytes(b"typed".iter().copied().collect()),
        Some(Request::Flush) => Answer::Flushed,
        None => Answer::Refused,
    };
    let Message { tag, words: [a, b, c, d, e, f] } = answer.to_message();
    Registers::new([0, tag.bits(), a, b, c, d, e, f])
}

fn take(message: &Message, count: usize) -> Answer {
    let beyond = (6..words_of(count)).map_while(|index| MessageBuffer::current()?.word(index));
    let taken = if count > SHORT_BYTES { count } else { count.min(TAKES) };
    let bytes = unpack_bytes(message.words.into_iter().chain(beyond)).take(taken);
    WRITTEN.with_borrow_mut(|written| written.extend(bytes));
    Answer::Taken(taken)
}

fn client() -> ConsoleClient {
    stub::install(kernel);
    ConsoleClient::new(Endpoint::from_slot(5))
}

#[test]
fn what_is_not_taken_at_once_is_written_again() {
    let text: Vec<u8> = (0..100).collect();
    client().write_all(&text).unwrap();
    assert_eq!(WRITTEN.take(), text);
    assert!(CALLS.get() >= 4);
}

#[test]
fn with_a_message_buffer_a_long_text_takes_one_call() {
    stub::install_buffer();
    let text: Vec<u8> = (0..200).collect();
    client().write_all(&text).unwrap();
    assert_eq!((WRITTEN.take(), CALLS.get()), (text, 1));
}

#[test]
fn a_call_survives_the_death_of_the_driver() {
    DEAD_CALLS.set(2);
    let mut bytes = [0; 16];
    assert_eq!(client().read(&mut bytes), Ok(5));
    assert_eq!((&bytes[..5], CALLS.get()), (&b"typed"[..], 3));
}

#[test]
fn other_errors_reach_the_caller() {
    let mut deaf = ConsoleClient::new(Endpoint::from_slot(5));
    assert_eq!(deaf.write(b"x"), Err(ConsoleError::Call(Error::NotSupported)));
    assert_eq!(deaf.flush(), Err(ConsoleError::Call(Error::NotSupported)));
}
