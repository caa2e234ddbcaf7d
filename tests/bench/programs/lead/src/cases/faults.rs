//! Faults that a handler in another address space hears of and answers.

use bench_support::role::{Role, pair};
use l4k_sys::handle::NewObject;

use super::calls::PRIORITY;
use super::simple::ROUNDS;
use crate::harness::{Bench, Manner, Outcome, Side};

/// A page that is not there. The handler lets the thread try again.
pub fn page_fault(bench: &mut Bench<'_>) -> Outcome {
    fault(bench, "fault", Role::Faulter)
}

/// An undefined instruction.
pub fn undefined(bench: &mut Bench<'_>) -> Outcome {
    fault(bench, "fault_undefined", Role::UndefinedFaulter)
}

fn fault(bench: &mut Bench<'_>, name: &str, role: Role) -> Outcome {
    bench.name(name);
    let endpoint = bench.endpoint()?;
    let there = bench.give(Side::Right, endpoint.slot())?;
    let reply = bench.make_at(Side::Right, NewObject::Reply)?;
    bench.start(Manner::of(Side::Right, PRIORITY), Role::FaultHandler, pair(there, reply), ROUNDS)?;
    let faulter = Manner { faults: Some(endpoint), ..Manner::of(Side::Left, PRIORITY) };
    bench.start(faulter, role, 0, 0)?;
    bench.wait_for_report()
}
