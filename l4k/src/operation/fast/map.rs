//! `map` of the page that is mapped most often: a small one of normal memory, not to be executed, beside the last one. Unlike the others it is
//! taken where the arguments of the call are known, since it brings no other thread to run.

use crate::base::address::UserPage;
use crate::base::arch::{Arch, Level, MemoryKind, TableEntry};
use crate::base::store::Ref;
use crate::object::address_space::AddressSpace;
use crate::object::capability::{Capability, MemoryClass};
use crate::object::frame::{Frame, Mapping, note_mapping};
use crate::object::slot::Slot;
use crate::operation::mapping::Wanted;
use crate::operation::system::System;
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::{FrameSize, MapAttributes, Rights};

impl<A: Arch> System<A> {
    /// Maps the frame in a slot. `None`: nothing was done.
    #[inline(always)]
    pub fn fast_map(
        &mut self,
        slot: Ref<Slot>,
        space: Ref<AddressSpace>,
        address: u64,
        Wanted { rights, attributes }: Wanted,
    ) -> Option<()> {
        let Capability::Frame { shape, asid, number, mapping } = self.store.get(slot).capability else { return None };
        let frame = Frame::unpack(shape, asid, number, mapping);
        let is_plain = frame.size == FrameSize::Small && frame.memory == MemoryClass::Normal && frame.mapping.is_none();
        let is_allowed = rights.contains(Rights::READ) && frame.rights.contains(rights);
        if !is_plain || !is_allowed || rights.contains(Rights::EXECUTE) || attributes != MapAttributes::NORMAL {
            return None;
        }
        let page = UserPage::new(address, PAGE_SIZE).ok()?;
        let object = self.store.get(space);
        let (table, identity) = (object.remembered(page)?, object.identity.get()?);
        let place = space.table(table).add(Level::Three.index(address) * 8);
        if self.store.word(place) != A::encode(TableEntry::Empty, Level::Three) {
            return None;
        }
        let entry = TableEntry::Leaf { address: frame.address, rights, memory: MemoryKind::Normal };
        self.store.set_entry(place, A::encode(entry, Level::Three));
        self.store.get_mut(space).entry_added(table);
        self.store.machine.publish_tables();
        note_mapping(&mut self.store.get_mut(slot).capability, Some(Mapping { space: identity, page }));
        Some(())
    }
}
