//! `map`, `unmap` and `protect`: frames in address spaces, with the maintenance of tables, TLB and caches.

use super::next::Next;
use super::system::System;
use super::table_walk::{Place, leaf_level};
use crate::base::address::{PhysicalAddress, UserPage};
use crate::base::arch::{Arch, CacheOperation, Invalidation, Level, MemoryKind, TableEntry};
use crate::base::store::Ref;
use crate::object::address_space::{AddressSpace, TableNumber};
use crate::object::capability::{Capability, MemoryClass};
use crate::object::frame::{Frame, Mapping, SpaceIdentity, note_mapping};
use crate::object::restart::Stretch;
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

/// The space that a frame is mapped in, and where.
type Mapped = (Ref<AddressSpace>, Mapping);

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
        if self.space_of(&frame).is_none() {
            frame.mapping = None;
        }
        Ok(frame)
    }

    /// The frame in a slot, and the space that it is mapped in, if that is not gone. A mapping in one that is gone is still noted in the frame.
    #[inline(always)]
    fn mapped_frame_in(&self, slot: Ref<Slot>) -> Result<(Frame, Option<Mapped>), Error> {
        let Capability::Frame { shape, asid, number, mapping } = self.store.get(slot).capability else {
            return Err(Error::WrongKind);
        };
        let frame = Frame::unpack(shape, asid, number, mapping);
        Ok((frame, self.space_of(&frame)))
    }

    #[inline(always)]
    fn space_of(&self, frame: &Frame) -> Option<Mapped> {
        let mapping = frame.mapping?;
        Some((self.space_with(mapping.space)?, mapping))
    }

    /// Maps the frame in a slot.
    ///
    /// # Errors
    /// `AlreadyMapped`, `NoAsid`, those of [`memory_kind`] and [`UserPage::new`], `AddressInUse`, `NoTables`.
    ///
    /// Maintenance of caches comes first; it may be interrupted.
    #[inline(never)]
    pub fn map(
        &mut self,
        slot: Ref<Slot>,
        space: Ref<AddressSpace>,
        address: u64,
        Wanted { rights, attributes }: Wanted,
    ) -> Result<Next, Error> {
        let (frame, space_before) = self.mapped_frame_in(slot)?;
        if space_before.is_some() {
            return Err(Error::AlreadyMapped);
        }
        let memory = memory_kind(&frame, rights, attributes)?;
        let page = UserPage::new(address, frame.size.bytes())?;
        let identity = self.store.get(space).identity.get().ok_or(Error::NoAsid)?;
        let leaf = leaf_level(frame.size);
        let last = self.find_entry(space, page, leaf);
        self.check_free(space, last, leaf)?;

        let maintained = self.maintain_before_use(&frame, rights, memory);
        if maintained != Next::Done {
            return Ok(maintained);
        }
        let entry = A::encode(TableEntry::Leaf { address: frame.address, rights, memory }, leaf);
        if last.level == leaf {
            self.write_entry(space, last.table, last.address, entry);
        } else {
            self.write_below(space, page, last.level, leaf, entry);
        }
        self.store.machine.publish_tables();
        note_mapping(&mut self.store.get_mut(slot).capability, Some(Mapping { space: identity, page }));
        Ok(Next::Done)
    }

    /// Whether the last entry on the way to a leaf is free, and there are tables enough for the rest of the way.
    #[inline(always)]
    fn check_free(&self, space: Ref<AddressSpace>, last: Place, leaf: Level) -> Result<(), Error> {
        // A leaf that is broken, since its memory type changes, is in its place as well.
        if last.bits != A::encode(TableEntry::Empty, last.level) {
            return Err(Error::AddressInUse);
        }
        let missing = leaf as u16 - last.level as u16;
        if missing != 0 && self.store.get(space).free_tables() < missing {
            return Err(Error::NoTables);
        }
        Ok(())
    }

    /// Fills an empty entry above the leaf's level, which a walk ends at, with a table, and so on down to the leaf.
    #[inline(never)]
    fn write_below(&mut self, space: Ref<AddressSpace>, page: UserPage, from: Level, leaf: Level, entry: u64) {
        let Some(Place { mut table, mut address, .. }) = self.walk(space, page, leaf).into_iter().flatten().last()
        else {
            return;
        };
        let mut level = from;
        while level < leaf {
            let Some(new) = self.store.get_mut(space).allocate() else { return };
            self.write_entry(space, table, address, A::encode(TableEntry::Table(space.table(new)), level));
            table = new;
            level = level.below().unwrap_or(leaf);
            address = space.table(table).add(level.index(page.value()) * 8);
        }
        if level == Level::Three {
            self.store.get_mut(space).remember(page, table);
        }
        self.write_entry(space, table, address, entry);
    }

    /// Fills an empty entry.
    #[inline(always)]
    fn write_entry(&mut self, space: Ref<AddressSpace>, table: TableNumber, address: PhysicalAddress, entry: u64) {
        self.store.set_entry(address, entry);
        self.store.get_mut(space).entry_added(table);
    }

    /// Removes the mapping of the frame in a slot, if it has one.
    ///
    /// # Errors
    /// `WrongKind`.
    pub fn unmap(&mut self, slot: Ref<Slot>) -> Result<(), Error> {
        let (frame, mapped) = self.mapped_frame_in(slot)?;
        if let Some((space, mapping)) = mapped {
            self.clear_leaf(space, mapping, frame.size);
        }
        note_mapping(&mut self.store.get_mut(slot).capability, None);
        Ok(())
    }

    /// Clears a leaf and gives back the tables that are empty then. The TLB forgets the address before a table is reused.
    #[inline(always)]
    fn clear_leaf(&mut self, space: Ref<AddressSpace>, mapping: Mapping, size: FrameSize) {
        let place = self.find_entry(space, mapping.page, leaf_level(size));
        let is_empty = self.clear_entry(space, place);
        if is_empty && place.table != TableNumber::TOP {
            self.give_back_tables(space, mapping, size);
        } else {
            self.forget(mapping.space, mapping.page);
        }
    }

    /// Clears an entry; true if it was its table's last.
    #[inline(always)]
    fn clear_entry(&mut self, space: Ref<AddressSpace>, place: Place) -> bool {
        self.store.set_entry(place.address, A::encode(TableEntry::Empty, place.level));
        self.store.get_mut(space).entry_removed(place.table)
    }

    /// The same for the entries that lead to the table of a leaf that was cleared and was its last, as far up as tables become empty.
    #[inline(never)]
    fn give_back_tables(&mut self, space: Ref<AddressSpace>, mapping: Mapping, size: FrameSize) {
        let places = self.walk(space, mapping.page, leaf_level(size));
        let mut emptied: [Option<TableNumber>; 4] = [None; 4];
        let mut upwards = places.iter().rev().flatten();
        let mut below = upwards.next().map(|leaf| leaf.table);
        for (place, table) in upwards.zip(&mut emptied) {
            *table = below;
            if !self.clear_entry(space, *place) || place.table == TableNumber::TOP {
                break;
            }
            below = Some(place.table);
        }
        self.forget(mapping.space, mapping.page);
        for table in emptied.into_iter().flatten() {
            self.store.get_mut(space).release(table);
        }
    }

    /// Changes the rights and the memory type of a mapping.
    ///
    /// # Errors
    /// `NotMapped` and those of [`memory_kind`].
    ///
    /// Maintenance of caches comes first, as for [`map`](Self::map), unless the memory type changes: then it comes while nobody can use the mapping.
    pub fn protect(&mut self, slot: Ref<Slot>, wanted: Wanted) -> Result<Next, Error> {
        let (frame, mapped) = self.mapped_frame_in(slot)?;
        let (space, mapping) = mapped.ok_or(Error::NotMapped)?;
        let memory = memory_kind(&frame, wanted.rights, wanted.attributes)?;
        if maintenance_for(wanted.rights, memory).is_some() {
            return self.maintain_and_protect(slot, wanted);
        }
        self.change_leaf(space, mapping, &frame, wanted.rights, memory)
    }

    /// The same with maintenance of caches, apart so that the way without has no use for what it needs.
    #[inline(never)]
    fn maintain_and_protect(&mut self, slot: Ref<Slot>, wanted: Wanted) -> Result<Next, Error> {
        let (frame, mapped) = self.mapped_frame_in(slot)?;
        let (space, mapping) = mapped.ok_or(Error::NotMapped)?;
        let memory = memory_kind(&frame, wanted.rights, wanted.attributes)?;
        let level = leaf_level(frame.size);
        let place = self.find_entry(space, mapping.page, level);
        let entry = A::encode(TableEntry::Leaf { address: frame.address, rights: wanted.rights, memory }, level);
        if !self.needs_break(place, entry) {
            let maintained = self.maintain_before_use(&frame, wanted.rights, memory);
            if maintained != Next::Done {
                return Ok(maintained);
            }
        }
        self.change_leaf(space, mapping, &frame, wanted.rights, memory)
    }

    /// Another leaf takes the place of a mapping's.
    #[inline(always)]
    fn change_leaf(
        &mut self,
        space: Ref<AddressSpace>,
        mapping: Mapping,
        frame: &Frame,
        rights: Rights,
        memory: MemoryKind,
    ) -> Result<Next, Error> {
        let level = leaf_level(frame.size);
        let place = self.find_entry(space, mapping.page, level);
        let entry = A::encode(TableEntry::Leaf { address: frame.address, rights, memory }, level);
        if self.needs_break(place, entry) {
            return Ok(self.make_anew(space, (place, mapping), entry, frame, rights));
        }
        // In one step, so that no program meets a page that is not there.
        self.store.set_entry(place.address, entry);
        self.forget(mapping.space, mapping.page);
        Ok(Next::Done)
    }

    /// Break before make (Arm ARM, R_DDMVT): no core uses the entry before and this one at the same time. Who meets the
    /// entry while it is broken makes the access again, and is told of no fault if the entry is whole then.
    ///
    /// Caches are maintained in between, both when memory becomes uncached and back. Before, a core could still make a line dirty by the cacheable
    /// mapping, which would later be written over what is stored past the caches. Afterwards, a core could read what a line has kept from the time when
    /// others wrote past it (Arm ARM, 'Mismatched memory attributes').
    ///
    /// An interrupt may come first. The leaf stays broken until the call goes on: made whole again it would let in new lines, and the call would begin
    /// anew each time.
    #[inline(never)]
    fn make_anew(
        &mut self,
        space: Ref<AddressSpace>,
        (Place { address, bits, .. }, mapping): (Place, Mapping),
        entry: u64,
        frame: &Frame,
        rights: Rights,
    ) -> Next {
        if bits != A::broken(bits) {
            self.store.set_entry(address, A::broken(bits));
            self.forget(mapping.space, mapping.page);
        }
        if frame.memory == MemoryClass::Normal {
            let maintained = self.maintain(Stretch::of(frame, CacheOperation::CleanAndInvalidate));
            if maintained != Next::Done {
                return maintained;
            }
            if rights.contains(Rights::EXECUTE) {
                self.forget_instructions();
            }
        }
        self.store.set_entry(address, entry);
        self.store.machine.publish_tables();
        self.note_break(space);
        Next::Done
    }

    /// All cores forget the translations of a page, and what led to it; what the tables say now is published before.
    #[inline(always)]
    fn forget(&mut self, space: SpaceIdentity, page: UserPage) {
        let machine = &mut self.store.machine;
        machine.publish_tables();
        machine.invalidate(Invalidation::Page(space.asid, page));
        machine.complete_maintenance();
    }

    /// Cache maintenance that a mapping needs before it is used: code that was written as data becomes fetchable, and memory
    /// that will be seen uncached is written back.
    #[inline(always)]
    fn maintain_before_use(&mut self, frame: &Frame, rights: Rights, memory: MemoryKind) -> Next {
        let Some(operation) = maintenance_for(rights, memory) else { return Next::Done };
        let maintained = self.maintain(Stretch::of(frame, operation));
        if maintained == Next::Done && memory == MemoryKind::Uncached && rights.contains(Rights::EXECUTE) {
            // What was fetched before may still be there: fetches that are not cacheable may be held, too (Arm ARM, 'Synchronization and
            // coherency issues between data and instruction accesses').
            self.forget_instructions();
        }
        maintained
    }
}

/// What a mapping's caches have to do before it is used.
#[inline(always)]
const fn maintenance_for(rights: Rights, memory: MemoryKind) -> Option<CacheOperation> {
    match memory {
        MemoryKind::Uncached => Some(CacheOperation::CleanAndInvalidate),
        MemoryKind::Normal if rights.contains(Rights::EXECUTE) => Some(CacheOperation::CleanToUnification),
        MemoryKind::Normal | MemoryKind::Device => None,
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
