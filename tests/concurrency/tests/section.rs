//! The kernel's critical section under loom.

use std::rc::Rc;

use l4k_concurrency::explored::arch::CoreNumber;
use l4k_concurrency::explored::section::{Depth, Section};
use l4k_concurrency::explored::sync::Watched;
use l4k_concurrency::flaw::{Flaw, assert_found};
use l4k_concurrency::model::{ENDLESS, RACE, explore};
use loom::thread;

/// What a core leaves inside the outer section, after it has entered an inner one.
type Leave = fn(&Section, Depth);

/// A core that is inside came from outside.
const WAITED_FOR_ITSELF: &str = "a core that is inside queued up";

/// Enters twice, and uses what is shared before, in and after the inner section.
fn nested(section: &Section, shared: &Watched, core: u8, leave_inner: Leave) {
    let outer = section.enter(CoreNumber(core));
    assert_eq!(outer, Depth::Outermost);
    shared.access(|| ());
    let inner = section.enter(CoreNumber(core));
    assert_eq!(inner, Depth::Nested, "{WAITED_FOR_ITSELF}");
    shared.access(|| ());
    leave_inner(section, inner);
    shared.access(|| ());
    section.leave(outer);
}

fn exclusion(cores: u8, preemptions: Option<usize>, leave_inner: Leave) {
    explore(preemptions, move || {
        let both = Rc::new((Section::new(), Watched::new()));
        // Once before there is a second thread.
        nested(&both.0, &both.1, 0, Section::leave);
        let others: Vec<_> = (1..cores)
            .map(|core| {
                let both = both.clone();
                thread::spawn(move || nested(&both.0, &both.1, core, leave_inner))
            })
            .collect();
        nested(&both.0, &both.1, 0, leave_inner);
        others.into_iter().for_each(|other| other.join().expect("a core"));
    });
}

#[test]
fn two_cores_exclude_each_other() {
    exclusion(2, None, Section::leave);
}

#[test]
fn three_cores_exclude_each_other() {
    exclusion(3, Some(2), Section::leave);
}

#[test]
fn section_without_order_is_found() {
    assert_found(Flaw::Unordered, &[RACE], || exclusion(2, None, Section::leave));
}

#[test]
fn leaving_both_with_the_inner_one_is_found() {
    // The next core comes in too early; or this one, which leaves once more, takes the other's number away, or its turn: that one does not
    // know itself any more, or somebody waits for ever.
    let ways = [RACE, WAITED_FOR_ITSELF, ENDLESS];
    assert_found(Flaw::None, &ways, || exclusion(2, None, |section, _| section.leave(Depth::Outermost)));
}
