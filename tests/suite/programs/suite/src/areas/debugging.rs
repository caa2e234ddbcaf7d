//! Breakpoints, watchpoints and single steps: what a debugger does with a thread that it may.

use l4k_sys::abi::memory::USER_END;
use l4k_sys::abi::thread::{BREAKPOINTS, INSTRUCTION_BREAKPOINTS, register};
use l4k_sys::abi::{BreakpointKind, Error, Fault, FaultCause, FaultKind, SystemCall, ThreadState};
use l4k_sys::handle::Breakpoint;
use l4k_sys::registers::Registers;
use l4k_sys::{Notification, stub};
use suite_support::arena::KERNEL_ADDRESS;
use suite_support::instructions::{END, NOP, add, branch, breakpoint, load, set, store, system_call};

use crate::harness::bench::READ_WRITE;
use crate::harness::bodies;
use crate::harness::failure::{holds, refused, same};
use crate::harness::routine::{CODE, DATA, Routine};
use crate::harness::threads::{IDLE, Manner, URGENT, let_others_run};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    a_breakpoint_register_stops_before_its_instruction,
    every_breakpoint_register_stops,
    a_breakpoint_that_is_off_again_stops_nobody,
    a_breakpoint_stops_each_time,
    a_breakpoint_is_passed_by_a_step,
    a_watchpoint_stops_at_its_kind_of_access,
    a_watchpoint_covers_its_bytes_and_none_beside,
    a_wider_access_that_touches_the_bytes_is_seen,
    every_watchpoint_register_stops,
    a_watchpoint_that_is_off_again_stops_nobody,
    single_steps_walk_through_branches,
    stepping_ends_when_it_is_told_to,
    a_step_over_a_system_call_ends_behind_it,
    a_step_over_a_call_that_blocks_ends_behind_it,
    the_instruction_brk_is_a_breakpoint_and_can_be_passed,
    breakpoints_read_back_as_they_were_set,
    bad_breakpoints_are_refused,
    threads_that_can_run_are_not_debugged,
    other_threads_are_not_stopped,
    each_thread_has_breakpoints_of_its_own,
    without_a_handler_a_breakpoint_stops_the_thread,
];

const OFF: Breakpoint = Breakpoint { kind: BreakpointKind::Off, address: 0, length: 0 };

/// The first register for data.
const DATA_FIRST: u64 = INSTRUCTION_BREAKPOINTS;

const fn at(address: u64) -> Breakpoint {
    Breakpoint { kind: BreakpointKind::Execute, address, length: 4 }
}

const fn on(kind: BreakpointKind, address: u64, length: u64) -> Breakpoint {
    Breakpoint { kind, address, length }
}

/// A breakpoint fault of this cause at the instruction with this number.
#[track_caller]
fn stopped(fault: Fault, cause: FaultCause, instruction: u64) -> Outcome {
    let found = (fault.kind, fault.cause, fault.instruction_pointer);
    same("fault", found, (FaultKind::Breakpoint, cause, CODE + 4 * instruction))
}

/// The end of the routine, at the instruction with this number.
#[track_caller]
fn ended(fault: Fault, instruction: u64) -> Outcome {
    let found = (fault.kind, fault.instruction_pointer);
    same("the end", found, (FaultKind::BadInstruction, CODE + 4 * instruction))
}

fn a_breakpoint_register_stops_before_its_instruction(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[set(1, 5), add(1, 1), add(1, 2), END])?;
    let routine = bench.routine([0; 3])?;
    routine.thread.set_breakpoint(0, at(CODE + 4))?;
    let fault = routine.start()?;
    stopped(fault, FaultCause::BreakpointRegister, 1)?;
    same("address", fault.address, CODE + 4)?;
    same("x1", routine.register(1)?, 5)?;
    routine.thread.set_breakpoint(0, OFF)?;
    ended(routine.go_on()?, 3)?;
    same("x1 at the end", routine.register(1)?, 8)
}

