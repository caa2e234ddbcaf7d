//! A test's bench: makes objects out of the test's own memory and puts them into the test's own slots.

use l4k_init::Resources;
use l4k_sys::abi::{FrameSize, MapAttributes, Rights, boot};
use l4k_sys::handle::NewObject;
use l4k_sys::{AddressSpace, Badge, CNode, Endpoint, Error, Frame, Notification, Place, Reply, Thread, Untyped};
use suite_support::arena::ARENA;

use super::failure::{Failure, Outcome};
use super::system::System;

/// The suite's thread.
pub const MAIN: Thread = Thread::from_slot(boot::slot::THREAD);

/// The suite's address space.
pub const SPACE: AddressSpace = Resources::ADDRESS_SPACE;

/// Rights to read and write.
pub const READ_WRITE: Rights = Rights::READ.union(Rights::WRITE);

/// Rights to read and execute.
pub const READ_EXECUTE: Rights = Rights::READ.union(Rights::EXECUTE);

/// A page of the suite's address space that tests can map to: the n-th. All lie in one table.
pub const fn page(number: u64) -> u64 {
    ARENA.start + number * 4096
}

/// What a test works with.
pub struct Bench<'a> {
    /// What all tests share.
    pub system: &'a mut System,
    next_slot: u64,
    /// Threads made up to now, of which each has a stack.
    pub threads: u64,
}

impl<'a> Bench<'a> {
    /// A bench with nothing on it.
    pub fn new(system: &'a mut System) -> Bench<'a> {
        let next_slot = system.slots.first;
        Bench { system, next_slot, threads: 0 }
    }

    /// Empty slots in a row; the first of them.
    pub fn slots(&mut self, count: u64) -> Outcome<u64> {
        let first = self.next_slot;
        self.next_slot += count;
        if self.next_slot > self.system.slots.first + self.system.slots.count {
            return Err(Failure::new(format_args!("the test takes too many slots")));
        }
        Ok(first)
    }

    /// An empty slot.
    pub fn slot(&mut self) -> Outcome<u64> {
        self.slots(1)
    }

    /// An empty slot as a place.
    pub fn place(&mut self) -> Outcome<Place> {
        Ok(own(self.slot()?))
    }

    /// A new object; its slot.
    pub fn make(&mut self, object: NewObject) -> Outcome<u64> {
        self.make_many(object, 1)
    }

    /// New objects in slots in a row; the first of them.
    pub fn make_many(&mut self, object: NewObject, count: u64) -> Outcome<u64> {
        let first = self.slots(count)?;
        self.system.memory.retype(object, own(first), count)?;
        Ok(first)
    }

    /// A new endpoint.
    pub fn endpoint(&mut self) -> Outcome<Endpoint> {
        Ok(Endpoint::from_slot(self.make(NewObject::Endpoint)?))
    }

    /// A new notification.
    pub fn notification(&mut self) -> Outcome<Notification> {
        Ok(Notification::from_slot(self.make(NewObject::Notification)?))
    }

    /// A new reply object.
    pub fn reply(&mut self) -> Outcome<Reply> {
        Ok(Reply::from_slot(self.make(NewObject::Reply)?))
    }

    /// A new untyped.
    pub fn untyped(&mut self, bits: u8) -> Outcome<Untyped> {
        Ok(Untyped::from_slot(self.make(NewObject::Untyped(bits))?))
    }

    /// A new frame of 4 KiB.
    pub fn frame(&mut self) -> Outcome<Frame> {
        Ok(Frame::from_slot(self.make(NewObject::Frame(FrameSize::Small))?))
    }

    /// A new frame of 4 KiB, mapped in the suite's address space.
    pub fn mapped(&mut self, address: u64, rights: Rights) -> Outcome<Frame> {
        let frame = self.frame()?;
        map(frame, address, rights)?;
        Ok(frame)
    }

    /// A new address space that things can be mapped into.
    pub fn space(&mut self) -> Outcome<AddressSpace> {
        let space = AddressSpace::from_slot(self.make(NewObject::AddressSpace(15))?);
        Resources::ASID_POOL.assign(space)?;
        Ok(space)
    }

    /// A copy; its slot.
    pub fn copy(&mut self, slot: u64, rights: Rights) -> Outcome<u64> {
        let place = self.place()?;
        place.copy_from(own(slot), rights)?;
        Ok(place.slot)
    }

    /// A copy with a badge; its slot.
    pub fn mint(&mut self, slot: u64, rights: Rights, badge: u64) -> Outcome<u64> {
        let place = self.place()?;
        place.mint_from(own(slot), rights, Badge::new(badge))?;
        Ok(place.slot)
    }
}

/// A slot of the suite's CNode.
pub const fn own(slot: u64) -> Place {
    CNode::OWN.at(slot)
}

/// Maps a frame in the suite's address space, as normal memory.
pub fn map(frame: Frame, address: u64, rights: Rights) -> Result<(), Error> {
    frame.map(SPACE, address, rights, MapAttributes::NORMAL)
}
