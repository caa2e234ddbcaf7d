//! What the architecture leaves open, chosen from a seed. Calls nobody.

/// A source of choices (xorshift64*, Vigna 2016): the same seed gives the same choices.
#[derive(Clone, Debug)]
pub struct Choices(u64);

impl Choices {
    /// Those of a seed.
    #[must_use]
    pub const fn of_seed(seed: u64) -> Choices {
        Choices(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) as usize % bound
    }

    /// Yes, one time in so many.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, values: &[T]) -> Option<T> {
        if values.is_empty() { None } else { values.get(self.below(values.len())).copied() }
    }
}
