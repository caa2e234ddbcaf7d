//! `map`, `unmap` and `protect`: frames in address spaces, with the maintenance of tables, TLB and caches.

use super::maintenance::Stretch;
use super::next::Next;
use super::system::System;
use super::table_walk::leaf_level;
use crate::base::address::UserPage;
use crate::base::arch::{Arch, CacheOperation, Invalidation, Level, MemoryKind, TableEntry};
use crate::base::store::Ref;
use crate::object::address_space::{AddressSpace, TableNumber};
use crate::object::capability::{Capability, MemoryClass};
use crate::object::frame::{Frame, Mapping, SpaceIdentity};
use crate::object::slot::Slot;
use l4k_sys::Error;
use l4k_sys::abi::{FrameSize, MapAttributes, Rights};

/// How a frame is to be mapped.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// What the program may do.
    pub rights: Rights,
    /// Its memory type, and what it asks for by name.
    pub attributes: MapAttributes,
}

impl<A: Arch> System<A> {
    /// The frame in a slot, without a mapping if the space that it was mapped in is gone.
    ///
    /// # Errors
    /// `WrongKind`.
    pub fn frame_in(&self, slot: Ref<Slot>) -> Result<Frame, Error> {
        let Capability::Frame { shape, asid, number, mapping } = self.store.get(slot).capability else {
            return Err(Error::WrongKind);
        };
        let mut frame = Frame::unpack(shape, asid, number, mapping);
        frame.mapping = frame.mapping.filter(|mapping| self.space_with(mapping.space).is_some());
        Ok(frame)
    }

    /// Maps the frame in a slot.
    ///
    /// # Errors
    /// `AlreadyMapped`, `NoAsid`, those of [`memory_kind`] and [`UserPage::new`], `AddressInUse`, `NoTables`.
    ///
    /// Maintenance of caches comes first, `from` of it being done already; it may be interrupted.
    pub fn map(
        &mut self,
        slot: Ref<Slot>,
        space: Ref<AddressSpace>,
        address: u64,
        Wanted { rights, attributes }: Wanted,
        from: u64,
    ) -> Result<Next, Error> {
        let mut frame = self.frame_in(slot)?;
        if frame.mapping.is_some() {
            return Err(Error::AlreadyMapped);
        }
        let memory = memory_kind(&frame, rights, attributes)?;
        let page = UserPage::new(address, frame.size.bytes())?;
        let identity = self.store.get(space).identity.ok_or(Error::NoAsid)?;
        self.check_free(space, page, leaf_level(frame.size))?;

        let maintained = self.maintain_before_use(&frame, rights, memory, from);
        if maintained != Next::Done {
            return Ok(maintained);
        }
        self.write_leaf(space, page, &frame, rights, memory);
        self.store.machine.publish_tables();
        frame.mapping = Some(Mapping { space: identity, page });
        self.store.get_mut(slot).capability = frame.pack();
        Ok(Next::Done)
    }

    /// Whether an address is free down to a level, and there are tables enough.
    fn check_free(&self, space: Ref<AddressSpace>, page: UserPage, leaf: Level) -> Result<(), Error> {
        let Some(last) = self.find_entry(space, page, leaf) else { return Err(Error::InvalidAddress) };
        if last.entry != TableEntry::Empty {
            return Err(Error::AddressInUse);
        }
        let missing = leaf as u16 - last.level as u16;
        if self.store.get(space).free_tables() < missing {
            return Err(Error::NoTables);
        }
        Ok(())
    }

    fn write_leaf(
        &mut self,
        space: Ref<AddressSpace>,
        page: UserPage,
        frame: &Frame,
        rights: Rights,
        memory: MemoryKind,
    ) {
        let leaf = leaf_level(frame.size);
        let Some(last) = self.find_entry(space, page, leaf) else { return };
        let (mut table, mut level) = (last.table, last.level);
        while level < leaf {
            let Some(new) = self.store.get_mut(space).allocate() else { return };
            let entry = TableEntry::Table(space.table(new));
            self.write_entry(space, page, table, level, entry);
            table = new;
            level = level.below().unwrap_or(leaf);
        }
        let entry = TableEntry::Leaf { address: frame.address, rights, memory };
        self.write_entry(space, page, table, leaf, entry);
    }

    /// Fills an empty entry.
    fn write_entry(
        &mut self,
        space: Ref<AddressSpace>,
        page: UserPage,
        table: TableNumber,
        level: Level,
        entry: TableEntry,
    ) {
        let address = space.table(table).add(level.index(page.value()) * 8);
        self.store.set_word(address, A::encode(entry, level));
        self.store.get_mut(space).entry_added(table);
    }

