//! Long operations while another thread wants its turn all the time: they are interrupted at many points, and come to the same end. They
//! are the heaviest states that `cargo xtask paths` measures, which also sees to it that they are interrupted: with the time of the
//! host, nobody can say when a timer strikes.

use l4k_init::Resources;
use l4k_sys::abi::object::RETYPE_COUNT_MAX;
use l4k_sys::abi::{FrameSize, MapAttributes, Rights, ThreadState, boot};
use l4k_sys::handle::NewObject;
use l4k_sys::{AddressSpace, AsidPool, CNode, Frame, Nanoseconds, SchedContext, Thread, Untyped};

use crate::harness::bench::{READ_EXECUTE, READ_WRITE, SPACE, own, page};
use crate::harness::bodies;
use crate::harness::failure::{holds, same};
use crate::harness::system::PRIORITY;
use crate::harness::threads::{LONG_SLICE, Manner, let_others_run};
use crate::harness::{Bench, Outcome};

crate::tests![
    two_thousand_copies_are_revoked,
    a_full_cnode_is_deleted,
    delete_of_an_endpoint_wakes_sixty_callers,
    delete_of_an_address_space_forgets_a_thousand_mappings,
    a_thousand_mapped_frames_are_revoked,
    delete_of_a_pool_takes_the_identifiers_of_its_spaces,
    used_memory_is_retyped,
    retype_makes_as_many_threads_as_it_may,
    a_large_frame_becomes_code_and_uncached_memory,
];

/// Bits and slots of a large CNode; slot 0 is never used.
const BITS: u8 = 11;
const SLOTS: u64 = 1 << BITS;

/// Mappings of a full address space.
const MAPPINGS: u64 = 1000;

/// A copy's parent, by its slot: all of one, each of the one before, a tree.
const SHAPES: [fn(u64) -> u64; 3] = [|_| 1, |slot| slot - 1, |slot| slot / 2];

/// The shortest slices that there are, so that interrupts come at many points of an operation.
const SLICE: u64 = 10_000;

/// A thread as urgent as the suite that wants all the time it can get.
struct Neighbour {
    thread: Thread,
}

/// The suite's own time.
const OWN_TIME: SchedContext = SchedContext::from_slot(boot::slot::SCHED_CONTEXT);

fn share_time(slice: u64) -> Outcome {
    let slice = Nanoseconds::new(slice);
    Ok(Resources::SCHED_CONTROL.configure(OWN_TIME, slice, slice)?)
}

impl Neighbour {
    fn new(bench: &mut Bench<'_>) -> Outcome<Neighbour> {
        let manner = Manner::of(PRIORITY).slice(Some(Nanoseconds::new(SLICE)));
        Ok(Neighbour { thread: bench.thread(manner, bodies::spinner, [0, 0])?.thread })
    }

    /// Does something while the two take turns in short slices.
    fn disturb<T>(&self, slice: u64, work: impl FnOnce() -> Result<T, l4k_sys::Error>) -> Outcome<T> {
        share_time(slice)?;
        self.thread.resume()?;
        let result = work();
        self.thread.suspend()?;
        share_time(LONG_SLICE.count())?;
        Ok(result?)
    }
}

fn fill(table: CNode, source: u64, parent: fn(u64) -> u64) -> Outcome {
    table.at(1).copy_from(own(source), Rights::ALL)?;
    (2..SLOTS).try_for_each(|slot| Ok(table.at(slot).copy_from(table.at(parent(slot)), Rights::ALL)?))
}

fn is_empty(table: CNode) -> Outcome {
    (1..SLOTS).try_for_each(|slot| same("slot", table.at(slot).query()?, None))
}

fn two_thousand_copies_are_revoked(bench: &mut Bench<'_>) -> Outcome {
    let neighbour = Neighbour::new(bench)?;
    let table = CNode::from_slot(bench.make(NewObject::CNode(BITS))?);
    let endpoint = bench.endpoint()?.slot();
    for (round, shape) in SHAPES.into_iter().enumerate() {
        fill(table, endpoint, shape)?;
        neighbour.disturb(SLICE + 160 * round as u64, || own(endpoint).revoke())?;
        is_empty(table)?;
    }
    Ok(())
}

fn a_full_cnode_is_deleted(bench: &mut Bench<'_>) -> Outcome {
    let neighbour = Neighbour::new(bench)?;
    let endpoint = bench.endpoint()?.slot();
    let memory = bench.untyped(BITS + 6)?;
    let place = bench.place()?;
    for (round, shape) in SHAPES.into_iter().enumerate() {
        memory.retype(NewObject::CNode(BITS), place, 1)?;
        fill(CNode::from_slot(place.slot), endpoint, shape)?;
        neighbour.disturb(SLICE + 160 * round as u64, || place.delete())?;
        same("memory in use", memory.query()?.used_bytes, 0)?;
    }
    Ok(())
}

/// Priority of the least urgent of the callers, which are all less urgent than the suite.
const LOWEST_CALLER: u8 = 10;

