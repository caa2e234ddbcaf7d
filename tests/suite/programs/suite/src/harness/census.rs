//! A census: everything that the suite's table tells, in one number, to be compared later.

use l4k_sys::abi::{Error, ObjectKind};
use l4k_sys::{AddressSpace, CNode, Frame, SchedContext, Thread, Untyped};
use suite_support::machine;

use super::failure::Outcome;

/// A sum in which each word and its place count (FNV-1a, on words).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum(u64);

impl Sum {
    /// The sum of nothing.
    pub const EMPTY: Sum = Sum(0xcbf2_9ce4_8422_2325);

    /// Takes a word in.
    pub const fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
    }
}

/// The sum of a page that is mapped.
pub fn of_page(address: u64) -> Sum {
    let mut sum = Sum::EMPTY;
    (0..512).for_each(|word| sum.add(machine::read(address + 8 * word)));
    sum
}

/// The sum of all capabilities in the suite's table, and of what their objects tell.
pub fn of_table() -> Outcome<Sum> {
    let mut sum = Sum::EMPTY;
    for slot in 1.. {
        let contents = match CNode::OWN.at(slot).query() {
            Ok(contents) => contents,
            Err(Error::SlotOutOfRange) => break,
            Err(other) => return Err(other.into()),
        };
        let Some(contents) = contents else { continue };
        for word in [slot, contents.kind as u64, contents.rights.bits(), contents.badge.value()] {
            sum.add(word);
        }
        add_object(&mut sum, contents.kind, slot)?;
    }
    Ok(sum)
}

/// What an object tells that stays as it is while the suite's threads wait.
fn add_object(sum: &mut Sum, kind: ObjectKind, slot: u64) -> Outcome {
    match kind {
        ObjectKind::Untyped => {
            let status = Untyped::from_slot(slot).query()?;
            [status.physical_address, u64::from(status.size_bits), status.used_bytes]
                .into_iter()
                .for_each(|word| sum.add(word));
        }
        ObjectKind::Frame => {
            let status = Frame::from_slot(slot).query()?;
            [status.physical_address, u64::from(status.size_bits), status.mapped_at.unwrap_or(0)]
                .into_iter()
                .for_each(|word| sum.add(word));
        }
        ObjectKind::Thread => {
            let status = Thread::from_slot(slot).query()?;
            let state = status.state.map_or(u64::MAX, |state| state as u64);
            [state, u64::from(status.priority), u64::from(status.maximum_priority)]
                .into_iter()
                .for_each(|word| sum.add(word));
        }
        ObjectKind::AddressSpace => {
            let status = AddressSpace::from_slot(slot).query()?;
            [status.tables, status.free_tables, u64::from(status.has_identifier)]
                .into_iter()
                .for_each(|word| sum.add(word));
        }
        ObjectKind::SchedContext => {
            let status = SchedContext::from_slot(slot).query()?;
            [status.budget.count(), status.period.count()].into_iter().for_each(|word| sum.add(word));
        }
        _ => {}
    }
    Ok(())
}
