//! What a case has measured, by name. Calls `failure`.

use heapless::Vec;
use l4k_marks::{Measured, Name};

use super::failure::{Failure, Outcome};

/// Most names that a case measures under.
const ENTRIES_MAX: usize = 24;

/// What was measured under a name, all of it together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: Name,
    /// What was measured.
    pub measured: Measured,
}

/// What a case has measured.
#[derive(Debug, Default)]
pub struct Sheet {
    entries: Vec<Entry, ENTRIES_MAX>,
    name: Option<Name>,
}

impl Sheet {
    /// What is added from now on was measured under this name.
    pub fn name(&mut self, name: Name) {
        self.name = Some(name);
    }

    /// Adds to what was measured under the last name. It fails before the first name, and without room for another one.
    pub fn add(&mut self, measured: Measured) -> Outcome {
        let name = self.name.ok_or_else(|| Failure::missing("name for what was measured"))?;
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.name == name) {
            entry.measured = entry.measured + measured;
            return Ok(());
        }
        self.entries.push(Entry { name, measured }).map_err(|_| Failure::missing("room for another name"))
    }

    /// All of it, in the order in which it was measured first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}
