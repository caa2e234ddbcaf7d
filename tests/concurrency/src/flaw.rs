//! Flaws of what the sources are made of, for tests that show that a check fires. May call nothing of this crate.
//!
//! Both checkers run all threads of a model on the thread of the test, so that a variable of that thread is seen by all of them and by no
//! other test.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

/// What is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    #[default]
    None,
    /// No access to an atomic orders any other access.
    Unordered,
    /// Additions are a load and a store.
    TornAdditions,
    /// A notification forgets signals for which nobody waits.
    ForgottenSignals,
}

thread_local! {
    static FLAW: Cell<Flaw> = const { Cell::new(Flaw::None) };
    static NEXT_IS_UNORDERED: Cell<bool> = const { Cell::new(false) };
}

/// The order that an access has in spite of the flaws.
pub fn order(asked: Ordering) -> Ordering {
    let unordered = NEXT_IS_UNORDERED.take();
    if unordered || FLAW.get() == Flaw::Unordered { Ordering::Relaxed } else { asked }
}

/// Whether additions are torn.
pub fn additions_are_torn() -> bool {
    FLAW.get() == Flaw::TornAdditions
}

/// Whether signals are forgotten for which nobody waits.
pub fn signals_are_forgotten() -> bool {
    FLAW.get() == Flaw::ForgottenSignals
}

/// The next access to an atomic orders nothing.
pub fn next_is_unordered() {
    NEXT_IS_UNORDERED.set(true);
}

/// Runs a check with a flaw, which has to be found in one of the ways that it shows itself.
///
/// A flaw breaks several things as a rule. Which of them a checker comes upon first is chance, or depends on its version: `ways` are the texts
/// of all that the flaw can lead to, and of nothing else.
///
/// # Panics
/// It was not found, or what was found does not come of the flaw.
pub fn assert_found(flaw: Flaw, ways: &[&str], check: impl FnOnce()) {
    FLAW.set(flaw);
    let result = catch_unwind(AssertUnwindSafe(check));
    FLAW.set(Flaw::None);
    NEXT_IS_UNORDERED.set(false);
    let Err(panic) = result else { panic!("the flaw was not found: {ways:?}") };
    let found = text_of(&*panic);
    assert!(ways.iter().any(|way| found.contains(way)), "expected one of {ways:?}, found: {found}");
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text").to_owned()
}
