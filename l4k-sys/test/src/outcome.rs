//! What a test may return. May call nothing of this crate.

use core::fmt::Debug;

/// What a test returns.
pub trait Outcome {
    /// Panics unless it stands for success.
    ///
    /// # Panics
    /// If the test returned an error.
    fn demand_success(self);
}

impl Outcome for () {
    fn demand_success(self) {}
}

impl<E: Debug> Outcome for Result<(), E> {
    fn demand_success(self) {
        if let Err(error) = self {
            panic!("the test returned an error: {error:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn nothing_and_ok_are_success() {
        ().demand_success();
        Ok::<(), u8>(()).demand_success();
    }

    #[test]
    #[should_panic(expected = "the test returned an error: 7")]
    fn an_error_is_a_failure() {
        Err::<(), u8>(7).demand_success();
    }
}
