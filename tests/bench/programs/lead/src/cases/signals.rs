//! Notifications between two address spaces, and a ring that works with them.

use bench_support::machine::SHARED;
use bench_support::ring;
use bench_support::role::{Role, pair};
use l4k_sys::Frame;
use l4k_sys::abi::{MapAttributes, Rights};

use super::calls::PRIORITY;
use super::simple::ROUNDS;
use crate::harness::bench::{READ_WRITE, own};
use crate::harness::{Bench, Manner, Outcome, Side};

const SIGNALLER: Manner = Manner::of(Side::Left, PRIORITY);

/// Words that go through the ring.
const RING_WORDS: u64 = 64 * ring::WORDS;

/// A signal to a thread that waits and is more urgent.
pub fn switch(bench: &mut Bench<'_>) -> Outcome {
    bench.name("signal_switch");
    let notification = bench.notification()?.slot();
    let [here, there] = [bench.give(Side::Left, notification)?, bench.give(Side::Right, notification)?];
    bench.start(Manner::of(Side::Right, PRIORITY + 10), Role::Waiter, there, 0)?;
    bench.start(SIGNALLER, Role::Signaller, here, ROUNDS)?;
    bench.wait_for_report()
}

/// A signal to a thread that waits and is less urgent. The benchmark, the least urgent of the three, sets the pace.
pub fn low(bench: &mut Bench<'_>) -> Outcome {
    bench.name("signal_low");
    let notification = bench.notification()?.slot();
    let [here, there] = [bench.give(Side::Left, notification)?, bench.give(Side::Right, notification)?];
    let pace = bench.notification()?;
    let pace_here = bench.give(Side::Left, pace.slot())?;
    bench.start(Manner::of(Side::Right, PRIORITY - 10), Role::Waiter, there, 0)?;
    bench.start(SIGNALLER, Role::PacedSignaller, pair(here, pace_here), ROUNDS)?;
    for _ in 0..ROUNDS {
        pace.signal()?;
    }
    bench.wait_for_report()
}

/// Words through a ring in a page that two address spaces share.
pub fn ring(bench: &mut Bench<'_>) -> Outcome {
    bench.name("ring");
    let frame = bench.map(Side::Left, SHARED)?;
    let copy = bench.slots(1)?;
    own(copy).copy_from(own(frame.slot()), Rights::ALL)?;
    let space = bench.table(Side::Right).worker.space;
    Frame::from_slot(copy).map(space, SHARED, READ_WRITE, MapAttributes::NORMAL)?;
    let [producer, consumer] = [bench.notification()?.slot(), bench.notification()?.slot()];
    let there = [bench.give(Side::Right, producer)?, bench.give(Side::Right, consumer)?];
    bench.start(Manner::of(Side::Right, PRIORITY), Role::Consumer, pair(there[0], there[1]), 0)?;
    let here = [bench.give(Side::Left, consumer)?, bench.give(Side::Left, producer)?];
    bench.start(SIGNALLER, Role::Producer, pair(here[0], here[1]), RING_WORDS)?;
    bench.wait_for_report()
}
