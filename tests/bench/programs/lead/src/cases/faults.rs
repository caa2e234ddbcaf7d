//! Faults that a handler in another address space hears of and answers.

use bench_support::role::{Role, pair};
use l4k_sys::handle::NewObject;

use super::calls::PRIORITY;
use super::simple::ROUNDS;
use crate::harness::{Bench, Manner, Outcome, Side};

/// Whose time a handler works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    /// That of whoever faults, as in the benchmark of seL4's MCS variant.
    Lent,
    /// Its own.
    Own,
}

/// A page that is not there. The handler lets the thread try again.
pub fn page_fault(bench: &mut Bench<'_>) -> Outcome {
    fault(bench, "fault", Role::Faulter, Time::Lent)
}

/// The same with a handler that has time of its own.
pub fn own_time(bench: &mut Bench<'_>) -> Outcome {
    fault(bench, "fault_own_time", Role::Faulter, Time::Own)
}

/// An undefined instruction.
pub fn undefined(bench: &mut Bench<'_>) -> Outcome {
    fault(bench, "fault_undefined", Role::UndefinedFaulter, Time::Lent)
}

fn fault(bench: &mut Bench<'_>, name: &str, role: Role, time: Time) -> Outcome {
    bench.name(name);
    let endpoint = bench.endpoint()?;
    let there = bench.give(Side::Right, endpoint.slot())?;
    let reply = bench.make_at(Side::Right, NewObject::Reply)?;
    let handler = bench.start(Manner::of(Side::Right, PRIORITY), Role::FaultHandler, pair(there, reply), ROUNDS)?;
    if time == Time::Lent {
        handler.context.unbind()?;
    }
    let faulter = Manner { faults: Some(endpoint), ..Manner::of(Side::Left, PRIORITY) };
    bench.start(faulter, role, 0, 0)?;
    bench.wait_for_report()
}
