//! The table of rows, a line each. Calls `port` and `clocks`.

use core::fmt::Write;

use l4k_marks::line::{Clocks, Line};
use l4k_marks::rounds::row_of;
use lead::harness::{Failure, Outcome, Sheet};

use crate::clocks::clocks;
use crate::port::Port;

/// What was told.
pub struct Table<'a> {
    port: &'a mut Port,
    clocks: Clocks,
    rows: u64,
}

impl<'a> Table<'a> {
    /// An empty table.
    pub fn new(port: &'a mut Port) -> Table<'a> {
        Table { port, clocks: clocks(), rows: 0 }
    }

    /// Tells what a case has measured.
    pub fn tell(&mut self, sheet: &Sheet) -> Outcome {
        for entry in sheet.entries() {
            let row = row_of(entry.name.text()).ok_or_else(|| Failure::missing("row for what was measured"))?;
            let line = Line::new(row, entry.measured, self.clocks);
            let line = line.ok_or_else(|| Failure::missing("time in what was measured"))?;
            writeln!(self.port, "{line}").map_err(|_| Failure::missing("port to write to"))?;
            self.rows += 1;
        }
        Ok(())
    }

    /// Rows that were told.
    pub const fn rows(&self) -> u64 {
        self.rows
    }
}
