//! The functions that can be tests: with and without the boot information. Calls `outcome`.

use l4k_sys::abi::boot::BootInformation;

use crate::outcome::Outcome;

/// A function that is a test. `Kind` only tells apart those with an argument from those without.
pub trait TestFunction<Kind> {
    /// Runs it.
    ///
    /// # Panics
    /// If the test fails.
    fn run(self, information: BootInformation<'static>);
}

/// Kind of a test without an argument.
#[derive(Debug)]
pub struct WithoutInformation;

/// Kind of a test that takes the boot information.
#[derive(Debug)]
pub struct WithInformation;

impl<F: FnOnce() -> R, R: Outcome> TestFunction<WithoutInformation> for F {
    fn run(self, _: BootInformation<'static>) {
        self().demand_success();
    }
}

impl<F: FnOnce(BootInformation<'static>) -> R, R: Outcome> TestFunction<WithInformation> for F {
    fn run(self, information: BootInformation<'static>) {
        self(information).demand_success();
    }
}

/// Runs a test of either kind. For [`tests!`](crate::tests!).
pub fn call<Kind>(test: impl TestFunction<Kind>, information: BootInformation<'static>) {
    test.run(information);
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use core::cell::Cell;

    #[test]
    fn both_kinds_are_run() {
        let bytes: &[u8] = &[];
        let information = || BootInformation::new(bytes);
        let runs = Cell::new(0);
        call(|| runs.set(runs.get() + 1), information());
        call(|_: BootInformation<'static>| runs.set(runs.get() + 10), information());
        assert_eq!(runs.get(), 11);
    }
}
