//! Registers of stopped threads: read, set, and what a fault handler does with them.

use l4k_sys::abi::memory::USER_END;
use l4k_sys::abi::thread::register;
use l4k_sys::abi::{Error, Fault, FaultKind, SystemCall, ThreadState};
use l4k_sys::registers::Registers;
use l4k_sys::stub;
use suite_support::arena::KERNEL_ADDRESS;
use suite_support::instructions::{
    END, add, branch_if_carry, branch_if_equal, load, load_exclusive, read_thread_pointer, set, store_exclusive,
    system_call, write_thread_pointer,
};
use suite_support::machine;

use crate::harness::bench::READ_WRITE;
use crate::harness::bodies;
use crate::harness::failure::{refused, same};
use crate::harness::routine::{CODE, DATA, Routine};
use crate::harness::threads::{IDLE, Manner, URGENT};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    every_register_reads_back_as_it_was_set,
    a_thread_goes_on_with_the_registers_that_were_set,
    a_thread_goes_on_at_the_instruction_that_was_set,
    the_flags_decide_a_branch,
    each_thread_has_a_thread_pointer_of_its_own,
    a_handler_repairs_an_address_and_the_thread_goes_on,
    a_handler_passes_the_instruction_that_faulted,
    a_handler_answers_for_a_system_call_that_does_not_exist,
    a_thread_in_a_system_call_shows_only_what_survives_one,
    bad_values_are_refused_and_none_is_set,
    numbers_that_do_not_exist_are_refused,
    threads_that_can_run_are_not_changed,
    a_reservation_does_not_survive_the_kernel,
];

/// The number of the last general register, and how many there are with `sp`, the instruction pointer, flags and thread pointer.
const LINK: u64 = 30;
const COUNT: u64 = register::THREAD_POINTER + 1;

#[track_caller]
fn ended(fault: Fault, instruction: u64) -> Outcome {
    let found = (fault.kind, fault.instruction_pointer);
    same("the end", found, (FaultKind::BadInstruction, CODE + 4 * instruction))
}

/// A value that this register can have, and no other has.
fn value_of(number: u64) -> u64 {
    match number {
        register::STACK_POINTER => DATA - 32,
        register::INSTRUCTION_POINTER => CODE + 400,
        register::FLAGS => 0b0110 << 28,
        other => 0xabcd_0000_1234_0000 + other,
    }
}

fn every_register_reads_back_as_it_was_set(bench: &mut Bench<'_>) -> Outcome {
    let routine = bench.routine([1, 2, 3])?;
    for first in (0..COUNT).step_by(5) {
        let values: [u64; 5] = core::array::from_fn(|index| value_of(first + index as u64));
        routine.set(first, &values)?;
    }
    for number in 0..COUNT {
        same("register", (number, routine.register(number)?), (number, value_of(number)))?;
    }
    same("what is beyond", &routine.thread.read_registers(register::THREAD_POINTER)?[1..], &[0; 5][..])?;
    routine.set(7, &[70])?;
    same("x6 to x8", &routine.thread.read_registers(6)?[..3], &[value_of(6), 70, value_of(8)][..])
}

fn a_thread_goes_on_with_the_registers_that_were_set(bench: &mut Bench<'_>) -> Outcome {
    bench
        .code(CODE, &core::array::from_fn::<u32, 32, _>(|index| if index < 31 { add(index as u32, 1) } else { END }))?;
    let routine = bench.routine([0; 3])?;
    for first in (0..=LINK).step_by(4) {
        let values: [u64; 4] = core::array::from_fn(|index| value_of(first + index as u64));
        routine.set(first, &values[..(LINK + 1 - first).min(4) as usize])?;
    }
    let stack = routine.register(register::STACK_POINTER)?;
    ended(routine.start()?, 31)?;
    for number in 0..=LINK {
        same("register", (number, routine.register(number)?), (number, value_of(number) + 1))?;
    }
    same("stack pointer", routine.register(register::STACK_POINTER)?, stack)
}

