//! The FP/SIMD unit: its registers stay with their thread, and with no other.

use l4k_sys::abi::thread::register;
use l4k_sys::abi::{Error, FaultKind, FrameSize, SystemCall, ThreadState};
use l4k_sys::handle::{NewObject, StartRegisters};
use l4k_sys::{Frame, Message, Nanoseconds, Notification, Received, Thread};
use suite_support::floating_point::{
    self, CONTROL_BIT, Pastime, STATUS_BIT, control, high_half, hold, in_software, low_half, status,
};
use suite_support::machine;
use suite_support::misdeed::Misdeed;

use crate::harness::bench::{READ_WRITE, map, own, page};
use crate::harness::bodies::{self, Body, finish};
use crate::harness::failure::{Failure, refused, same};
use crate::harness::threads::{Helper, Manner, URGENT, at_priority, spin, until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    the_unit_computes,
    many_threads_compute_at_once,
    registers_survive_a_call_that_returns_at_once,
    registers_survive_a_call_that_blocks,
    registers_survive_preemption,
    registers_survive_among_threads_without_the_unit,
    a_new_thread_begins_with_zeros,
    a_thread_without_the_unit_faults_at_once,
    an_fp_fault_leaves_the_registers_of_others_alone,
    registers_of_a_stopped_thread_read_as_it_left_them,
    registers_that_are_set_arrive,
    registers_that_are_not_there_are_refused,
    start_registers_clear_the_unit,
    memory_of_a_thread_that_had_the_unit_is_clean,
];

const SHORT: Nanoseconds = Nanoseconds::from_milliseconds(1);

const FP: Manner = Manner::of(URGENT).floating_point();

/// Where spinning threads look for the end.
const SIGN: u64 = page(0);

/// Canaries of a cell's thread.
const fn seed(cell: Cell) -> u64 {
    0x0123_4567_0000_1000 + cell.0 * 0x111
}

/// Computes, and leaves the result.
extern "C" fn computer(rounds: u64, cell: u64, thread: u64) -> ! {
    Cell(cell).put_value(floating_point::compute(rounds, cell + 3));
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}

/// Holds its registers while it waits on a notification, and leaves which have changed.
extern "C" fn waiting_holder(notification: u64, cell: u64, thread: u64) -> ! {
    let pastime = Pastime::Call { number: SystemCall::Wait as u64, capability: notification };
    Cell(cell).put_value(hold(seed(Cell(cell)), pastime));
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}

/// Holds its registers while it makes a system call that returns at once, many times; leaves which have changed.
extern "C" fn calling_holder(number: u64, cell: u64, thread: u64) -> ! {
    let pastime = Pastime::Call { number, capability: 0 };
    let changed = (0..20).fold(0, |changed, round| changed | hold(seed(Cell(cell)) + round * 0x100, pastime));
    Cell(cell).put_value(changed);
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}

/// Holds its registers while it spins, and leaves which have changed.
extern "C" fn spinning_holder(address: u64, cell: u64, thread: u64) -> ! {
    Cell(cell).put_value(hold(seed(Cell(cell)), Pastime::Spin { address }));
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}

/// Leaves all bits that it finds in its registers at its start.
extern "C" fn looker(_: u64, cell: u64, thread: u64) -> ! {
    Cell(cell).put_value(floating_point::bits_set());
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}

/// The thread of this cell has come to its end, with this value.
#[track_caller]
fn ended(cell: Cell, value: u64) -> Outcome {
    same("cell, outcome, value", (cell, cell.outcome(), cell.value()), (cell, Some(Ok(())), value))
}

/// A thread that waits with canaries in its registers.
fn holder(bench: &mut Bench<'_>, cell: Cell) -> Outcome<(Helper, Notification)> {
    let notification = bench.notification()?;
    let helper = bench.start(FP, waiting_holder, [notification.slot(), cell.0])?;
    helper.is_in(ThreadState::Waiting)?;
    Ok((helper, notification))
}

fn the_unit_computes(bench: &mut Bench<'_>) -> Outcome {
    for rounds in [1, 2, 10, 1000] {
        bench.start(FP, computer, [rounds, 0])?;
        ended(Cell(0), in_software(rounds, 3))?;
    }
    Ok(())
}

