//! Numbers to choose with: pseudo-random ones from a seed, or those that a fuzzer has thought of.

/// A source of numbers.
#[derive(Clone, Debug)]
pub struct Random<'a>(Source<'a>);

#[derive(Clone, Debug)]
enum Source<'a> {
    /// xorshift64* (Vigna 2016).
    State(u64),
    /// What is left; zeros follow.
    Bytes(&'a [u8]),
}

impl<'a> Random<'a> {
    /// The same seed gives the same numbers.
    #[must_use]
    pub const fn of_seed(seed: u64) -> Random<'static> {
        Random(Source::State(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1))
    }

    /// Each number is a byte, or eight where the bound is beyond 256; so that a byte that changes is a choice that changes.
    #[must_use]
    pub const fn of_bytes(bytes: &'a [u8]) -> Random<'a> {
        Random(Source::Bytes(bytes))
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        let number = match &mut self.0 {
            Source::State(state) => {
                *state ^= *state >> 12;
                *state ^= *state << 25;
                *state ^= *state >> 27;
                state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
            }
            Source::Bytes(rest) if bound <= 256 => take(rest, 1),
            Source::Bytes(rest) => take(rest, 8),
        };
        number % bound
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize]
    }
}

fn take(rest: &mut &[u8], count: usize) -> u64 {
    let (taken, after) = rest.split_at(count.min(rest.len()));
    *rest = after;
    taken.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn bytes_are_choices_and_zeros_follow() {
        let mut random = Random::of_bytes(&[7, 3, 1, 1, 0, 0, 0, 0, 0, 0, 9]);
        assert_eq!([random.below(10), random.below(2), random.below(1 << 32), random.below(256)], [7, 1, 257, 9]);
        assert_eq!([random.below(5), random.below(1000)], [0, 0]);
    }

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        let numbers = |seed| {
            let mut random = Random::of_seed(seed);
            (0..100).map(|_| random.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(3), numbers(3));
        assert_ne!(numbers(3), numbers(4));
    }
}
