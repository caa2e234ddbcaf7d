//! A loop of known length, the system call that does nothing, and giving way.

use bench_support::machine;
use bench_support::role::Role;
use l4k_marks::measure;
use l4k_sys::system;

use crate::harness::{Bench, Manner, Outcome, Side};

/// Rounds of the loop, of two instructions each.
const TURNS: u64 = 80_000;

/// Rounds of what is measured.
pub const ROUNDS: u64 = 256;

/// The counter's own check: 160,000 instructions.
pub fn known_loop(bench: &mut Bench<'_>) -> Outcome {
    bench.name("loop");
    bench.note(measure(1, || {
        machine::turn(TURNS);
        Ok::<(), l4k_sys::Error>(())
    })?)
}

/// The call that asks for the version.
pub fn null_system_call(bench: &mut Bench<'_>) -> Outcome {
    bench.name("null_syscall");
    bench.note(measure(ROUNDS, || system::probe().map(drop))?)
}

/// Two threads of one priority, each in its address space, give way to each other.
pub fn gives_way(bench: &mut Bench<'_>) -> Outcome {
    bench.name("yield");
    bench.start(Manner::of(Side::Right, 40), Role::Yielder, 0, 0)?;
    bench.start(Manner::of(Side::Left, 40), Role::MeasuredYielder, ROUNDS, 0)?;
    bench.wait_for_report()
}