fn every_breakpoint_register_stops(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[NOP, NOP, NOP, NOP, NOP, END])?;
    let routine = bench.routine([0; 3])?;
    for index in 0..INSTRUCTION_BREAKPOINTS {
        routine.thread.set_breakpoint(index, at(CODE + 4 * (index + 1)))?;
    }
    let mut fault = routine.start()?;
    for index in 0..INSTRUCTION_BREAKPOINTS {
        stopped(fault, FaultCause::BreakpointRegister, index + 1)?;
        routine.thread.set_breakpoint(index, OFF)?;
        fault = routine.go_on()?;
    }
    ended(fault, 5)
}

fn a_breakpoint_that_is_off_again_stops_nobody(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[NOP, NOP, END])?;
    let routine = bench.routine([0; 3])?;
    routine.thread.set_breakpoint(0, at(CODE + 4))?;
    routine.thread.set_breakpoint(0, OFF)?;
    ended(routine.start()?, 2)
}

fn a_breakpoint_stops_each_time(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[NOP, add(1, 1), END])?;
    let routine = bench.routine([0; 3])?;
    routine.thread.set_breakpoint(2, at(CODE + 4))?;
    stopped(routine.start()?, FaultCause::BreakpointRegister, 1)?;
    for _ in 0..3 {
        stopped(routine.go_on()?, FaultCause::BreakpointRegister, 1)?;
    }
    same("x1", routine.register(1)?, 0)
}

/// As the book says: off, a step, on again.
fn a_breakpoint_is_passed_by_a_step(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[add(1, 1), add(2, 1), branch(-2)])?;
    let routine = bench.routine([0; 3])?;
    routine.thread.set_breakpoint(0, at(CODE + 4))?;
    let mut fault = routine.start()?;
    for round in 1..5 {
        stopped(fault, FaultCause::BreakpointRegister, 1)?;
        same("x1, x2", [routine.register(1)?, routine.register(2)?], [round, round - 1])?;
        routine.thread.set_breakpoint(0, OFF)?;
        routine.thread.start_stepping()?;
        stopped(routine.go_on()?, FaultCause::SingleStep, 2)?;
        routine.thread.stop_stepping()?;
        routine.thread.set_breakpoint(0, at(CODE + 4))?;
        fault = routine.go_on()?;
    }
    Ok(())
}

/// A routine that loads, then stores, 2^`bits` bytes at `x0`.
fn accesses(bench: &mut Bench<'_>, bits: u32) -> Outcome<Routine> {
    bench.code(CODE, &[load(bits, 1, 0), store(bits, 1, 0), END])?;
    bench.mapped(DATA, READ_WRITE)?;
    bench.routine([DATA, 0, 0])
}

/// At which of the two accesses the routine stops when it accesses this address: 0 the load, 1 the store, 2 none.
fn stop_of(routine: Routine, index: u64, breakpoint: Breakpoint, address: u64) -> Outcome<u64> {
    routine.thread.suspend()?;
    routine.thread.set_breakpoint(index, breakpoint)?;
    routine.set(register::INSTRUCTION_POINTER, &[CODE])?;
    routine.set(0, &[address])?;
    let fault = routine.start()?;
    if fault.kind == FaultKind::Breakpoint {
        same("cause", fault.cause, FaultCause::Watchpoint)?;
        holds("the address is in the access", (address..address + 8).contains(&fault.address))?;
    }
    Ok((fault.instruction_pointer - CODE) / 4)
}

/// Where the routine is to stop if the watchpoint sees what it does.
const fn expected_stop(kind: BreakpointKind) -> u64 {
    if matches!(kind, BreakpointKind::Write) { 1 } else { 0 }
}

const KINDS: [BreakpointKind; 3] = [BreakpointKind::Read, BreakpointKind::Write, BreakpointKind::ReadWrite];

fn a_watchpoint_stops_at_its_kind_of_access(bench: &mut Bench<'_>) -> Outcome {
    let routine = accesses(bench, 3)?;
    for kind in KINDS {
        let stop = stop_of(routine, DATA_FIRST, on(kind, DATA + 64, 8), DATA + 64)?;
        same("stop", (kind, stop), (kind, expected_stop(kind)))?;
    }
    // Past the load, an access of both kinds is seen at the store.
    routine.set(register::INSTRUCTION_POINTER, &[CODE + 4])?;
    let fault = routine.go_on()?;
    stopped(fault, FaultCause::Watchpoint, 1)?;
    same("address", fault.address, DATA + 64)
}

