//! Time: the counter, time slices, and what is counted as used.

use l4k_init::Resources;
use l4k_sys::abi::Error;
use l4k_sys::handle::NewObject;
use l4k_sys::{Nanoseconds, SchedContext, system};

use crate::harness::bodies;
use crate::harness::failure::{Failure, holds, refused, same};
use crate::harness::threads::{IDLE, LONG_SLICE, Manner, URGENT, at_priority, spin, spin_until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    the_counter_never_goes_back,
    the_counter_has_a_frequency,
    a_less_urgent_thread_makes_no_progress,
    time_used_grows_with_running_and_not_without,
    a_slice_ends_a_thread_that_never_yields,
    a_context_tells_what_it_holds,
    a_context_can_be_filled_anew,
    bad_times_are_refused,
];

const LONG: Nanoseconds = Nanoseconds::from_milliseconds(40);

fn the_counter_never_goes_back(_: &mut Bench<'_>) -> Outcome {
    let mut last = system::ticks();
    for round in 0..100_000 {
        let now = system::ticks();
        holds("the counter has not gone back", now >= last)?;
        last = now;
        if round % 100 == 0 {
            system::yield_now();
        }
    }
    Ok(())
}

fn the_counter_has_a_frequency(_: &mut Bench<'_>) -> Outcome {
    let frequency = system::ticks_per_second();
    holds("it is between 1 MHz and 10 GHz", (1_000_000..10_000_000_000).contains(&frequency))?;
    let start = system::ticks();
    spin(Nanoseconds::from_milliseconds(5));
    holds("it moves", system::elapsed(start, system::ticks()) >= Nanoseconds::from_milliseconds(5))
}

fn a_less_urgent_thread_makes_no_progress(bench: &mut Bench<'_>) -> Outcome {
    bench.start(Manner::of(99), bodies::spinner, [0, 0])?;
    spin(LONG);
    (0..100).for_each(|_| system::yield_now());
    same("its count", Cell(0).value(), 0)
}

fn time_used_grows_with_running_and_not_without(bench: &mut Bench<'_>) -> Outcome {
    let slice = Nanoseconds::from_milliseconds(1);
    let helper = bench.start(Manner::of(80).slice(Some(slice)), bodies::spinner, [0, 0])?;
    let context = helper.context.ok_or_else(|| Failure::new(format_args!("no context")))?;
    spin(LONG);
    same("before it ran", helper.thread.query()?.time_used, Nanoseconds::new(0))?;
    let start = system::ticks();
    let has_used_some = || helper.thread.query().is_ok_and(|status| status.time_used > Nanoseconds::new(500_000));
    at_priority(80, || spin_until("it has used some time", has_used_some))??;
    let passed = system::elapsed(start, system::ticks());
    let used = helper.thread.query()?.time_used;
    holds("it has used no more than has passed", used <= passed)?;
    holds("its context has, too", context.query()?.consumed > Nanoseconds::new(500_000))?;
    spin(LONG);
    same("after it ran", helper.thread.query()?.time_used, used)
}

fn a_slice_ends_a_thread_that_never_yields(bench: &mut Bench<'_>) -> Outcome {
    let slice = Nanoseconds::from_milliseconds(2);
    bench.start(Manner::of(80).slice(Some(slice)), bodies::spinner, [0, 0])?;
    let start = system::ticks();
    let rounds = 5;
    // Each yield gives the spinner one slice, after which the suite comes again.
    at_priority(80, || (0..rounds).for_each(|_| system::yield_now()))?;
    let passed = system::elapsed(start, system::ticks());
    holds("the spinner has run", Cell(0).value() > 0)?;
    holds("it has had whole slices", passed >= Nanoseconds::from_milliseconds(2 * (rounds - 1)))
}

fn a_context_tells_what_it_holds(bench: &mut Bench<'_>) -> Outcome {
    let context = bench.context(LONG_SLICE)?;
    let status = context.query()?;
    same("budget, period", (status.budget, status.period), (LONG_SLICE, LONG_SLICE))?;
    same("consumed", status.consumed, Nanoseconds::new(0))?;
    let helper = bench.thread(Manner::of(URGENT).slice(None), bodies::once, [1, 0])?;
    context.bind(helper.thread)?;
    refused("twice", context.bind(helper.thread), Error::AlreadyBound)?;
    let other = bench.context(LONG_SLICE)?;
    refused("a second one", other.bind(helper.thread), Error::AlreadyBound)
}

fn a_context_can_be_filled_anew(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.thread(Manner::of(URGENT), bodies::once, [1, 0])?;
    let context = helper.context.ok_or_else(|| Failure::new(format_args!("no context")))?;
    for milliseconds in [1, 20, 3] {
        let time = Nanoseconds::from_milliseconds(milliseconds);
        Resources::SCHED_CONTROL.configure(context, time, time)?;
        let status = context.query()?;
        same("budget, period", (status.budget, status.period), (time, time))?;
    }
    helper.thread.resume()?;
    same("the thread that it is bound to has run", crate::harness::cells::order(), 1)
}

fn bad_times_are_refused(bench: &mut Bench<'_>) -> Outcome {
    let context = SchedContext::from_slot(bench.make(NewObject::SchedContext)?);
    let configure = |budget, period| {
        Resources::SCHED_CONTROL.configure(context, Nanoseconds::new(budget), Nanoseconds::new(period))
    };
    for (budget, period) in [(0, 0), (0, 1_000_000), (2_000_000, 1_000_000), (u64::MAX, u64::MAX)] {
        refused("time", configure(budget, period), Error::InvalidTime)?;
    }
    same("budget", context.query()?.budget, Nanoseconds::new(0))?;
    configure(1_000_000, 1_000_000)?;
    let helper = bench.start(Manner::of(IDLE).slice(None), bodies::once, [1, 0])?;
    Ok(context.bind(helper.thread)?)
}
