//! The instructions that were executed, in their order. May call `table`.

use crate::table::Run;

/// Instructions of an entry that are kept in their order; of a longer entry, none are.
pub const ORDER_MAX: usize = 8_192;

/// Executed instructions in their order, by their index in the kernel's code.
#[derive(Debug, Default)]
pub struct Order {
    indices: Vec<u32>,
    is_too_long: bool,
}

impl Order {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.indices.clear();
        self.is_too_long = false;
    }

    /// One more.
    pub fn add(&mut self, index: u32) {
        if self.indices.len() < ORDER_MAX {
            self.indices.push(index);
        } else {
            self.is_too_long = true;
        }
    }

    /// As runs of neighbours, with addresses, for code that begins at `start`. None if there were too many.
    pub fn runs(&self, start: u64) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        if self.is_too_long {
            return runs;
        }
        for address in self.indices.iter().map(|index| start + u64::from(*index) * 4) {
            match runs.last_mut() {
                Some(run) if run.end() == address => run.instructions += 1,
                _ => runs.push(Run { address, instructions: 1 }),
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_run_and_a_jump_begins_another() {
        let mut order = Order::default();
        [4, 5, 6, 2, 3, 3].into_iter().for_each(|index| order.add(index));
        let expected = [(0x1010, 3), (0x1008, 2), (0x100c, 1)];
        assert_eq!(order.runs(0x1000), expected.map(|(address, instructions)| Run { address, instructions }));
        order.clear();
        assert!(order.runs(0x1000).is_empty());
    }

    #[test]
    fn of_what_is_too_long_nothing_is_kept() {
        let mut order = Order::default();
        (0..ORDER_MAX as u32).for_each(|index| order.add(index));
        assert_eq!(order.runs(0).len(), 1);
        order.add(0);
        assert!(order.runs(0).is_empty());
        order.clear();
        order.add(0);
        assert_eq!(order.runs(0).len(), 1);
    }
}
