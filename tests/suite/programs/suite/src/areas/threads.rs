//! Threads: how they are started, stopped, looked at, and which one runs.

use l4k_sys::abi::{Error, FrameSize, Rights, ThreadState, boot};
use l4k_sys::handle::{NewObject, StartRegisters};
use l4k_sys::{CNode, Endpoint, Frame, Nanoseconds, Thread, system};

use crate::harness::alarm::Alarm;
use crate::harness::bench::{MAIN, SPACE, own, page};
use crate::harness::bodies;
use crate::harness::cells;
use crate::harness::failure::{holds, refused, same};
use crate::harness::threads::{IDLE, Manner, URGENT, at_priority, let_others_run, spin, spin_until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    a_thread_needs_its_spaces_before_it_runs,
    a_thread_without_time_waits_for_it,
    a_thread_starts_with_the_registers_it_was_given,
    only_suspended_threads_can_be_changed,
    start_registers_are_checked,
    a_suspended_thread_stands_still_and_goes_on,
    registers_of_a_suspended_thread_can_be_read,
    the_most_urgent_thread_runs,
    raising_a_priority_preempts_at_once,
    priorities_are_bounded_by_the_callers_maximum,
    equal_threads_share_time_without_yielding,
    yield_gives_way_to_an_equal_thread,
    yield_does_not_give_way_to_a_less_urgent_one,
    a_query_tells_state_and_priority,
    deleting_a_running_thread_stops_it,
    a_message_buffer_is_a_normal_writable_page,
    a_device_is_no_message_buffer,
];

const OWN_CNODE: CNode = CNode::from_slot(boot::slot::CNODE);

fn a_thread_needs_its_spaces_before_it_runs(bench: &mut Bench<'_>) -> Outcome {
    let thread = Thread::from_slot(bench.make(NewObject::Thread)?);
    refused("resume", thread.resume(), Error::NotConfigured)?;
    let endpoint = bench.endpoint()?;
    let receive_only = Endpoint::from_slot(bench.copy(endpoint.slot(), Rights::RECEIVE)?);
    let configured = thread.configure(OWN_CNODE, SPACE, Some(receive_only));
    refused("a fault endpoint that cannot be called", configured, Error::MissingRight)?;
    let crossed = thread.configure(CNode::from_slot(SPACE.slot()), SPACE, None);
    refused("an address space as CNode", crossed, Error::WrongKind)?;
    refused("resume", thread.resume(), Error::NotConfigured)?;
    Ok(thread.configure(OWN_CNODE, SPACE, Some(endpoint))?)
}

fn a_thread_without_time_waits_for_it(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.start(Manner::of(URGENT).slice(None), bodies::once, [1, 0])?;
    let_others_run()?;
    helper.is_in(ThreadState::NoContext)?;
    let context = bench.context(Nanoseconds::from_milliseconds(10))?;
    context.bind(helper.thread)?;
    same("order", cells::order(), 1)?;
    refused("bound already", context.bind(MAIN), Error::AlreadyBound)?;
    context.unbind()?;
    refused("not bound", context.unbind(), Error::NotBound)
}

extern "C" fn argument_taker(first: u64, second: u64, thread: u64) -> ! {
    Cell(0).put_value(first ^ second);
    loop {
        let _ = Thread::from_slot(thread).suspend();
    }
}

fn a_thread_starts_with_the_registers_it_was_given(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.start(Manner::of(URGENT), argument_taker, [0xf0f0, 0x0f0f])?;
    same("what it made of its arguments", Cell(0).value(), 0xffff)?;
    helper.is_in(ThreadState::Suspended)
}

fn only_suspended_threads_can_be_changed(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.start(Manner::of(IDLE), bodies::spinner, [0, 0])?;
    let start = StartRegisters { instruction_pointer: 0x20_0000, stack_pointer: 0, arguments: [0; 3] };
    refused("configure", helper.thread.configure(OWN_CNODE, SPACE, None), Error::NotSuspended)?;
    refused("write registers", helper.thread.write_registers(start), Error::NotSuspended)?;
    refused("read registers", helper.thread.read_registers(0), Error::NotSuspended)?;
    refused("resume", helper.thread.resume(), Error::NotSuspended)?;
    refused("set buffer", helper.thread.clear_buffer(), Error::NotSuspended)
}

