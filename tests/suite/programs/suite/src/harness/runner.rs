//! Runs the tests one after another and reports: a line a test, and the closing line.

use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use l4k_sys::println;

use super::bench::Bench;
use super::cells;
use super::choice::Choice;
use super::failure::{Outcome, same};
use super::parameters::parameters;
use super::system::System;
use super::watchdog;

/// A test.
#[derive(Clone, Copy)]
pub struct Test {
    /// Its name, without the area.
    pub name: &'static str,
    /// What it does.
    pub run: fn(&mut Bench<'_>) -> Outcome,
}

/// The tests of one area.
pub struct Area {
    /// Its name.
    pub name: &'static str,
    /// Its tests.
    pub tests: &'static [Test],
}

/// Makes the list of an area's tests out of its functions.
#[macro_export]
macro_rules! tests {
    ($($test:ident),* $(,)?) => {
        /// The tests of this area.
        pub const TESTS: &[$crate::harness::Test] =
            &[$($crate::harness::Test { name: stringify!($test), run: $test }),*];
    };
}

static PASSED: AtomicUsize = AtomicUsize::new(0);
static FAILED: AtomicUsize = AtomicUsize::new(0);

/// Index of the running test among all, for who gives up.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Runs all tests that were chosen; how many failed.
pub fn run_all(system: &mut System, areas: &[Area]) -> usize {
    let parameters = parameters();
    let mut choice = Choice::read(&parameters);
    let mut index = 0;
    for area in areas {
        for test in area.tests {
            RUNNING.store(index, SeqCst);
            index += 1;
            if choice.takes(area.name, test.name) {
                run(system, area.name, *test);
            }
        }
    }
    close()
}

/// Says that the running test failed, and closes the report.
pub fn give_up() {
    let all = crate::areas::ALL.iter().flat_map(|area| area.tests.iter().map(|test| (area.name, test.name)));
    let Some((area, name)) = all.into_iter().nth(RUNNING.load(SeqCst)) else { return };
    println!("test {area}::{name} ... FAILED: stuck");
    FAILED.fetch_add(1, SeqCst);
    close();
}

fn close() -> usize {
    let failed = FAILED.load(SeqCst);
    println!("suite: {} passed, {failed} failed", PASSED.load(SeqCst));
    failed
}

fn run(system: &mut System, area: &str, test: Test) {
    watchdog::begin();
    cells::clear();
    match run_and_clean(system, test) {
        Ok(()) => {
            PASSED.fetch_add(1, SeqCst);
            println!("test {area}::{} ... ok", test.name);
        }
        Err(failure) => {
            FAILED.fetch_add(1, SeqCst);
            println!("test {area}::{} ... FAILED: {failure}", test.name);
        }
    }
}

/// What is left behind by a test is a failure, too; the first failure counts.
fn run_and_clean(system: &mut System, test: Test) -> Outcome {
    let tables = system.free_tables()?;
    let outcome = (test.run)(&mut Bench::new(system));
    let cleaned = system.clean();
    let whole = same("free tables of the suite after the test", system.free_tables()?, tables);
    outcome.and(cleaned).and(whole)
}
