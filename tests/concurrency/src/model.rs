//! How models are explored with loom. May call nothing of this crate.

use std::cell::Cell;

use loom::model::Builder;

/// How often the threads of one run may look in vain for their turn. What comes of more is the same, and there is no end of it: such a run
/// goes on to its end, and its variants are not tried.
const PAUSES_MAX: u32 = 24;

/// What loom says of two accesses that nothing orders.
pub const RACE: &str = "Causality violation";

/// What loom says if threads look for their turn for ever.
pub const ENDLESS: &str = "maximum number of branches";

/// What loom says if all threads sleep.
pub const ASLEEP: &str = "deadlock";

thread_local! {
    static PAUSES: Cell<u32> = const { Cell::new(0) };
}

/// Tries all orders of a model's steps; with a number, only those with at most so many switches that no thread asked for.
pub fn explore(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || {
        PAUSES.set(0);
        model();
    });
}

/// Lets others run, for a thread that waits for one of them.
pub fn pause() {
    PAUSES.set(PAUSES.get() + 1);
    if PAUSES.get() == PAUSES_MAX {
        loom::skip_branch();
    }
    loom::thread::yield_now();
}
