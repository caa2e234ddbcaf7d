//! The console service over the simulated UART. Callers are numbers.

extern crate std;

use super::*;
use crate::simulated::{FIFO_BYTES, SimulatedUart};
use std::vec::Vec;

const SHELL: Badge = Badge::new(1);
const OTHER: Badge = Badge::new(2);

fn service() -> (SimulatedUart, ConsoleService<SimulatedUart, u32>) {
    let uart = SimulatedUart::new();
    (uart.clone(), ConsoleService::new(uart))
}

fn bytes(text: &[u8]) -> Answer {
    Answer::Bytes(ShortBytes::from_slice(text).unwrap())
}

fn write(service: &mut ConsoleService<SimulatedUart, u32>, caller: u32, text: &[u8]) -> Outcome {
    service.write(caller, text.iter().copied())
}

/// Fills FIFO and queue, so that nothing more is taken.
fn fill(service: &mut ConsoleService<SimulatedUart, u32>) {
    let room = FIFO_BYTES + OUTGOING_BYTES;
    let mut taken = 0;
    while taken < room {
        let Outcome::Now(Answer::Taken(count)) = write(service, 0, &[b'.'; 512]) else { panic!() };
        taken += count;
    }
}

#[test]
fn a_new_service_listens_for_bytes_only() {
    let (uart, _service) = service();
    assert_eq!(uart.listening(), (Listen::On, Listen::Off));
}

#[test]
fn bytes_that_came_before_the_service_are_not_lost() {
    let uart = SimulatedUart::new();
    uart.arrive(b"early");
    let mut service = ConsoleService::new(uart);
    assert_eq!(service.read(1, SHELL, 48), Outcome::Now(bytes(b"early")));
}

#[test]
fn a_reader_waits_until_a_byte_comes() {
    let (uart, mut service) = service();
    assert_eq!(service.read(1, SHELL, 48), Outcome::Later);
    assert_eq!(service.next_completion(), None);
    uart.arrive(b"k");
    service.interrupt();
    assert_eq!(service.next_completion(), Some(Completion { caller: 1, answer: bytes(b"k") }));
    assert_eq!(service.next_completion(), None);
}

#[test]
fn a_reader_gets_no_more_than_it_asked_for() {
    let (uart, mut service) = service();
    uart.arrive(b"abc");
    service.interrupt();
    assert_eq!(service.read(1, SHELL, 2), Outcome::Now(bytes(b"ab")));
    assert_eq!(service.read(1, SHELL, 2), Outcome::Now(bytes(b"c")));
}

#[test]
fn an_answer_has_no_more_bytes_than_fit_the_registers() {
    let (uart, mut service) = service();
    for _ in 0..3 {
        uart.arrive(&[b'x'; FIFO_BYTES]);
        service.interrupt();
    }
    let Outcome::Now(Answer::Bytes(first)) = service.read(1, SHELL, 1000) else { panic!() };
    assert_eq!(first.len(), SHORT_BYTES);
}

#[test]
fn a_second_reader_of_another_client_is_refused() {
    let (_uart, mut service) = service();
    assert_eq!(service.read(1, SHELL, 1), Outcome::Later);
    assert_eq!(service.read(2, OTHER, 1), Outcome::Now(Answer::Busy));
}

#[test]
fn a_restarted_client_replaces_its_own_reader() {
    let (uart, mut service) = service();
    assert_eq!(service.read(1, SHELL, 1), Outcome::Later);
    assert_eq!(service.read(2, SHELL, 1), Outcome::Later);
    assert_eq!(service.next_completion(), Some(Completion { caller: 1, answer: Answer::Busy }));
    uart.arrive(b"y");
    service.interrupt();
    assert_eq!(service.next_completion(), Some(Completion { caller: 2, answer: bytes(b"y") }));
}

