//! Sequences of steps: of a seed, and of any bytes.

use super::random::Random;
use super::steps::Step;

/// Steps of the sequence of a seed.
const STEPS: usize = 400;

/// One in so many times, a conversation is chosen instead of a step.
const CONVERSATIONS: u64 = 40;

/// Bytes of a step. The rare step that takes more goes on with zeros.
const STEP_BYTES: usize = 64;

/// The steps of a seed.
#[must_use]
pub fn of_seed(seed: u64) -> Vec<Step> {
    let mut random = Random::of_seed(seed);
    let mut steps = vec![];
    while steps.len() < STEPS {
        if random.below(CONVERSATIONS) == 0 {
            steps.extend(random.conversation());
        } else {
            steps.push(random.step());
        }
    }
    steps
}

/// The steps of any bytes. A byte that changes changes one step; bytes beyond those of [`of_seed`]'s number of steps do nothing.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> Vec<Step> {
    bytes.chunks(STEP_BYTES).take(STEPS).map(|choices| Random::of_bytes(choices).step()).collect()
}

#[cfg(test)]
mod tests {
    use super::{STEP_BYTES, STEPS, of_bytes};

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|index| (index * index + index / 7) as u8).collect()
    }

    #[test]
    fn a_byte_that_changes_changes_one_step() {
        let before = bytes(10 * STEP_BYTES);
        let steps = of_bytes(&before);
        assert_eq!(steps.len(), 10);
        for place in 0..before.len() {
            let mut after = before.clone();
            after[place] ^= 0x55;
            let changed = of_bytes(&after).iter().zip(&steps).filter(|(after, before)| after != before).count();
            assert!(changed <= 1, "byte {place} changes {changed} steps");
        }
    }

    #[test]
    fn any_bytes_are_a_sequence_of_limited_length() {
        assert_eq!(of_bytes(&[]), []);
        assert_eq!(of_bytes(&bytes(1)).len(), 1);
        assert_eq!(of_bytes(&bytes(1_000_000)).len(), STEPS);
    }
}