fn a_watchpoint_covers_its_bytes_and_none_beside(bench: &mut Bench<'_>) -> Outcome {
    let routine = accesses(bench, 0)?;
    for (first, length) in [(64, 1), (69, 1), (71, 1), (66, 2), (70, 2), (64, 4), (68, 4), (64, 8)] {
        for kind in KINDS {
            for offset in first - 1..=first + length {
                let stop = stop_of(routine, DATA_FIRST, on(kind, DATA + first, length), DATA + offset)?;
                let is_inside = (first..first + length).contains(&offset);
                let expected = if is_inside { expected_stop(kind) } else { 2 };
                same("kind, first, length, offset, stop", (kind, first, length, offset, stop), {
                    (kind, first, length, offset, expected)
                })?;
            }
        }
    }
    Ok(())
}

fn a_wider_access_that_touches_the_bytes_is_seen(bench: &mut Bench<'_>) -> Outcome {
    let routine = accesses(bench, 3)?;
    for byte in 64..72 {
        let stop = stop_of(routine, DATA_FIRST, on(BreakpointKind::Read, DATA + byte, 1), DATA + 64)?;
        same("byte, stop", (byte, stop), (byte, 0))?;
        let stop = stop_of(routine, DATA_FIRST, on(BreakpointKind::Read, DATA + byte, 1), DATA + 72)?;
        same("byte, stop beside it", (byte, stop), (byte, 2))?;
    }
    Ok(())
}

fn every_watchpoint_register_stops(bench: &mut Bench<'_>) -> Outcome {
    let routine = accesses(bench, 2)?;
    for index in DATA_FIRST..BREAKPOINTS {
        let watchpoint = on(BreakpointKind::Write, DATA + 16 * index, 4);
        same("stop", (index, stop_of(routine, index, watchpoint, DATA + 16 * index)?), (index, 1))?;
    }
    // All four are on by now.
    for index in DATA_FIRST..BREAKPOINTS {
        let watchpoint = on(BreakpointKind::Write, DATA + 16 * index, 4);
        same("stop", (index, stop_of(routine, index, watchpoint, DATA + 16 * index)?), (index, 1))?;
    }
    Ok(())
}

fn a_watchpoint_that_is_off_again_stops_nobody(bench: &mut Bench<'_>) -> Outcome {
    let routine = accesses(bench, 3)?;
    same("on", stop_of(routine, DATA_FIRST + 3, on(BreakpointKind::Read, DATA, 8), DATA)?, 0)?;
    same("off", stop_of(routine, DATA_FIRST + 3, OFF, DATA)?, 2)
}

fn single_steps_walk_through_branches(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[NOP, branch(3), add(1, 4), END, add(1, 1), branch(-3)])?;
    let routine = bench.routine([0; 3])?;
    routine.thread.start_stepping()?;
    let mut fault = routine.start()?;
    for instruction in [1, 4, 5, 2, 3] {
        stopped(fault, FaultCause::SingleStep, instruction)?;
        same("address", fault.address, fault.instruction_pointer)?;
        fault = routine.go_on()?;
    }
    ended(fault, 3)?;
    same("x1", routine.register(1)?, 5)
}

fn stepping_ends_when_it_is_told_to(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[NOP, NOP, NOP, NOP, END])?;
    let routine = bench.routine([0; 3])?;
    routine.thread.start_stepping()?;
    stopped(routine.start()?, FaultCause::SingleStep, 1)?;
    routine.thread.stop_stepping()?;
    ended(routine.go_on()?, 4)
}

fn a_step_over_a_system_call_ends_behind_it(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[set(8, SystemCall::Probe as u16), system_call(0), add(20, 1), END])?;
    let routine = bench.routine([9; 3])?;
    routine.thread.start_stepping()?;
    stopped(routine.start()?, FaultCause::SingleStep, 1)?;
    stopped(routine.go_on()?, FaultCause::SingleStep, 2)?;
    same("the call's status", routine.register(0)?, 0)?;
    same("x20", routine.register(20)?, 0)?;
    stopped(routine.go_on()?, FaultCause::SingleStep, 3)?;
    same("x20 a step later", routine.register(20)?, 1)
}