fn start_registers_are_checked(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.thread(Manner::of(URGENT), bodies::once, [1, 0])?;
    let write = |instruction_pointer, stack_pointer| {
        let arguments = [7, 8, 9];
        helper.thread.write_registers(StartRegisters { instruction_pointer, stack_pointer, arguments })
    };
    refused("a misaligned instruction pointer", write(2, 0), Error::Misaligned)?;
    refused("a misaligned stack pointer", write(4, 8), Error::Misaligned)?;
    refused("an instruction pointer outside", write(1 << 47, 0), Error::InvalidAddress)?;
    write(0x20_0000, 1 << 47)?;
    same("x0 to x5", helper.thread.read_registers(0)?, [7, 8, 9, 0, 0, 0])?;
    same("x18 to x23", helper.thread.read_registers(18)?, [0; 6])?;
    same("x30, sp, pc", &helper.thread.read_registers(30)?[..3], &[0, 1 << 47, 0x20_0000][..])?;
    refused("register 35", helper.thread.read_registers(35), Error::InvalidRegister)
}

fn a_suspended_thread_stands_still_and_goes_on(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.start(Manner::of(80).slice(Some(SHORT)), bodies::spinner, [0, 0])?;
    at_priority(80, || spin_until("it counts", || Cell(0).value() > 0))??;
    helper.thread.suspend()?;
    helper.is_in(ThreadState::Suspended)?;
    let count = Cell(0).value();
    at_priority(80, || spin(LONG))?;
    same("count while suspended", Cell(0).value(), count)?;
    helper.thread.suspend()?;
    helper.thread.resume()?;
    at_priority(80, || spin_until("it counts again", || Cell(0).value() > count))?
}

const SHORT: Nanoseconds = Nanoseconds::from_milliseconds(1);
const LONG: Nanoseconds = Nanoseconds::from_milliseconds(40);

fn registers_of_a_suspended_thread_can_be_read(bench: &mut Bench<'_>) -> Outcome {
    let notification = bench.notification()?;
    let helper = bench.start(Manner::of(URGENT), bodies::waiter, [notification.slot(), 0])?;
    helper.thread.suspend()?;
    let [_, stack, instruction, ..] = helper.thread.read_registers(30)?;
    holds("the stack pointer is on its stack", helper.stack_end - stack < 4096)?;
    same("instruction pointer", instruction, helper.thread.query()?.instruction_pointer)?;
    holds("it is in the suite's code", (0x20_0000..0x100_0000).contains(&instruction))
}

fn the_most_urgent_thread_runs(bench: &mut Bench<'_>) -> Outcome {
    for (digit, priority) in [(1, 60), (2, 80), (3, 70), (4, 150), (5, 80)] {
        bench.start(Manner::of(priority), bodies::once, [digit, 0])?;
    }
    same("before the suite gives way", cells::order(), 4)?;
    let_others_run()?;
    same("after it", cells::order(), 42_531)
}

fn raising_a_priority_preempts_at_once(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.start(Manner::of(IDLE), bodies::once, [1, 0])?;
    same("before", cells::order(), 0)?;
    helper.thread.set_priority(URGENT, URGENT)?;
    same("after", cells::order(), 1)
}

/// Gives another thread, and itself, priorities around its own maximum; leaves the statuses in digits of 100.
extern "C" fn promoter(target: u64, maximum: u64, own: u64) -> ! {
    let maximum = maximum as u8;
    let (target, own) = (Thread::from_slot(target), Thread::from_slot(own));
    let tries = [
        target.set_priority(maximum + 1, 50),
        target.set_priority(50, maximum + 1),
        own.set_priority(maximum, maximum + 1),
        target.set_priority(maximum, maximum),
    ];
    let digits = tries.map(|result| result.map_or_else(Error::code, |()| 0));
    Cell(0).put_value(digits.into_iter().fold(0, |number, digit| number * 100 + digit));
    loop {
        let _ = own.suspend();
    }
}

fn priorities_are_bounded_by_the_callers_maximum(bench: &mut Bench<'_>) -> Outcome {
    let target = bench.thread(Manner::of(IDLE), bodies::once, [1, 0])?;
    let maximum = u64::from(URGENT);
    bench.start(Manner::of(URGENT), promoter, [target.thread.slot(), maximum])?;
    let refused = Error::PriorityTooHigh.code();
    same("statuses", Cell(0).value(), ((refused * 100 + refused) * 100 + refused) * 100)?;
    let status = target.thread.query()?;
    same("priorities of the target", (status.priority, status.maximum_priority), (URGENT, URGENT))
}

