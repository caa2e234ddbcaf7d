//! Pages: made, mapped, protected, unprotected, unmapped.

use l4k_init::Resources;
use l4k_marks::measure;
use l4k_sys::abi::{Error, FrameSize, MapAttributes, Rights};
use l4k_sys::handle::NewObject;
use l4k_sys::{AddressSpace, Frame};

use crate::harness::bench::{READ_WRITE, own};
use crate::harness::{Bench, Outcome};

const PAGES: u64 = 512;
const START: u64 = 0x4000_0000;
const SPACE: NewObject = NewObject::AddressSpace(16);
const PAGE: NewObject = NewObject::Frame(FrameSize::Small);

/// 512 pages in a row, one after another. The tables for them are there, since a page before and one behind them is mapped.
pub fn pages(bench: &mut Bench<'_>) -> Outcome {
    let space = AddressSpace::from_slot(bench.make(SPACE)?);
    Resources::ASID_POOL.assign(space)?;
    let first = bench.make_many(PAGE, PAGES + 2)?;
    let map = |index: u64| {
        let address = START + index * FrameSize::Small.bytes();
        Frame::from_slot(first + index).map(space, address, READ_WRITE, MapAttributes::NORMAL)
    };
    map(0)?;
    map(PAGES + 1)?;
    each(bench, "map", map)?;
    each(bench, "protect", |index| Frame::from_slot(first + index).protect(Rights::READ, MapAttributes::NORMAL))?;
    each(bench, "unprotect", |index| Frame::from_slot(first + index).protect(READ_WRITE, MapAttributes::NORMAL))?;
    each(bench, "unmap", |index| Frame::from_slot(first + index).unmap())
}

/// The same one after another in two stretches of 2 MiB, of which both have their tables: no page is beside the last one.
pub fn pages_apart(bench: &mut Bench<'_>) -> Outcome {
    let space = AddressSpace::from_slot(bench.make(SPACE)?);
    Resources::ASID_POOL.assign(space)?;
    let first = bench.make_many(PAGE, PAGES + 2)?;
    let map = |index: u64| {
        let address = START + index % 2 * FrameSize::Large.bytes() + index / 2 * FrameSize::Small.bytes();
        Frame::from_slot(first + index).map(space, address, READ_WRITE, MapAttributes::NORMAL)
    };
    map(0)?;
    map(PAGES + 1)?;
    each(bench, "map_apart", map)
}

fn each(bench: &mut Bench<'_>, name: &str, work: impl Fn(u64) -> Result<(), Error>) -> Outcome {
    bench.name(name);
    let mut index = 0;
    bench.note(measure(PAGES, || {
        index += 1;
        work(index)
    })?)
}

/// One page at a time out of an untyped: out of memory that was never used, which the kernel knows to be zero; and out of a page that was
/// used, which it clears before.
pub fn retype(bench: &mut Bench<'_>) -> Outcome {
    const COUNT: u64 = 64;
    let memory = bench.untyped(20)?;
    let first = bench.slots(COUNT)?;
    bench.name("retype_page");
    let mut slot = first;
    bench.note(measure(COUNT, || {
        slot += 1;
        memory.retype(PAGE, own(slot - 1), 1).map(drop)
    })?)?;
    bench.name("retype_page_used");
    let page = bench.untyped(12)?;
    let place = own(bench.slots(1)?);
    for _ in 0..COUNT {
        page.retype(PAGE, place, 1)?;
        place.delete()?;
        bench.note(measure(1, || page.retype(PAGE, place, 1).map(drop))?)?;
        place.delete()?;
    }
    Ok(())
}