/// Ten threads of one priority, with slices that end in the midst of it.
fn many_threads_compute_at_once(bench: &mut Bench<'_>) -> Outcome {
    const ROUNDS: u64 = 100_000;
    let manner = Manner::of(80).floating_point().slice(Some(SHORT));
    for cell in 0..10 {
        bench.start(manner, computer, [ROUNDS, cell])?;
    }
    bench.start(Manner::of(80).slice(Some(SHORT)), bodies::spinner, [10, 0])?;
    at_priority(80, || until("the threads' end", || (0..10).all(|cell| Cell(cell).outcome().is_some())))??;
    (0..10).try_for_each(|cell| ended(Cell(cell), in_software(ROUNDS, cell + 3)))
}

fn registers_survive_a_call_that_returns_at_once(bench: &mut Bench<'_>) -> Outcome {
    for (cell, call) in (0..).map(Cell).zip([SystemCall::Probe, SystemCall::Yield, SystemCall::Call]) {
        bench.start(FP, calling_holder, [call as u64, cell.0])?;
        ended(cell, 0)?;
    }
    Ok(())
}

fn registers_survive_a_call_that_blocks(bench: &mut Bench<'_>) -> Outcome {
    let mut notifications = heapless::Vec::<_, 12>::new();
    for cell in 0..12 {
        let (_, notification) = holder(bench, Cell(cell))?;
        let _ = notifications.push(notification);
    }
    for cell in [3, 0, 11, 7, 1, 2, 10, 9, 4, 8, 5, 6] {
        notifications[cell].signal()?;
        ended(Cell(cell as u64), 0)?;
    }
    Ok(())
}

/// Threads of one priority that spin with canaries in their registers, together with others of these bodies.
fn spin_together(bench: &mut Bench<'_>, others: &[Body]) -> Outcome {
    bench.mapped(SIGN, READ_WRITE)?;
    let manner = Manner::of(80).slice(Some(SHORT));
    for cell in 0..6 {
        bench.start(manner.floating_point(), spinning_holder, [SIGN, cell])?;
        if let Some(body) = others.get(cell as usize) {
            bench.start(manner, *body, [SIGN, 8 + cell])?;
        }
    }
    at_priority(80, || {
        spin(Nanoseconds::from_milliseconds(40));
        machine::write(SIGN, 1);
        until("the threads' end", || (0..6).all(|cell| Cell(cell).outcome().is_some()))
    })??;
    (0..6).try_for_each(|cell| ended(Cell(cell), 0))
}

fn registers_survive_preemption(bench: &mut Bench<'_>) -> Outcome {
    spin_together(bench, &[])
}

fn registers_survive_among_threads_without_the_unit(bench: &mut Bench<'_>) -> Outcome {
    spin_together(bench, &[bodies::register_keeper, bodies::register_keeper, bodies::register_keeper])?;
    at_priority(80, || until("the plain threads' end", || (8..11).all(|cell| Cell(cell).outcome().is_some())))??;
    (8..11).try_for_each(|cell| ended(Cell(cell), 1))
}

fn a_new_thread_begins_with_zeros(bench: &mut Bench<'_>) -> Outcome {
    for round in 0..4 {
        holder(bench, Cell(round))?;
        bench.start(FP, looker, [0, 4 + round])?;
        ended(Cell(4 + round), 0)?;
    }
    Ok(())
}

fn a_thread_without_the_unit_faults_at_once(bench: &mut Bench<'_>) -> Outcome {
    let (handler, reply) = (bench.endpoint()?, bench.reply()?);
    for round in 0..3 {
        // So that the unit was in use a moment ago.
        holder(bench, Cell(round))?;
        let manner = Manner::of(URGENT).faults(handler);
        let helper = bench.start(manner, bodies::wrongdoer, [Misdeed::FloatingPoint as u64, 5])?;
        helper.is_in(ThreadState::Faulted)?;
        let Received::Fault { message, .. } = handler.try_receive(reply)? else {
            return Err(Failure::new(format_args!("no fault")));
        };
        same("kind", message.fault().map(|fault| fault.kind), Some(FaultKind::FloatingPoint))?;
        same("outcome", Cell(5).outcome(), None)?;
        reply.send(Message::new::<0>(1, []))?;
    }
    Ok(())
}

