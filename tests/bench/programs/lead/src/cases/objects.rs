//! Threads and address spaces: made so that they can run, and destroyed.

use bench_support::role::Role;
use l4k_init::Resources;
use l4k_marks::measure;
use l4k_sys::handle::NewObject;
use l4k_sys::{AddressSpace, Error, SchedContext, Thread};

use crate::harness::bench::own;
use crate::harness::failure::Failure;
use crate::harness::threads::Helper;
use crate::harness::{Bench, Manner, Outcome, Side};

const COUNT: u64 = 32;

/// A thread with its time, ready to be resumed; both gone.
pub fn threads(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(18)?;
    let first = bench.slots(2 * COUNT)?;
    let mut slot = first;
    bench.name("thread_create");
    let measured = measure(COUNT, || {
        let helper = Helper { thread: Thread::from_slot(slot), context: SchedContext::from_slot(slot + 1) };
        memory.retype(NewObject::Thread, own(slot), 1)?;
        memory.retype(NewObject::SchedContext, own(slot + 1), 1)?;
        slot += 2;
        bench.prepare(helper, Manner::of(Side::Left, 40), 0x1000, [Role::Yielder as u64, 0, 0])?;
        Ok::<(), Failure>(())
    })?;
    bench.note(measured)?;
    slot = first;
    bench.name("thread_destroy");
    let measured = measure(COUNT, || {
        own(slot).delete()?;
        own(slot + 1).delete()?;
        slot += 2;
        Ok::<(), Error>(())
    })?;
    bench.note(measured)
}

/// The smallest address space with an identifier; gone.
pub fn spaces(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(20)?;
    let first = bench.slots(COUNT)?;
    let mut slot = first;
    bench.name("space_create");
    let measured = measure(COUNT, || {
        memory.retype(NewObject::AddressSpace(15), own(slot), 1)?;
        slot += 1;
        Resources::ASID_POOL.assign(AddressSpace::from_slot(slot - 1))
    })?;
    bench.note(measured)?;
    slot = first;
    bench.name("space_destroy");
    let measured = measure(COUNT, || {
        slot += 1;
        own(slot - 1).delete()
    })?;
    bench.note(measured)
}