fn equal_threads_share_time_without_yielding(bench: &mut Bench<'_>) -> Outcome {
    for cell in 0..3 {
        bench.start(Manner::of(80).slice(Some(SHORT)), bodies::spinner, [cell, 0])?;
    }
    let counts = || [0, 1, 2].map(|cell| Cell(cell).value());
    at_priority(80, || spin_until("each has counted", || counts().into_iter().all(|count| count > 0)))??;
    // A busy computer may stop the machine in the slice of one of them: then the next stretch of time tells, which is longer, so that there is less of
    // chance in it.
    let mut stretch = 0;
    spin_until("none has counted four times as far as another", || {
        let before = counts();
        // The suite takes part, and its own slice is 10 ms.
        stretch += 100;
        let passed = at_priority(80, || spin(Nanoseconds::from_milliseconds(stretch)));
        let after = counts();
        let more = || after.iter().zip(&before).map(|(after, before)| after - before);
        let (least, most) = (more().min().unwrap_or(0), more().max().unwrap_or(0));
        passed.is_ok() && least > 0 && most / 4 <= least
    })
}

fn yield_gives_way_to_an_equal_thread(bench: &mut Bench<'_>) -> Outcome {
    for digit in [1, 2] {
        bench.start(Manner::of(80), bodies::comer, [digit, 0])?;
    }
    let_others_run()?;
    same("order", cells::order(), 121_212)
}

fn yield_does_not_give_way_to_a_less_urgent_one(bench: &mut Bench<'_>) -> Outcome {
    bench.start(Manner::of(80), bodies::comer, [1, 0])?;
    bench.start(Manner::of(79), bodies::comer, [2, 0])?;
    (0..10).for_each(|_| system::yield_now());
    same("the suite yields", cells::order(), 0)?;
    let_others_run()?;
    same("order", cells::order(), 111_222)
}

fn a_query_tells_state_and_priority(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.thread(Manner::of(60), bodies::spinner, [0, 0])?;
    let status = helper.thread.query()?;
    same("new", (status.state, status.time_used.count()), (Some(ThreadState::Suspended), 0))?;
    helper.thread.set_priority(60, 70)?;
    helper.thread.resume()?;
    let status = helper.thread.query()?;
    same("state", status.state, Some(ThreadState::Ready))?;
    same("priorities", (status.priority, status.maximum_priority), (60, 70))?;
    same("the suite itself", MAIN.query()?.state, Some(ThreadState::Ready))
}

fn deleting_a_running_thread_stops_it(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.start(Manner::of(80).slice(Some(SHORT)), bodies::spinner, [0, 0])?;
    at_priority(80, || spin_until("it counts", || Cell(0).value() > 0))??;
    own(helper.thread.slot()).delete()?;
    let count = Cell(0).value();
    at_priority(80, || spin(LONG))?;
    same("count after its end", Cell(0).value(), count)?;
    helper.context.map_or(Ok(()), |context| refused("its context is unbound", context.unbind(), Error::NotBound))
}

fn a_message_buffer_is_a_normal_writable_page(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.thread(Manner::of(IDLE), bodies::once, [1, 0])?;
    let frame = bench.frame()?;
    let large = Frame::from_slot(bench.make(NewObject::Frame(FrameSize::Large))?);
    let read_only = Frame::from_slot(bench.copy(frame.slot(), Rights::READ)?);
    let set = |frame, address| helper.thread.set_buffer(frame, address);
    refused("large", set(large, page(0)), Error::InvalidSize)?;
    refused("read only", set(read_only, page(0)), Error::MissingRight)?;
    refused("misaligned", set(frame, page(0) + 8), Error::Misaligned)?;
    refused("no frame", set(Frame::from_slot(helper.thread.slot()), page(0)), Error::WrongKind)?;
    set(frame, page(0))?;
    Ok(helper.thread.clear_buffer()?)
}

fn a_device_is_no_message_buffer(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.thread(Manner::of(IDLE), bodies::once, [1, 0])?;
    let alarm = Alarm::new(bench)?;
    refused("device", helper.thread.set_buffer(alarm.frame, page(40)), Error::DeviceMemory)
}