    /// Removes the mapping of the frame in a slot, if it has one.
    ///
    /// # Errors
    /// `WrongKind`.
    pub fn unmap(&mut self, slot: Ref<Slot>) -> Result<(), Error> {
        let mut frame = self.frame_in(slot)?;
        if let Some(mapping) = frame.mapping.take()
            && let Some(space) = self.space_with(mapping.space)
        {
            self.clear_leaf(space, mapping, frame.size);
        }
        self.store.get_mut(slot).capability = frame.pack();
        Ok(())
    }

    /// Clears a leaf and gives back the tables that are empty then. The TLB forgets the address before a table is reused.
    fn clear_leaf(&mut self, space: Ref<AddressSpace>, Mapping { space: identity, page }: Mapping, size: FrameSize) {
        let places = self.walk(space, page, leaf_level(size));
        let mut emptied: [Option<TableNumber>; 4] = [None; 4];
        let mut below_is_empty = true;
        for (place, table) in places.iter().rev().zip(&mut emptied) {
            let Some(place) = place else { continue };
            if !below_is_empty {
                break;
            }
            self.store.set_word(place.address, A::encode(TableEntry::Empty, place.level));
            below_is_empty = self.store.get_mut(space).entry_removed(place.table);
            if below_is_empty && place.table != TableNumber::TOP {
                *table = Some(place.table);
            }
        }
        self.store.machine.invalidate(Invalidation::Page(identity.asid, page));
        for table in emptied.into_iter().flatten() {
            self.store.get_mut(space).release(table);
        }
    }

    /// Changes the rights and the memory type of a mapping.
    ///
    /// # Errors
    /// `NotMapped` and those of [`memory_kind`].
    ///
    /// Maintenance of caches comes first, as for [`map`](Self::map).
    pub fn protect(&mut self, slot: Ref<Slot>, wanted: Wanted, from: u64) -> Result<Next, Error> {
        let Wanted { rights, attributes } = wanted;
        let frame = self.frame_in(slot)?;
        let mapping = frame.mapping.ok_or(Error::NotMapped)?;
        let space = self.space_with(mapping.space).ok_or(Error::NotMapped)?;
        let memory = memory_kind(&frame, rights, attributes)?;
        let level = leaf_level(frame.size);
        let place = self.find_entry(space, mapping.page, level).ok_or(Error::NotMapped)?;
        let maintained = self.maintain_before_use(&frame, rights, memory, from);
        if maintained != Next::Done {
            return Ok(maintained);
        }
        // Break before make (Arm ARM D8.16.1): the memory type may change.
        self.store.set_word(place.address, A::encode(TableEntry::Empty, level));
        self.forget(mapping.space, mapping.page);
        let entry = TableEntry::Leaf { address: frame.address, rights, memory };
        self.store.set_word(place.address, A::encode(entry, level));
        self.store.machine.publish_tables();
        Ok(Next::Done)
    }

    fn forget(&mut self, space: SpaceIdentity, page: UserPage) {
        self.store.machine.invalidate(Invalidation::Page(space.asid, page));
    }

    /// Cache maintenance that a mapping needs before it is used: code that was written as data becomes fetchable, and memory
    /// that will be seen uncached is written back.
    fn maintain_before_use(&mut self, frame: &Frame, rights: Rights, memory: MemoryKind, from: u64) -> Next {
        let operation = match memory {
            MemoryKind::Uncached => CacheOperation::CleanAndInvalidate,
            MemoryKind::Normal if rights.contains(Rights::EXECUTE) => CacheOperation::PublishCode,
            MemoryKind::Normal | MemoryKind::Device => return Next::Done,
        };
        self.maintain(Stretch::of(frame, operation), from)
    }
}

/// Checks rights and attributes of a mapping against its frame.
///
/// # Errors
/// `InvalidRights` without read or with execute on device memory; `MissingRight` beyond the capability's; `WriteAndExecute`
/// unless asked for.
pub fn memory_kind(frame: &Frame, rights: Rights, attributes: MapAttributes) -> Result<MemoryKind, Error> {
    let execute = rights.contains(Rights::EXECUTE);
    if !rights.contains(Rights::READ) || execute && frame.memory == MemoryClass::Device {
        return Err(Error::InvalidRights);
    }
    if !frame.rights.contains(rights) {
        return Err(Error::MissingRight);
    }
    if execute && rights.contains(Rights::WRITE) && !attributes.contains(MapAttributes::WRITE_AND_EXECUTE) {
        return Err(Error::WriteAndExecute);
    }
    let uncached = attributes.contains(MapAttributes::UNCACHED);
    if frame.memory == MemoryClass::Device {
        return Ok(MemoryKind::Device);
    }
    Ok(if uncached { MemoryKind::Uncached } else { MemoryKind::Normal })
}