fn a_thread_goes_on_at_the_instruction_that_was_set(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[add(1, 1), END, add(1, 100), END])?;
    let routine = bench.routine([0; 3])?;
    ended(routine.start()?, 1)?;
    routine.set(register::STACK_POINTER, &[DATA - 16, CODE + 8])?;
    let fault = routine.go_on()?;
    ended(fault, 3)?;
    same("stack pointer", fault.stack_pointer, DATA - 16)?;
    same("x1", routine.register(1)?, 101)
}

fn the_flags_decide_a_branch(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[branch_if_equal(4), branch_if_carry(2), END, END, END])?;
    let routine = bench.routine([0; 3])?;
    for (flags, instruction) in [(0, 2), (0b0100, 4), (0b0010, 3), (0b0110, 4), (0b1001, 2), (0b1111, 4)] {
        routine.thread.suspend()?;
        routine.set(register::INSTRUCTION_POINTER, &[CODE, flags << 28])?;
        ended(routine.start()?, instruction)?;
        same("flags", routine.register(register::FLAGS)?, flags << 28)?;
    }
    Ok(())
}

fn each_thread_has_a_thread_pointer_of_its_own(bench: &mut Bench<'_>) -> Outcome {
    // Reads it, writes x0 to it, waits for the other, and reads it again.
    bench.code(CODE, &[read_thread_pointer(20), write_thread_pointer(0), END, read_thread_pointer(21), END])?;
    let routines = [bench.routine([0x100, 0, 0])?, bench.routine([0x200, 0, 0])?];
    routines[0].set(register::THREAD_POINTER, &[0x5a5a])?;
    for routine in routines {
        ended(routine.start()?, 2)?;
    }
    for (routine, (first, own)) in routines.into_iter().zip([(0x5a5a, 0x100), (0, 0x200)]) {
        same("thread pointer", routine.register(register::THREAD_POINTER)?, own)?;
        routine.set(register::INSTRUCTION_POINTER, &[CODE + 12])?;
        ended(routine.go_on()?, 4)?;
        same("what it has read", [routine.register(20)?, routine.register(21)?], [first, own])?;
    }
    Ok(())
}

fn a_handler_repairs_an_address_and_the_thread_goes_on(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[load(3, 2, 1), add(2, 1), END])?;
    bench.mapped(DATA, READ_WRITE)?;
    machine::write(DATA + 8, 0x1233);
    let routine = bench.routine([0, 0, 0])?;
    let fault = routine.start()?;
    same("fault", (fault.kind, fault.address), (FaultKind::Page, 0))?;
    routine.set(1, &[DATA + 8])?;
    ended(routine.go_on()?, 2)?;
    same("x2", routine.register(2)?, 0x1234)
}

fn a_handler_passes_the_instruction_that_faulted(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[load(3, 2, 1), add(2, 1), END])?;
    let routine = bench.routine([0, 0, 0])?;
    let fault = routine.start()?;
    routine.set(2, &[41])?;
    routine.set(register::INSTRUCTION_POINTER, &[fault.instruction_pointer + 4])?;
    ended(routine.go_on()?, 2)?;
    same("x2", routine.register(2)?, 42)
}

/// The call is over, and its result is what the handler makes it.
fn a_handler_answers_for_a_system_call_that_does_not_exist(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[set(8, 0x777), system_call(0), add(0, 1), END])?;
    let routine = bench.routine([40, 0, 0])?;
    let fault = routine.start()?;
    same("fault", (fault.kind, fault.address), (FaultKind::UnknownSystemCall, 0x777))?;
    routine.set(0, &[41])?;
    same("where the call is", fault.instruction_pointer, CODE + 4)?;
    same("where the thread goes on", routine.register(register::INSTRUCTION_POINTER)?, CODE + 8)?;
    ended(routine.go_on()?, 3)?;
    same("x0", routine.register(0)?, 42)
}

