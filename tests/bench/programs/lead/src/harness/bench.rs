//! A case's bench: fresh objects, and for each of the two sides a table of capabilities that its threads have. Calls `system` and `sheet`.

use bench_support::role::{REPORT, label};
use l4k_marks::{Mark, Measured, Name};
use l4k_sys::abi::{FrameSize, MapAttributes, Rights};
use l4k_sys::handle::NewObject;
use l4k_sys::{CNode, Endpoint, Frame, Notification, Place, Received, Reply, Untyped};

use super::failure::{Failure, Outcome};
use super::sheet::Sheet;
use super::system::{System, Worker};

/// Rights to read and write.
pub const READ_WRITE: Rights = Rights::READ.union(Rights::WRITE);

/// Slots of a side's table, in bits.
const TABLE_BITS: u8 = 10;

/// One of the two address spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where clients are.
    Left,
    /// Where servers are.
    Right,
}

/// What a case has of a side.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The worker.
    pub worker: Worker,
    /// The table of capabilities.
    pub cnode: CNode,
    next_slot: u64,
    /// Threads made up to now, of which each has a stack.
    pub threads: u64,
}

/// What a case works with.
pub struct Bench<'a> {
    /// What all cases have together.
    pub system: &'a System,
    sheet: &'a mut Sheet,
    next_slot: u64,
    tables: [Table; 2],
}

impl<'a> Bench<'a> {
    /// A bench with empty tables. What is measured goes to the sheet.
    pub fn new(system: &'a System, sheet: &'a mut Sheet) -> Outcome<Bench<'a>> {
        let table = |worker| Table { worker, cnode: CNode::OWN, next_slot: REPORT, threads: 0 };
        let mut bench = Bench { system, sheet, next_slot: system.slots.first, tables: system.workers.map(table) };
        for side in [Side::Left, Side::Right] {
            bench.table(side).cnode = CNode::from_slot(bench.make(NewObject::CNode(TABLE_BITS))?);
            bench.give(side, system.reports.slot())?;
        }
        Ok(bench)
    }

    /// Marks that what follows is measured under this name.
    pub fn name(&mut self, name: &str) {
        let name = Name::new(name);
        self.sheet.name(name);
        Mark::Name(name).make();
    }

    /// Notes what was measured under the last name.
    pub fn note(&mut self, measured: Measured) -> Outcome {
        self.sheet.add(measured)
    }

    /// What this case has of a side.
    pub fn table(&mut self, side: Side) -> &mut Table {
        &mut self.tables[side as usize]
    }

    /// Empty slots in a row; the first of them.
    pub fn slots(&mut self, count: u64) -> Outcome<u64> {
        let first = self.next_slot;
        self.next_slot += count;
        match self.next_slot <= self.system.slots.first + self.system.slots.count {
            true => Ok(first),
            false => Err(Failure::missing("slot left")),
        }
    }

    /// New objects; the slot of the first.
    pub fn make_many(&mut self, object: NewObject, count: u64) -> Outcome<u64> {
        let first = self.slots(count)?;
        let mut made = 0;
        while made < count {
            let some = (count - made).min(256);
            self.system.memory.retype(object, own(first + made), some)?;
            made += some;
        }
        Ok(first)
    }

    /// A new object; its slot.
    pub fn make(&mut self, object: NewObject) -> Outcome<u64> {
        self.make_many(object, 1)
    }

    /// A new endpoint.
    pub fn endpoint(&mut self) -> Outcome<Endpoint> {
        Ok(Endpoint::from_slot(self.make(NewObject::Endpoint)?))
    }

    /// A new notification.
    pub fn notification(&mut self) -> Outcome<Notification> {
        Ok(Notification::from_slot(self.make(NewObject::Notification)?))
    }

    /// A new untyped.
    pub fn untyped(&mut self, bits: u8) -> Outcome<Untyped> {
        Ok(Untyped::from_slot(self.make(NewObject::Untyped(bits))?))
    }

    /// A slot of a side's table.
    pub fn side_slots(&mut self, side: Side, count: u64) -> Place {
        let table = self.table(side);
        let slot = table.next_slot;
        table.next_slot += count;
        table.cnode.at(slot)
    }

    /// Copies a capability to a side; its slot there.
    pub fn give(&mut self, side: Side, slot: u64) -> Outcome<u64> {
        let place = self.side_slots(side, 1);
        place.copy_from(own(slot), Rights::ALL)?;
        Ok(place.slot)
    }

    /// A new object that only a side has; its slot there.
    pub fn make_at(&mut self, side: Side, object: NewObject) -> Outcome<u64> {
        let place = self.side_slots(side, 1);
        self.system.memory.retype(object, place, 1)?;
        Ok(place.slot)
    }

    /// Waits until a thread of a worker is done, and notes what it has measured. It is not answered: each has a reply object of its own to wait with.
    #[track_caller]
    pub fn wait_for_report(&mut self) -> Outcome {
        let reply = Reply::from_slot(self.make(NewObject::Reply)?);
        match self.system.reports.receive(reply)? {
            Received::Message { message, .. } if message.label() == label::DONE => {
                let [rounds, ticks, ..] = message.words;
                self.note(Measured::from_words([rounds, ticks]))
            }
            Received::Message { message, .. } => Err(Failure::of_worker(message.words[0])),
            _ => Err(Failure::unexpected()),
        }
    }

    /// Maps a new frame for a side.
    pub fn map(&mut self, side: Side, address: u64) -> Outcome<Frame> {
        let frame = Frame::from_slot(self.make(NewObject::Frame(FrameSize::Small))?);
        frame.map(self.table(side).worker.space, address, READ_WRITE, MapAttributes::NORMAL)?;
        Ok(frame)
    }
}

/// A slot of the benchmark's own table.
pub const fn own(slot: u64) -> Place {
    CNode::OWN.at(slot)
}
