//! The gates under loom: a core stops another one's program.

use std::rc::Rc;

use l4k_concurrency::explored::stopping::Begin::{AtOnce, WhenInterrupted};
use l4k_concurrency::explored::stopping::Call::{Nothing, Resume, Stop};
use l4k_concurrency::explored::stopping::{Begin, Call, Machine, Mistake};
use l4k_concurrency::flaw::{Flaw, assert_found};
use l4k_concurrency::model::{ENDLESS, explore};
use loom::thread;

/// What a core does.
type Program = (Begin, &'static [Call]);

/// Stops core 1, which makes a call at the same time; then calls again.
const STOPPED_IN_A_CALL: [Program; 2] = [(AtOnce, &[Stop(1), Nothing, Resume(1)]), (AtOnce, &[Nothing])];

/// Stops core 1, which stays in its program.
const STOPPED_IN_ITS_PROGRAM: [Program; 2] = [(AtOnce, &[Stop(1), Nothing, Resume(1)]), (WhenInterrupted, &[])];

/// Each stops the other one.
const EACH_OTHER: [Program; 2] = [(AtOnce, &[Stop(1), Resume(1)]), (AtOnce, &[Stop(0), Resume(0)])];

/// Tries all orders with at most so many switches that no thread asked for.
fn run<const CORES: usize>(programs: [Program; CORES], mistake: Mistake, preemptions: usize) {
    explore(Some(preemptions), move || {
        let machine = Rc::new(Machine::<CORES>::new(mistake));
        let others: Vec<_> = (1..CORES)
            .map(|core| {
                let machine = machine.clone();
                thread::spawn(move || machine.run(core, programs[core].0, programs[core].1))
            })
            .collect();
        machine.run(0, programs[0].0, programs[0].1);
        others.into_iter().for_each(|other| other.join().expect("a core"));
    });
}

/// A mistake is found.
fn found<const CORES: usize>(programs: [Program; CORES], mistake: Mistake) {
    assert_found(Flaw::None, mistake.ways(), || run(programs, mistake, 3));
}

#[test]
fn program_in_a_call_is_stopped() {
    run(STOPPED_IN_A_CALL, Mistake::None, 3);
}

#[test]
fn running_program_is_stopped() {
    run(STOPPED_IN_ITS_PROGRAM, Mistake::None, 3);
}

#[test]
fn programs_stop_each_other() {
    run(EACH_OTHER, Mistake::None, 3);
}

#[test]
fn gate_before_the_ticket_is_found() {
    found(STOPPED_IN_A_CALL, Mistake::GateBeforeTicket);
}

#[test]
fn leaving_the_gate_without_the_lock_is_found() {
    found(STOPPED_IN_A_CALL, Mistake::LeavingLate);
}

#[test]
fn entering_without_order_is_found() {
    found(STOPPED_IN_ITS_PROGRAM, Mistake::EnteringUnordered);
}

#[test]
fn looking_without_order_is_found() {
    found(STOPPED_IN_ITS_PROGRAM, Mistake::LookingUnordered);
}

#[test]
fn not_waiting_is_found() {
    found(STOPPED_IN_ITS_PROGRAM, Mistake::NotWaiting);
}

#[test]
fn call_of_a_stopped_program_is_found() {
    found(STOPPED_IN_A_CALL, Mistake::CallInSpiteOfStop);
}

#[test]
fn forgotten_interrupt_is_found() {
    assert_found(Flaw::None, &[ENDLESS], || run(STOPPED_IN_ITS_PROGRAM, Mistake::ForgettingInterrupts, 3));
}
