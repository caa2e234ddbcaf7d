//! One way through the kernel while it is gone. May call `order`, `trail` and `table`.

use std::collections::HashSet;

use crate::cause::Cause;
use crate::instruction::Class;
use crate::order::Order;
use crate::table::{Row, Sample, Stretch};
use crate::trail::{LINE_BITS, Trail};

/// A way through the kernel, from its first instruction to where it is now.
#[derive(Debug)]
pub struct Path {
    /// Why.
    pub cause: Cause,
    /// All its instructions.
    pub trail: Trail,
    /// Those since the last preemption point.
    pub stretch: Trail,
    /// Length of the stretch before that; `None` before the first preemption point.
    pub stretch_before: Option<u64>,
    /// Exceptions of the kernel itself that have not returned.
    pub nested: u32,
    order: Order,
    classes: [u64; Class::ALL.len()],
    data: HashSet<u64>,
}

impl Path {
    /// Nothing yet, in code of so many instructions.
    pub fn new(code: usize) -> Path {
        Path {
            cause: Cause::Fault,
            trail: Trail::new(code),
            stretch: Trail::new(code),
            stretch_before: None,
            nested: 0,
            order: Order::default(),
            classes: [0; Class::ALL.len()],
            data: HashSet::new(),
        }
    }

    /// Begins again.
    pub fn begin(&mut self, cause: Cause) {
        self.cause = cause;
        self.trail.clear();
        self.stretch.clear();
        self.stretch_before = None;
        self.nested = 0;
        self.order.clear();
        self.classes = [0; Class::ALL.len()];
        self.data.clear();
    }

    /// One more instruction.
    pub fn add(&mut self, index: u32, class: Class) {
        self.trail.add(index);
        self.stretch.add(index);
        self.order.add(index);
        self.classes[class as usize] += 1;
    }

    /// It reads or writes memory.
    pub fn access(&mut self, address: u64) {
        self.data.insert(address >> LINE_BITS);
    }

    /// A preemption point is passed.
    pub fn pass_point(&mut self) {
        self.stretch_before = Some(self.stretch.instructions);
        self.stretch.clear();
    }

    /// What there is to keep of any, for code that begins at `start`.
    fn sample(&self, start: u64) -> Sample {
        Sample {
            instructions: self.trail.instructions,
            classes: Class::ALL.iter().map(|class| (*class, self.classes[*class as usize])).collect(),
            code_lines: self.trail.lines(start),
            data_lines: self.data.len() as u64,
            visits: self.trail.visits(start),
            order: Vec::new(),
        }
    }

    /// Adds it, at its end, to the entries of its cause; for code that begins at `start`.
    pub fn add_to(&self, row: &mut Row, start: u64) {
        let instructions = self.trail.instructions;
        if row.entries == 0 || instructions < row.shortest.instructions {
            row.shortest = Sample { order: self.order.runs(start), ..self.sample(start) };
        }
        if instructions > row.longest.instructions {
            row.longest = self.sample(start);
        }
        row.entries += 1;
        row.instructions += instructions;
    }

    /// Keeps the stretch since the last preemption point if it is the longest of its cause.
    pub fn keep_stretch(&self, row: &mut Row, start: u64) {
        if self.stretch.instructions > row.stretch.instructions {
            row.stretch = self.stretch(start);
        }
    }

    /// The stretch since the last preemption point.
    pub fn stretch(&self, start: u64) -> Stretch {
        Stretch { instructions: self.stretch.instructions, visits: self.stretch.visits(start) }
    }
}
