//! Pages that threads use on other cores, and what one core does to them. With one core there is nothing to test, and
//! every test passes at once.

use l4k_sys::Received;
use l4k_sys::abi::{MapAttributes, Rights};
use suite_support::machine;

use crate::harness::bench::{READ_WRITE, map, page};
use crate::harness::failure::{Failure, same};
use crate::harness::threads::{LONG_SLICE, Manner, counts_on, rounds};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![a_page_that_is_taken_away_is_gone_elsewhere, a_page_that_changes_is_there_all_the_time,];

const ROUNDS: u64 = 100;

/// Writes to an address for ever, and counts.
extern "C" fn toucher(address: u64, cell: u64, _: u64) -> ! {
    loop {
        machine::write(address, Cell(cell).value());
        Cell(cell).count();
    }
}

fn a_page_that_is_taken_away_is_gone_elsewhere(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let (handler, reply) = (bench.endpoint()?, bench.reply()?);
    let frames = [bench.mapped(page(0), READ_WRITE)?, bench.frame()?];
    let helper = bench.thread_on(1, Manner::of(10).faults(handler), toucher, [page(0), 1])?;
    helper.thread.resume()?;
    let mut shown = 0;
    for round in rounds(ROUNDS) {
        let [here, other] = [round, round + 1].map(|number| (number % 2) as usize);
        counts_on(1)?;
        frames[here].unmap()?;
        let Received::Fault { message, .. } = handler.receive(reply)? else {
            return Err(Failure::new(format_args!("no fault")));
        };
        same("address of the fault", message.fault().map(|fault| fault.address), Some(page(0)))?;
        shown = other;
        map(frames[other], page(0), READ_WRITE)?;
        reply.resume()?;
    }
    frames[shown].protect(Rights::READ, MapAttributes::NORMAL)?;
    let Received::Fault { .. } = handler.receive(reply)? else {
        return Err(Failure::new(format_args!("it still writes")));
    };
    Ok(())
}

/// Reads a page for ever.
extern "C" fn reader(page: u64, cell: u64, _: u64) -> ! {
    loop {
        let _ = machine::read(page);
        Cell(cell).count();
    }
}

fn a_page_that_changes_is_there_all_the_time(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let (frame, handler) = (bench.mapped(page(0), READ_WRITE)?, bench.endpoint()?);
    for core in 1..bench.cores() {
        let manner = Manner::of(10).faults(handler).slice(Some(LONG_SLICE));
        bench.thread_on(core, manner, reader, [page(0), core])?.thread.resume()?;
        counts_on(core)?;
    }
    for round in rounds(100 * ROUNDS) {
        let [rights, attributes] = [round % 2, round / 2 % 2];
        let rights = if rights == 0 { Rights::READ } else { READ_WRITE };
        frame.protect(rights, if attributes == 0 { MapAttributes::UNCACHED } else { MapAttributes::NORMAL })?;
    }
    (1..bench.cores()).try_for_each(counts_on)
}
