//! Runs what is selected. Calls `selected`.
//!
//! A test that panics ends the program with status 101, and with it the machine. So the runner can tell from the machine's end what became of the
//! test.

use l4k_sys::abi::boot::{BootInformation, slot};
use l4k_sys::exit::Status;
use l4k_sys::{DebugConsole, Thread, print, println};

use crate::selected::{Selected, selected};

/// Stands before and behind the number that marks where a test's own output begins and ends: ASCII's record separator. The runner chooses the number
/// anew for each boot, so that nothing that a test prints can pass for it.
pub const SEPARATOR: char = '\u{1e}';

/// What the kernel calls the thread in its report of a crash. The runner looks for it there.
pub const THREAD_NAME: &str = "test";

/// A test.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// Its name.
    pub name: &'static str,
    /// Runs it; returns if it has passed.
    pub run: fn(BootInformation<'static>),
}

/// Runs the test that the runner has selected, or all of them. For [`tests!`](crate::tests!).
#[must_use]
pub fn run(tests: &[Test], information: BootInformation<'static>) -> Status {
    // Without a debug console nobody hears of the test, and nothing else changes.
    let _ = DebugConsole::from_slot(slot::DEBUG_CONSOLE).name_thread(Thread::from_slot(slot::THREAD), THREAD_NAME);
    match selected() {
        Selected::All => run_all(tests, information),
        Selected::One { index, mark } => match tests.get(index) {
            Some(test) => run_one(test, mark, information),
            None => return Status::FAILURE,
        },
    }
    Status::SUCCESS
}

fn run_one(test: &Test, mark: u64, information: BootInformation<'static>) {
    print!("{SEPARATOR}{mark:016x}{SEPARATOR}");
    (test.run)(information);
    print!("{SEPARATOR}{mark:016x}{SEPARATOR}");
}

/// The program was booted without the runner: it says itself what it does, and ends at the first failure.
fn run_all(tests: &[Test], information: BootInformation<'static>) {
    for test in tests {
        println!("test {} ...", test.name);
        (test.run)(information);
    }
    println!("{} tests passed", tests.len());
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering};
    use l4k_sys::registers::Registers;
    use l4k_sys::stub;

    static RUNS: AtomicU32 = AtomicU32::new(0);

    fn count(_: BootInformation<'static>) {
        RUNS.fetch_add(1, Ordering::Relaxed);
    }

    #[test]
    fn without_a_choice_all_tests_run() {
        stub::install(|_, _| Registers::default());
        let tests = ["one", "two"].map(|name| Test { name, run: count });
        assert_eq!(run(&tests, BootInformation::new(&[])), Status::SUCCESS);
        assert_eq!(RUNS.load(Ordering::Relaxed), 2);
    }
}
