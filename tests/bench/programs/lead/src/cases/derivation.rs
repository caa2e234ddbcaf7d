//! Revoke, over the number of descendants.

use l4k_marks::measure;
use l4k_sys::CNode;
use l4k_sys::abi::Rights;
use l4k_sys::handle::NewObject;

use crate::harness::bench::own;
use crate::harness::words::line;
use crate::harness::{Bench, Outcome};

/// A table for 10,000 copies.
const TABLE: NewObject = NewObject::CNode(14);

/// Copies of one capability, all of them at once.
pub fn revoke(bench: &mut Bench<'_>) -> Outcome {
    let table = CNode::from_slot(bench.make(TABLE)?);
    let source = bench.endpoint()?.slot();
    for count in [1, 10, 100, 1_000, 10_000] {
        for slot in 1..=count {
            table.at(slot).copy_from(own(source), Rights::ALL)?;
        }
        bench.name(&line(format_args!("revoke_{count}")));
        bench.note(measure(1, || own(source).revoke())?)?;
    }
    Ok(())
}
