//! What a call costs when there is much of something else.

use bench_support::role::{Role, pair};
use l4k_marks::{Mark, measure};
use l4k_sys::abi::Rights;
use l4k_sys::handle::NewObject;
use l4k_sys::{CNode, Reply};

use super::calls::PRIORITY;
use super::simple::ROUNDS;
use crate::harness::bench::own;
use crate::harness::words::line;
use crate::harness::{Bench, Manner, Outcome, Side};

const CLIENT: Manner = Manner::of(Side::Left, PRIORITY);
const SERVER: Manner = Manner::of(Side::Right, PRIORITY);

/// Words of the messages.
const WORDS: u64 = 2;

/// 1,000 and 4,000 threads more that are ready to run and less urgent.
pub fn threads(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.serve(SERVER, Role::Server)?;
    for (more, all) in [(1_000, 1_000), (3_000, 4_000)] {
        bench.crowd(Manner::of(Side::Left, 10), more, Role::Yielder, 0)?;
        bench.name(&line(format_args!("call_{all}_threads")));
        bench.call(CLIENT, Role::Client, endpoint, WORDS)?;
    }
    Ok(())
}

/// 60,000 copies of the endpoint's capability in the client's table of 65,536 slots, of which the client uses the last.
pub fn capabilities(bench: &mut Bench<'_>) -> Outcome {
    const COUNT: u64 = 60_000;
    let endpoint = bench.endpoint()?.slot();
    let there = bench.give(Side::Right, endpoint)?;
    let reply = bench.make_at(Side::Right, NewObject::Reply)?;
    bench.start(SERVER, Role::Server, pair(there, reply), 0)?;
    let table = CNode::from_slot(bench.make(NewObject::CNode(16))?);
    table.at(bench_support::role::REPORT).copy_from(own(bench.system.reports.slot()), Rights::ALL)?;
    for slot in 2..=COUNT {
        table.at(slot).copy_from(own(endpoint), Rights::ALL)?;
    }
    bench.name("call_60000_caps");
    bench.start(Manner { cnode: Some(table), ..CLIENT }, Role::Client, pair(COUNT, WORDS), ROUNDS)?;
    bench.wait_for_report()
}

/// One more call where so many callers wait, and the receive that takes the first of them.
pub fn waiting_callers(bench: &mut Bench<'_>) -> Outcome {
    for count in [1, 1_000] {
        let endpoint = bench.endpoint()?;
        let here = bench.give(Side::Left, endpoint.slot())?;
        bench.crowd_of_callers(count, here)?;
        bench.name(&line(format_args!("call_behind_{count}")));
        bench.start(CLIENT, Role::MarkedCaller, here, 0)?;
        Mark::End { rounds: 1, ticks: 0 }.make();
        bench.name(&line(format_args!("receive_of_{count}")));
        let reply = Reply::from_slot(bench.make(NewObject::Reply)?);
        bench.note(measure(1, || endpoint.receive(reply).map(drop))?)?;
    }
    Ok(())
}

impl Bench<'_> {
    /// Threads that wait in a call.
    fn crowd_of_callers(&mut self, count: u64, endpoint: u64) -> Outcome {
        self.crowd(CLIENT, count, Role::Caller, endpoint)
    }
}
