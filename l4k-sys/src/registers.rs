//! The registers of a system call as plain data. Used by the stubs and by tests that call with wrong arguments.

/// Registers that go into a system call and come out of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// `x0`–`x7`.
    pub x: [u64; 8],
    /// `x9`.
    pub x9: u64,
}

impl Registers {
    /// The given values in `x0`, `x1`, …; zero in all others.
    #[must_use]
    #[inline(always)]
    pub const fn new<const N: usize>(values: [u64; N]) -> Registers {
        const { assert!(N <= 8, "a system call has eight argument registers") };
        let mut x = [0; 8];
        let mut index = 0;
        while index < N {
            x[index] = values[index];
            index += 1;
        }
        Registers { x, x9: 0 }
    }
}