fn a_thread_in_a_system_call_shows_only_what_survives_one(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[system_call(0), END])?;
    let notification = bench.notification()?;
    let routine = bench.routine([notification.slot(), 0, 0])?;
    for first in (1..=LINK).step_by(5) {
        let values: [u64; 5] = core::array::from_fn(|index| value_of(first + index as u64));
        routine.set(first, &values)?;
    }
    routine.set(8, &[SystemCall::Wait as u64])?;
    routine.thread.resume()?;
    same("state", routine.thread.query()?.state, Some(ThreadState::Waiting))?;
    refused("while it waits", routine.thread.read_registers(0), Error::NotSuspended)?;
    routine.thread.suspend()?;
    for number in (1..=18).chain([LINK]) {
        same("register", (number, routine.register(number)?), (number, 0))?;
    }
    for number in 19..=29 {
        same("register", (number, routine.register(number)?), (number, value_of(number)))?;
    }
    ended(routine.start()?, 1)?;
    same("the call's status", routine.register(0)?, Error::Cancelled.code())
}

fn bad_values_are_refused_and_none_is_set(bench: &mut Bench<'_>) -> Outcome {
    let routine = bench.routine([0; 3])?;
    let thread = routine.thread;
    let before = thread.read_registers(LINK)?;
    for (first, values, error) in [
        (LINK, &[7, DATA + 8][..], Error::Misaligned),
        (LINK, &[7, DATA, CODE + 2][..], Error::Misaligned),
        (LINK, &[7, DATA, USER_END][..], Error::InvalidAddress),
        (LINK, &[7, DATA, KERNEL_ADDRESS][..], Error::InvalidAddress),
        (LINK, &[7, DATA, CODE, 1][..], Error::InvalidArgument),
        (LINK, &[7, DATA, CODE, 1 << 27, 5][..], Error::InvalidArgument),
        (LINK, &[7, DATA, CODE, 1 << 32, 5][..], Error::InvalidArgument),
        (register::FLAGS, &[u64::MAX, 5][..], Error::InvalidArgument),
    ] {
        refused("values", thread.set_registers(first, values), error)?;
        same("registers", thread.read_registers(LINK)?, before)?;
    }
    Ok(())
}

fn numbers_that_do_not_exist_are_refused(bench: &mut Bench<'_>) -> Outcome {
    let routine = bench.routine([0; 3])?;
    let thread = routine.thread;
    for first in [COUNT, 63, 64, 128, 129, 130, 1 << 32, u64::MAX] {
        refused("read", thread.read_registers(first), Error::InvalidRegister)?;
        refused("set", thread.set_registers(first, &[1]), Error::InvalidRegister)?;
    }
    refused("one too far", thread.set_registers(register::FLAGS, &[0, 5, 5]), Error::InvalidRegister)?;
    same("the one before", routine.register(register::THREAD_POINTER)?, 0)?;
    for count in [0, 6, u64::MAX] {
        let arguments = Registers::new([thread.slot(), 0, count, 1, 1, 1, 1, 1]);
        let status = stub::system_call(SystemCall::ThreadSetRegisters as u64, arguments).x[0];
        same("count", (count, status), (count, Error::InvalidCount.code()))?;
    }
    same("x0", routine.register(0)?, 0)
}

fn threads_that_can_run_are_not_changed(bench: &mut Bench<'_>) -> Outcome {
    let spinner = bench.start(Manner::of(IDLE), bodies::spinner, [0, 0])?.thread;
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let arguments = [bodies::pair(endpoint, reply), 1];
    let server = bench.start(Manner::of(URGENT), bodies::echo_server, arguments)?.thread;
    for thread in [spinner, server] {
        refused("read", thread.read_registers(0), Error::NotSuspended)?;
        refused("set", thread.set_registers(0, &[1]), Error::NotSuspended)?;
    }
    same("the server was left alone", Cell(1).outcome(), None)
}

/// A load with reservation, a system call, and the store that goes with it: the store fails, else two threads could both have it.
fn a_reservation_does_not_survive_the_kernel(bench: &mut Bench<'_>) -> Outcome {
    let (number, enter) = (set(8, SystemCall::Yield as u16), system_call(0));
    bench.code(CODE, &[load_exclusive(20, 19), number, enter, store_exclusive(21, 20, 19), END])?;
    bench.mapped(DATA, READ_WRITE)?;
    let routine: Routine = bench.routine([0; 3])?;
    routine.set(19, &[DATA])?;
    ended(routine.start()?, 4)?;
    same("status of the store", routine.register(21)?, 1)
}