fn a_step_over_a_call_that_blocks_ends_behind_it(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[set(8, SystemCall::Wait as u16), system_call(0), add(20, 1), END])?;
    let notification = bench.notification()?;
    let routine = bench.routine([notification.slot(), 0, 0])?;
    routine.thread.start_stepping()?;
    stopped(routine.start()?, FaultCause::SingleStep, 1)?;
    routine.let_go()?;
    same("state", routine.thread.query()?.state, Some(ThreadState::Waiting))?;
    Notification::signal(notification)?;
    stopped(routine.fault()?, FaultCause::SingleStep, 2)?;
    same("the word", routine.register(9)?, 1)?;
    routine.thread.stop_stepping()?;
    ended(routine.go_on()?, 3)
}

fn the_instruction_brk_is_a_breakpoint_and_can_be_passed(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[set(1, 6), breakpoint(7), add(1, 1), END])?;
    let routine = bench.routine([0; 3])?;
    let fault = routine.start()?;
    stopped(fault, FaultCause::Other, 1)?;
    same("address", fault.address, CODE + 4)?;
    stopped(routine.go_on()?, FaultCause::Other, 1)?;
    routine.set(register::INSTRUCTION_POINTER, &[CODE + 8])?;
    ended(routine.go_on()?, 3)?;
    same("x1", routine.register(1)?, 7)
}

fn breakpoints_read_back_as_they_were_set(bench: &mut Bench<'_>) -> Outcome {
    let routine = bench.routine([0; 3])?;
    let expected = |index| match index {
        0..DATA_FIRST => at(CODE + 16 * index),
        4 => on(BreakpointKind::Read, DATA + 1, 1),
        5 => on(BreakpointKind::Write, DATA + 6, 2),
        6 => on(BreakpointKind::ReadWrite, DATA + 4, 4),
        _ => on(BreakpointKind::Read, USER_END - 8, 8),
    };
    for index in 0..BREAKPOINTS {
        let kind = routine.thread.breakpoint(index)?.map(|breakpoint| breakpoint.kind);
        same("a new thread's", (index, kind), (index, Some(BreakpointKind::Off)))?;
        routine.thread.set_breakpoint(index, expected(index))?;
    }
    for index in 0..BREAKPOINTS {
        same("breakpoint", routine.thread.breakpoint(index)?, Some(expected(index)))?;
        routine.thread.set_breakpoint(index, OFF)?;
        let kind = routine.thread.breakpoint(index)?.map(|breakpoint| breakpoint.kind);
        same("off", (index, kind), (index, Some(BreakpointKind::Off)))?;
    }
    Ok(())
}

fn bad_breakpoints_are_refused(bench: &mut Bench<'_>) -> Outcome {
    let thread = bench.routine([0; 3])?.thread;
    let data = |kind, address, length| thread.set_breakpoint(DATA_FIRST, on(kind, address, length));
    for index in [BREAKPOINTS, 16, u64::MAX] {
        refused("index", thread.set_breakpoint(index, at(CODE)), Error::InvalidArgument)?;
        refused("index", thread.breakpoint(index).map(drop), Error::InvalidArgument)?;
    }
    for kind in KINDS {
        refused("data among instructions", thread.set_breakpoint(0, on(kind, DATA, 4)), Error::InvalidArgument)?;
    }
    refused("an instruction among data", data(BreakpointKind::Execute, CODE, 4), Error::InvalidArgument)?;
    for length in [0, 2, 8] {
        let breakpoint = on(BreakpointKind::Execute, CODE, length);
        refused("length of an instruction", thread.set_breakpoint(0, breakpoint), Error::InvalidArgument)?;
    }
    for length in [0, 3, 5, 16, u64::MAX] {
        refused("length of data", data(BreakpointKind::Read, DATA, length), Error::InvalidArgument)?;
    }
    refused("instruction", thread.set_breakpoint(0, at(CODE + 2)), Error::Misaligned)?;
    for (address, length) in [(DATA + 1, 2), (DATA + 2, 4), (DATA + 4, 8)] {
        refused("data", data(BreakpointKind::Write, address, length), Error::Misaligned)?;
    }
    for address in [USER_END, KERNEL_ADDRESS, !7] {
        refused("instruction", thread.set_breakpoint(0, at(address)), Error::InvalidAddress)?;
        refused("data", data(BreakpointKind::Write, address, 8), Error::InvalidAddress)?;
    }
    for (call, arguments) in [
        (SystemCall::ThreadSetBreakpoint, [thread.slot(), 0, 5, CODE, 4]),
        (SystemCall::ThreadSetBreakpoint, [thread.slot(), DATA_FIRST, u64::MAX, DATA, 8]),
        (SystemCall::ThreadSetStepping, [thread.slot(), 2, 0, 0, 0]),
    ] {
        let status = stub::system_call(call as u64, Registers::new(arguments)).x[0];
        same("status", status, Error::InvalidArgument.code())?;
    }
    same("what is set", thread.breakpoint(0)?.map(|breakpoint| breakpoint.kind), Some(BreakpointKind::Off))
}

