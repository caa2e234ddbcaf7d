//! What was counted, by cause; as JSON between the plugin and its reader. May call `cause` and `instruction`.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::instruction::Class;

/// Instructions that the kernel may execute at the most without looking for interrupts and for other cores that wait. No
/// object's size changes it: the longest stretch is the making of as many objects as one call makes.
pub const STRETCH_MAX: u64 = 24_000;

/// Everything that was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// By cause, in the order of causes.
    pub rows: Vec<Row>,
    /// Those that gave way to an interrupt, all together.
    pub interrupted: Interrupted,
    /// What programs have marked, in the order of its first appearance.
    pub segments: Vec<Segment>,
}

/// Entries between two marks; those of all segments of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// How often the program did what it measures.
    pub rounds: u64,
    /// Ticks of the counter that this took, as the program has seen it.
    pub ticks: u64,
    /// In how many pieces these were taken: each is wrong by up to a tick.
    pub pieces: u64,
    /// The entries by cause, in the order of causes.
    pub rows: Vec<Row>,
}

/// The entries for one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Why.
    pub cause: Cause,
    /// How many.
    pub entries: u64,
    /// How many of them gave way to an interrupt: they passed a preemption point, and it was taken before the program's next
    /// instruction.
    pub gave_way: u64,
    /// Instructions of all together.
    pub instructions: u64,
    /// The one with the fewest instructions.
    pub shortest: Sample,
    /// The one with the most.
    pub longest: Sample,
    /// The longest part of any of them between two preemption points, or between one and the beginning or the end.
    pub stretch: Stretch,
}

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Its instructions.
    pub instructions: u64,
    /// The same by class.
    pub classes: Vec<(Class, u64)>,
    /// Distinct lines of 64 bytes that its instructions lie in.
    pub code_lines: u64,
    /// Distinct lines of 64 bytes that it reads or writes.
    pub data_lines: u64,
    /// Where they are.
    pub visits: Vec<Visits>,
    /// The same in the order in which they were executed. Kept of a shortest entry only, and of that only if it is not too long.
    pub order: Vec<Run>,
}

/// A part of an entry in which the kernel does not look for interrupts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Its instructions.
    pub instructions: u64,
    /// Where they are.
    pub visits: Vec<Visits>,
}

/// An instruction and how often it was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    /// Its address.
    pub address: u64,
    /// How often.
    pub times: u64,
}

/// Neighbouring instructions that were executed one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The first one's address.
    pub address: u64,
    /// How many.
    pub instructions: u64,
}

impl Run {
    /// The address behind the last one.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.address + self.instructions * 4
    }
}

/// Entries that gave way to an interrupt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interrupted {
    /// The longest way from the last preemption point to the program.
    pub way_out: Stretch,
    /// The most instructions that such an entry executed from the last preemption point but one to its end: the interrupt came in
    /// between.
    pub answer: u64,
}

impl Row {
    /// No entry yet.
    #[must_use]
    pub fn new(cause: Cause) -> Row {
        Row {
            cause,
            entries: 0,
            gave_way: 0,
            instructions: 0,
            shortest: Sample::default(),
            longest: Sample::default(),
            stretch: Stretch::default(),
        }
    }

    /// Instructions of an entry on average, rounded down.
    #[must_use]
    pub fn mean(&self) -> u64 {
        self.instructions / self.entries.max(1)
    }
}

impl Sample {
    /// The addresses of its instructions in the order in which they were executed; none if they were not kept.
    pub fn addresses(&self) -> impl Iterator<Item = u64> {
        self.order.iter().flat_map(|run| (run.address..run.end()).step_by(4))
    }
}

impl Segment {
    /// The row of a cause, which is made if there is none.
    pub fn row(&mut self, cause: Cause) -> &mut Row {
        row(&mut self.rows, cause)
    }

    /// Instructions of all entries together.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        self.rows.iter().map(|row| row.instructions).sum()
    }
}

fn row(rows: &mut Vec<Row>, cause: Cause) -> &mut Row {
    let index = match rows.binary_search_by_key(&cause, |row| row.cause) {
        Ok(index) => index,
        Err(index) => {
            rows.insert(index, Row::new(cause));
            index
        }
    };
    &mut rows[index]
}

impl Table {
    /// As it is written to a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As it was written.
    ///
    /// # Errors
    /// It is something else, or not whole.
    pub fn from_json(text: &str) -> Result<Table> {
        serde_json::from_str(text).context("the plugin's table")
    }

    /// The row of a cause, which is made if there is none.
    pub fn row(&mut self, cause: Cause) -> &mut Row {
        row(&mut self.rows, cause)
    }

    /// The row of the longest stretch of all, without what a kernel without debug console does not do.
    #[must_use]
    pub fn longest_stretch(&self) -> Option<&Row> {
        let real = self.rows.iter().filter(|row| row.cause != Cause::FaultTold);
        real.max_by_key(|row| row.stretch.instructions)
    }
}
