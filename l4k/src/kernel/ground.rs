//! The ground that boot stands on: the first program's CNode and the untyped that everything of it is made of.

use crate::base::store::Ref;
use crate::object::slot::Slot;
use crate::operation::look_up::Table;
use l4k_sys::Error;

/// What boot works with: the CNode being filled and the untyped that the first objects are made of.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    /// The first program's CNode.
    pub table: Table,
    /// The untyped that holds all of it.
    pub untyped: Ref<Slot>,
}

impl Ground {
    /// A slot by its number; boot's numbers are below the CNode's size.
    pub fn slot(self, number: u64) -> Result<Ref<Slot>, Error> {
        self.table.slot(number)
    }
}