fn an_fp_fault_leaves_the_registers_of_others_alone(bench: &mut Bench<'_>) -> Outcome {
    let (_, notification) = holder(bench, Cell(0))?;
    for _ in 0..3 {
        let helper = bench.start(Manner::of(URGENT), bodies::wrongdoer, [Misdeed::FloatingPoint as u64, 5])?;
        helper.is_in(ThreadState::Faulted)?;
    }
    notification.signal()?;
    ended(Cell(0), 0)
}

fn registers_of_a_stopped_thread_read_as_it_left_them(bench: &mut Bench<'_>) -> Outcome {
    let (helper, _) = holder(bench, Cell(2))?;
    helper.thread.suspend()?;
    let seed = seed(Cell(2));
    for number in 0..32 {
        let found = helper.thread.read_registers(register::FLOATING_POINT_FIRST + 2 * number)?;
        let expected = [low_half(seed, number), high_half(seed, number)];
        same("register, halves", (number, &found[..2]), (number, &expected[..]))?;
    }
    let found = helper.thread.read_registers(register::FLOATING_POINT_CONTROL)?;
    same("FPCR, FPSR, nothing", found, [control(seed), status(seed), 0, 0, 0, 0])
}

fn registers_that_are_set_arrive(bench: &mut Bench<'_>) -> Outcome {
    let (helper, _) = holder(bench, Cell(1))?;
    let thread = helper.thread;
    thread.suspend()?;
    let seed = seed(Cell(1));
    // One half each of v5 and v9, and the same values again in v6.
    thread.set_registers(register::FLOATING_POINT_FIRST + 10, &[1])?;
    thread.set_registers(register::FLOATING_POINT_FIRST + 19, &[2])?;
    thread.set_registers(register::FLOATING_POINT_FIRST + 12, &[low_half(seed, 6), high_half(seed, 6)])?;
    thread.set_registers(register::FLOATING_POINT_FIRST + 62, &[3, 4])?;
    same("v31", &thread.read_registers(register::FLOATING_POINT_FIRST + 62)?[..2], &[3, 4][..])?;
    let words = [control(seed + 1), status(seed) ^ 1];
    thread.set_registers(register::FLOATING_POINT_CONTROL, &words)?;
    thread.resume()?;
    ended(Cell(1), 1 << 5 | 1 << 9 | 1 << 31 | CONTROL_BIT | STATUS_BIT)
}

fn registers_that_are_not_there_are_refused(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.thread(FP, looker, [0, 0])?;
    let plain = bench.thread(Manner::of(URGENT), looker, [0, 0])?;
    for number in [register::FLOATING_POINT_FIRST, 127, 128, 129] {
        refused("of a plain thread", plain.thread.read_registers(number), Error::InvalidRegister)?;
        refused("of a plain thread", plain.thread.set_registers(number, &[0]), Error::InvalidRegister)?;
        helper.thread.read_registers(number)?;
    }
    for number in [35, 63, 130, u64::MAX] {
        refused("read", helper.thread.read_registers(number), Error::InvalidRegister)?;
        refused("set", helper.thread.set_registers(number, &[0]), Error::InvalidRegister)?;
    }
    refused("past the end", helper.thread.set_registers(128, &[0, 1, 2]), Error::InvalidRegister)?;
    same("FPSR", helper.thread.read_registers(129)?[0], 0)
}

/// "All other registers become zero."
fn start_registers_clear_the_unit(bench: &mut Bench<'_>) -> Outcome {
    let (helper, _) = holder(bench, Cell(0))?;
    helper.thread.suspend()?;
    let start = StartRegisters {
        instruction_pointer: looker as *const () as usize as u64,
        stack_pointer: helper.stack_end,
        arguments: [0, 1, helper.thread.slot()],
    };
    helper.thread.write_registers(start)?;
    helper.thread.resume()?;
    ended(Cell(1), 0)
}

fn memory_of_a_thread_that_had_the_unit_is_clean(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(12)?;
    let slot = bench.slot()?;
    memory.retype(NewObject::FloatingPointThread, own(slot), 1)?;
    let thread = Thread::from_slot(slot);
    for number in 0..32 {
        thread.set_registers(register::FLOATING_POINT_FIRST + 2 * number, &[u64::MAX, u64::MAX])?;
    }
    own(slot).delete()?;
    memory.retype(NewObject::Frame(FrameSize::Small), own(slot), 1)?;
    map(Frame::from_slot(slot), page(1), READ_WRITE)?;
    (0..512).try_for_each(|word| same("word", (word, machine::read(page(1) + 8 * word)), (word, 0)))
}