#[test]
fn bytes_for_a_reader_that_is_gone_are_kept_in_order() {
    let (uart, mut service) = service();
    service.read(1, SHELL, 2);
    uart.arrive(b"abc");
    service.interrupt();
    let completion = service.next_completion().unwrap();
    service.undelivered(&completion.answer);
    assert_eq!(service.read(2, OTHER, 48), Outcome::Now(bytes(b"abc")));
}

#[test]
fn a_full_queue_stops_listening_and_loses_nothing_that_the_uart_holds() {
    let (uart, mut service) = service();
    let mut came = Vec::new();
    for round in 0..9u8 {
        let burst = [round; FIFO_BYTES];
        uart.arrive(&burst);
        came.extend(burst);
        service.interrupt();
    }
    assert_eq!(uart.listening().0, Listen::Off);
    assert_eq!(uart.waiting(), FIFO_BYTES);
    let mut read = Vec::new();
    while read.len() < came.len() {
        let Outcome::Now(Answer::Bytes(some)) = service.read(1, SHELL, 48) else { panic!() };
        read.extend(some);
    }
    assert_eq!(read, came);
    assert_eq!(uart.listening().0, Listen::On);
}

#[test]
fn a_write_beyond_the_fifo_goes_on_by_interrupt() {
    let (uart, mut service) = service();
    let text: Vec<u8> = (0..100).collect();
    assert_eq!(write(&mut service, 1, &text), Outcome::Now(Answer::Taken(100)));
    assert_eq!(uart.sent().len(), FIFO_BYTES);
    assert_eq!(uart.listening(), (Listen::On, Listen::On));
    while uart.listening().1 == Listen::On {
        uart.transmit();
        service.interrupt();
    }
    assert_eq!(uart.sent(), text);
}

#[test]
fn a_short_write_needs_no_interrupt() {
    let (uart, mut service) = service();
    assert_eq!(write(&mut service, 1, b"ok"), Outcome::Now(Answer::Taken(2)));
    assert_eq!(uart.sent(), b"ok");
    assert_eq!(uart.listening().1, Listen::Off);
}

#[test]
fn a_writer_without_room_waits_and_is_told_to_go_on() {
    let (uart, mut service) = service();
    fill(&mut service);
    assert_eq!(write(&mut service, 7, b"x"), Outcome::Later);
    assert_eq!(service.next_completion(), None);
    uart.transmit();
    service.interrupt();
    assert_eq!(service.next_completion(), Some(Completion { caller: 7, answer: Answer::Taken(0) }));
}

#[test]
fn more_waiters_than_can_be_kept_are_told_so() {
    let (_uart, mut service) = service();
    fill(&mut service);
    for caller in 0..WAITERS_MAX as u32 {
        assert_eq!(write(&mut service, caller, b"x"), Outcome::Later);
    }
    assert_eq!(write(&mut service, 99, b"x"), Outcome::Now(Answer::Busy));
}

#[test]
fn a_flush_is_answered_when_everything_has_left() {
    let (uart, mut service) = service();
    assert_eq!(service.flush(1), Outcome::Now(Answer::Flushed));
    write(&mut service, 1, &[b'z'; FIFO_BYTES + 1]);
    assert_eq!(service.flush(1), Outcome::Later);
    assert_eq!(service.next_completion(), None);
    uart.transmit();
    service.interrupt();
    assert_eq!(service.next_completion(), Some(Completion { caller: 1, answer: Answer::Flushed }));
}

#[test]
fn damaged_bytes_are_counted_and_passed_over() {
    let (uart, mut service) = service();
    uart.arrive(b"a");
    uart.arrive_damaged();
    uart.arrive(b"b");
    service.interrupt();
    assert_eq!(service.read(1, SHELL, 48), Outcome::Now(bytes(b"ab")));
    assert_eq!(service.damaged(), 1);
}

#[test]
fn interrupts_are_cleared_before_the_queues_are_served() {
    let (uart, mut service) = service();
    service.interrupt();
    assert_eq!(uart.cleared(), 1);
}