fn delete_of_an_endpoint_wakes_sixty_callers(bench: &mut Bench<'_>) -> Outcome {
    let neighbour = Neighbour::new(bench)?;
    let memory = bench.untyped(12)?;
    let place = bench.place()?;
    memory.retype(NewObject::Endpoint, place, 1)?;
    let mut callers = [None; 60];
    // Each of another priority: the queue has a place for each of them to look at.
    for (caller, priority) in callers.iter_mut().zip(LOWEST_CALLER..) {
        *caller = Some(bench.start(Manner::of(priority), bodies::caller, [place.slot, 1])?);
    }
    let_others_run()?;
    let all_are_in = |state| callers.iter().flatten().try_for_each(|caller| caller.is_in(state));
    all_are_in(ThreadState::Calling)?;
    neighbour.disturb(SLICE, || place.delete())?;
    let_others_run()?;
    all_are_in(ThreadState::Suspended)?;
    same("the callers' answers", crate::harness::Cell(1).outcome(), Some(Err(l4k_sys::Error::PeerGone)))?;
    same("memory in use", memory.query()?.used_bytes, 0)
}

/// Copies of a new frame, moved to slots of a table from 1 on, each mapped at a page of its own in a space.
fn mapped_copies(bench: &mut Bench<'_>, table: CNode, space: AddressSpace) -> Outcome<u64> {
    let frame = bench.frame()?.slot();
    let copy = bench.place()?;
    for index in 1..=MAPPINGS {
        copy.copy_from(own(frame), READ_WRITE)?;
        Frame::from_slot(copy.slot).map(space, page(index), READ_WRITE, MapAttributes::NORMAL)?;
        table.at(index).move_from(copy)?;
    }
    Ok(frame)
}

fn delete_of_an_address_space_forgets_a_thousand_mappings(bench: &mut Bench<'_>) -> Outcome {
    let neighbour = Neighbour::new(bench)?;
    let table = CNode::from_slot(bench.make(NewObject::CNode(BITS))?);
    let space = bench.space()?;
    mapped_copies(bench, table, space)?;
    neighbour.disturb(SLICE, || own(space.slot()).delete())?;
    let copy = bench.place()?;
    copy.move_from(table.at(MAPPINGS))?;
    same("mapping", Frame::from_slot(copy.slot).query()?.mapped_at, None)
}

fn a_thousand_mapped_frames_are_revoked(bench: &mut Bench<'_>) -> Outcome {
    let neighbour = Neighbour::new(bench)?;
    let table = CNode::from_slot(bench.make(NewObject::CNode(BITS))?);
    let space = bench.space()?;
    let before = space.query()?.free_tables;
    let frame = mapped_copies(bench, table, space)?;
    holds("tables are in use", space.query()?.free_tables < before)?;
    neighbour.disturb(SLICE, || own(frame).revoke())?;
    is_empty(table)
}

/// The smallest address space.
const SMALLEST_SPACE: NewObject = NewObject::AddressSpace(15);

fn delete_of_a_pool_takes_the_identifiers_of_its_spaces(bench: &mut Bench<'_>) -> Outcome {
    let neighbour = Neighbour::new(bench)?;
    let pool = AsidPool::from_slot(bench.make(NewObject::AsidPool)?);
    let spaces = bench.make_many(SMALLEST_SPACE, 200)?;
    let space = |index| AddressSpace::from_slot(spaces + index);
    (0..200).try_for_each(|index| pool.assign(space(index)))?;
    neighbour.disturb(SLICE, || own(pool.slot()).delete())?;
    (0..200).try_for_each(|index| same("identifier", space(index).query()?.has_identifier, false))
}

fn used_memory_is_retyped(bench: &mut Bench<'_>) -> Outcome {
    let neighbour = Neighbour::new(bench)?;
    let memory = Untyped::from_slot(bench.make(NewObject::Untyped(22))?);
    let places = bench.slots(2)?;
    let frames = NewObject::Frame(FrameSize::Large);
    memory.retype(frames, own(places), 2)?;
    own(memory.slot()).revoke()?;
    for round in 0..3 {
        neighbour.disturb(SLICE + 160 * round, || memory.retype(frames, own(places), 2))?;
        own(memory.slot()).revoke()?;
    }
    Ok(())
}

fn retype_makes_as_many_threads_as_it_may(bench: &mut Bench<'_>) -> Outcome {
    let neighbour = Neighbour::new(bench)?;
    let table = bench.make(NewObject::CNode(9))?;
    let memory = Untyped::from_slot(bench.make(NewObject::Untyped(20))?);
    for object in [NewObject::Thread, NewObject::CNode(4), NewObject::Notification] {
        let first = CNode::from_slot(table).at(1);
        neighbour.disturb(SLICE, || memory.retype(object, first, RETYPE_COUNT_MAX))?;
        holds("the last one is there", CNode::from_slot(table).at(RETYPE_COUNT_MAX).query()?.is_some())?;
        neighbour.disturb(SLICE, || own(memory.slot()).revoke())?;
    }
    Ok(())
}

fn a_large_frame_becomes_code_and_uncached_memory(bench: &mut Bench<'_>) -> Outcome {
    let neighbour = Neighbour::new(bench)?;
    let frame = Frame::from_slot(bench.make(NewObject::Frame(FrameSize::Large))?);
    let address = page(0) + FrameSize::Large.bytes();
    for (rights, attributes) in [(READ_EXECUTE, MapAttributes::NORMAL), (READ_WRITE, MapAttributes::UNCACHED)] {
        neighbour.disturb(SLICE, || frame.map(SPACE, address, rights, attributes))?;
        same("mapping", frame.query()?.mapped_at, Some(address))?;
        frame.unmap()?;
    }
    Ok(())
}
