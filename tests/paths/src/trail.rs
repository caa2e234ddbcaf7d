//! The instructions that were executed, each with how often. May call `table`.

use std::collections::HashSet;

use crate::table::Visits;

/// Bytes of a line of a cache.
pub const LINE_BITS: u32 = 6;

/// Executed instructions, by their index in the kernel's code.
#[derive(Debug)]
pub struct Trail {
    /// How many.
    pub instructions: u64,
    counts: Vec<u32>,
    touched: Vec<u32>,
}

impl Trail {
    /// An empty trail through code of so many instructions.
    pub fn new(code: usize) -> Trail {
        Trail { instructions: 0, counts: vec![0; code], touched: Vec::new() }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        for index in self.touched.drain(..) {
            self.counts[index as usize] = 0;
        }
        self.instructions = 0;
    }

    /// One more.
    pub fn add(&mut self, index: u32) {
        let count = &mut self.counts[index as usize];
        if *count == 0 {
            self.touched.push(index);
        }
        *count += 1;
        self.instructions += 1;
    }

    /// With addresses, for code that begins at `start`, in the order of addresses.
    pub fn visits(&self, start: u64) -> Vec<Visits> {
        let visits = |index: &u32| Visits {
            address: start + u64::from(*index) * 4,
            times: u64::from(self.counts[*index as usize]),
        };
        let mut visits: Vec<Visits> = self.touched.iter().map(visits).collect();
        visits.sort_by_key(|visits| visits.address);
        visits
    }

    /// Distinct lines of code, for code that begins at `start`.
    pub fn lines(&self, start: u64) -> u64 {
        let lines: HashSet<u64> =
            self.touched.iter().map(|index| (start + u64::from(*index) * 4) >> LINE_BITS).collect();
        lines.len() as u64
    }
}