fn threads_that_can_run_are_not_debugged(bench: &mut Bench<'_>) -> Outcome {
    let spinner = bench.start(Manner::of(IDLE), bodies::spinner, [0, 0])?.thread;
    let notification = bench.notification()?;
    let waiter = bench.start(Manner::of(URGENT), bodies::waiter, [notification.slot(), 1])?.thread;
    for thread in [spinner, waiter] {
        refused("breakpoint", thread.set_breakpoint(0, at(CODE)), Error::NotSuspended)?;
        refused("stepping", thread.start_stepping(), Error::NotSuspended)?;
        refused("no stepping", thread.stop_stepping(), Error::NotSuspended)?;
        same("query", thread.breakpoint(0)?.map(|breakpoint| breakpoint.kind), Some(BreakpointKind::Off))?;
    }
    Ok(())
}

fn other_threads_are_not_stopped(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[NOP, load(3, 1, 0), store(3, 1, 0), END])?;
    bench.mapped(DATA, READ_WRITE)?;
    let (debugged, free) = (bench.routine([DATA, 0, 0])?, bench.routine([DATA, 0, 0])?);
    debugged.thread.set_breakpoint(0, at(CODE + 4))?;
    debugged.thread.set_breakpoint(DATA_FIRST, on(BreakpointKind::ReadWrite, DATA, 8))?;
    debugged.thread.start_stepping()?;
    stopped(debugged.start()?, FaultCause::SingleStep, 1)?;
    ended(free.start()?, 3)?;
    stopped(debugged.go_on()?, FaultCause::BreakpointRegister, 1)?;
    debugged.thread.set_breakpoint(0, OFF)?;
    stopped(debugged.go_on()?, FaultCause::Watchpoint, 1)?;
    free.set(register::INSTRUCTION_POINTER, &[CODE])?;
    ended(free.go_on()?, 3)
}

fn each_thread_has_breakpoints_of_its_own(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[NOP, NOP, NOP, NOP, END])?;
    let routines = [bench.routine([0; 3])?, bench.routine([0; 3])?, bench.routine([0; 3])?];
    for (instruction, routine) in (1..).zip(routines) {
        routine.thread.set_breakpoint(0, at(CODE + 4 * instruction))?;
        routine.thread.resume()?;
    }
    for (instruction, routine) in (1..).zip(routines) {
        stopped(routine.fault()?, FaultCause::BreakpointRegister, instruction)?;
        routine.thread.set_breakpoint(0, OFF)?;
        ended(routine.go_on()?, 4)?;
    }
    Ok(())
}

fn without_a_handler_a_breakpoint_stops_the_thread(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, &[add(1, 1), add(1, 1), END])?;
    let routine = bench.routine([0; 3])?;
    let manner = Manner::of(URGENT);
    routine.thread.configure(manner.cnode, crate::harness::bench::SPACE, None)?;
    routine.thread.set_breakpoint(0, at(CODE + 4))?;
    routine.thread.resume()?;
    let_others_run()?;
    same("state", routine.thread.query()?.state, Some(ThreadState::Faulted))?;
    same("x1", routine.register(1)?, 1)?;
    same("cell", Cell(0).outcome(), None)
}
