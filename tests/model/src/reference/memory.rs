//! Memory: objects out of untyped memory, frames in address spaces.

use super::call::Answer;
use super::state::{
    Capability, Context, Entry, Errors, Irq, Notification, Object, Own, Page, Place, Reply, Space, State, Thread,
    ThreadState,
};
use l4k_sys::Error;
use l4k_sys::abi::ObjectKind;
use l4k_sys::abi::memory::USER_END;
use std::collections::BTreeSet;

/// Identifiers that a pool has.
const POOL_IDENTIFIERS: usize = 511;

/// Pools that there can be.
const POOLS: usize = 128;

impl State {
    /// `UntypedRetype`, `UntypedRetypeAt`.
    pub fn retype(&mut self, caller: Object, x: [u64; 8], at: Option<u64>) -> Answer {
        let mut errors = Errors::default();
        let untyped = errors.note(self.of_kind(caller, x[0], ObjectKind::Untyped));
        let kind = ObjectKind::from_number(x[1]);
        let authority =
            [ObjectKind::SchedControl, ObjectKind::IrqControl, ObjectKind::SmcControl, ObjectKind::DebugConsole];
        let kind = errors.note(kind.filter(|kind| !authority.contains(kind)).ok_or(Error::InvalidKind));
        let bits = kind.map(|kind| kind.object_bits(x[2]).ok_or(Error::InvalidSize));
        let bits = bits.and_then(|bits| errors.note(bits)).map(u64::from);
        let slots = self.slots_for(caller, x, &mut errors);
        let (Some((place, untyped)), Some(kind), Some(bits)) = (untyped, kind, bits) else {
            return Answer::Refused(errors);
        };
        let small_untyped = kind == ObjectKind::Untyped && bits < 12;
        let can_be_device = kind == ObjectKind::Frame || kind == ObjectKind::Untyped && !small_untyped;
        errors.when(untyped.device && !can_be_device, Error::DeviceMemory);
        let pool = kind == ObjectKind::AsidPool;
        errors.when(pool && (x[5] != 1 || self.pools.len() == POOLS), Error::AsidsExhausted);
        let offset = Self::offset(&untyped, bits, x[5], at, &mut errors);
        let (true, Some(offset)) = (errors.is_empty(), offset) else { return Answer::Refused(errors) };
        self.entries.get_mut(&place).expect("the untyped").capability.used = offset + (x[5] << bits);
        for (index, slot) in slots.into_iter().enumerate() {
            self.make(kind, x[2], untyped.object + offset + ((index as u64) << bits), untyped.device, place, slot);
        }
        Answer::Done([untyped.object + offset, 0, 0, 0, 0, 0, 0])
    }

    fn slots_for(&self, caller: Object, x: [u64; 8], errors: &mut Errors) -> Vec<Place> {
        let count = x[5];
        errors.note(self.table(caller, x[3]));
        errors.when(count == 0 || count > 256, Error::InvalidCount);
        let mut slots = Vec::new();
        for index in 0..count.min(256) {
            let number = x[4].checked_add(index).ok_or(Error::SlotOutOfRange);
            if let Some(slot) = errors.note(number.and_then(|number| self.slot(caller, x[3], number))) {
                errors.when(self.at(slot).is_some(), Error::SlotOccupied);
                slots.push(slot);
            }
        }
        slots
    }

    /// Where in an untyped objects of a size go: behind what is used, or where they are wanted.
    fn offset(untyped: &Capability, bits: u64, count: u64, at: Option<u64>, errors: &mut Errors) -> Option<u64> {
        let size = 1u128 << bits;
        let offset = match at {
            None => u128::from(untyped.used).next_multiple_of(size),
            Some(address) => {
                errors.when(!u128::from(address).is_multiple_of(size), Error::Misaligned);
                let inside = address >= untyped.object && address - untyped.object < 1 << untyped.size_bits;
                errors.when(!inside, Error::InvalidAddress);
                let offset = u128::from(address.checked_sub(untyped.object)?);
                errors.when(offset < u128::from(untyped.used), Error::NotEnoughMemory);
                offset
            }
        };
        let fits = offset + size * u128::from(count) <= 1 << untyped.size_bits;
        errors.when(!fits, Error::NotEnoughMemory);
        fits.then_some(offset as u64)
    }

    // house: long function because it is a table: one arm for each kind of object.
    fn make(&mut self, kind: ObjectKind, size: u64, object: Object, device: bool, parent: Place, slot: Place) {
        let has_rights =
            matches!(kind, ObjectKind::CNode | ObjectKind::Endpoint | ObjectKind::Notification | ObjectKind::Frame);
        let has_size = matches!(kind, ObjectKind::Untyped | ObjectKind::CNode | ObjectKind::Frame);
        let capability = Capability {
            kind,
            object,
            rights: if has_rights { 7 } else { 0 },
            badge: 0,
            size_bits: if has_size { size } else { 0 },
            device,
            used: 0,
            mapped: None,
        };
        self.entries.insert(slot, Entry { capability, parent: Some(parent) });
        match kind {
            ObjectKind::Thread => {
                self.threads.insert(object, new_thread(size == 11));
            }
            ObjectKind::Endpoint => {
                self.endpoints.insert(object, Vec::new());
                self.clients.insert(object, None);
            }
            ObjectKind::Notification => {
                self.notifications.insert(object, Notification::default());
            }
            ObjectKind::Reply => {
                self.replies.insert(object, Reply::Idle);
            }
            ObjectKind::SchedContext => {
                self.contexts.insert(object, Context::default());
            }
            ObjectKind::AddressSpace => {
                self.spaces.insert(object, Space { tables: (1 << (size - 12)) - 2, ..Space::default() });
            }
            ObjectKind::AsidPool => {
                self.pools.insert(object);
            }
            ObjectKind::Irq => {
                self.irqs.insert(object, Irq::default());
            }
            _ => (),
        }
    }

    /// `UntypedQuery`.
    #[must_use]
    pub fn query_untyped(&self, caller: Object, x: [u64; 8]) -> Answer {
        match self.of_kind(caller, x[0], ObjectKind::Untyped) {
            Err(error) => Answer::refused(error),
            Ok((_, held)) => Answer::Done([held.object, held.size_bits, held.used, u64::from(held.device), 0, 0, 0]),
        }
    }

    /// What is wrong with rights and attributes of a mapping; else the memory type.
    fn wanted(frame: &Capability, rights: u64, attributes: u64, errors: &mut Errors) -> u64 {
        errors.when(rights > 7, Error::InvalidRights);
        errors.when(attributes > 3, Error::InvalidAttributes);
        errors.when(rights & 1 == 0 || rights & 4 != 0 && frame.device, Error::InvalidRights);
        errors.when(rights & !frame.rights & 7 != 0, Error::MissingRight);
        errors.when(rights & 6 == 6 && attributes & 2 == 0, Error::WriteAndExecute);
        if frame.device { 2 } else { attributes & 1 }
    }

    /// `FrameMap`.
    pub fn map(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let frame = errors.note(self.of_kind(caller, x[0], ObjectKind::Frame));
        let space = errors.note(self.of_kind(caller, x[1], ObjectKind::AddressSpace)).map(|(_, held)| held.object);
        let Some((place, frame)) = frame else { return Answer::Refused(errors) };
        errors.when(frame.mapped.is_some(), Error::AlreadyMapped);
        let memory = Self::wanted(&frame, x[3], x[4], &mut errors);
        let bytes = 1 << frame.size_bits;
        errors.when(!x[2].is_multiple_of(bytes), Error::Misaligned);
        errors.when(x[2] < 4096 || x[2] >= USER_END || USER_END - x[2] < bytes, Error::InvalidAddress);
        let Some(space) = space else { return Answer::Refused(errors) };
        let object = &self.spaces[&space];
        errors.when(object.pool.is_none(), Error::NoAsid);
        let overlaps = |(address, page): (&u64, &Page)| {
            *address < x[2].saturating_add(bytes) && x[2] < address + (1 << page.size_bits)
        };
        errors.when(object.pages.iter().any(overlaps), Error::AddressInUse);
        let missing = object.tables_with(Some((x[2], frame.size_bits))) > object.tables;
        errors.when(missing, Error::NoTables);
        if !errors.is_empty() {
            return Answer::Refused(errors);
        }
        let page = Page { frame: frame.object, size_bits: frame.size_bits, rights: x[3], memory };
        self.spaces.get_mut(&space).expect("a space").pages.insert(x[2], page);
        self.entries.get_mut(&place).expect("the frame").capability.mapped = Some((space, x[2]));
        Answer::Done([0; 7])
    }

    /// `FrameUnmap`.
    pub fn unmap(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        match self.of_kind(caller, x[0], ObjectKind::Frame) {
            Err(error) => Answer::refused(error),
            Ok((place, frame)) => {
                if let Some((space, address)) = frame.mapped {
                    self.spaces.get_mut(&space).expect("a space").pages.remove(&address);
                }
                self.entries.get_mut(&place).expect("the frame").capability.mapped = None;
                Answer::Done([0; 7])
            }
        }
    }

    /// `FrameProtect`.
    pub fn protect(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let frame = errors.note(self.of_kind(caller, x[0], ObjectKind::Frame));
        let Some((_, frame)) = frame else { return Answer::Refused(errors) };
        let memory = Self::wanted(&frame, x[1], x[2], &mut errors);
        errors.when(frame.mapped.is_none(), Error::NotMapped);
        let (true, Some((space, address))) = (errors.is_empty(), frame.mapped) else { return Answer::Refused(errors) };
        let page = self.spaces.get_mut(&space).and_then(|space| space.pages.get_mut(&address)).expect("a mapping");
        page.rights = x[1];
        let breaks = std::mem::replace(&mut page.memory, memory) != memory;
        if breaks {
            self.note_break(caller, space);
        }
        Answer::Done([0; 7])
    }

    /// A mapping of a space was gone for a moment. Threads of it that run on other cores may have met that.
    fn note_break(&mut self, caller: Object, space: Object) {
        let here = self.threads[&caller].core;
        for number in 0..self.cores.len() {
            let current = self.cores[number].current;
            let in_force = current.and_then(|thread| self.at(Place::Thread(thread, Own::Space)));
            if here != number as u64 && in_force.is_some_and(|capability| capability.object == space) {
                self.cores[number].met_break = true;
            }
        }
    }

    /// `FrameQuery`.
    #[must_use]
    pub fn query_frame(&self, caller: Object, x: [u64; 8]) -> Answer {
        match self.of_kind(caller, x[0], ObjectKind::Frame) {
            Err(error) => Answer::refused(error),
            Ok((_, frame)) => {
                let address = frame.mapped.map_or(0, |(_, address)| address);
                Answer::Done([frame.object, frame.size_bits, frame.rights, u64::from(frame.device), address, 0, 0])
            }
        }
    }

    /// `FrameMaintain`.
    #[must_use]
    pub fn maintain(&self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        errors.when(!(1..=3).contains(&x[1]) || x[3] == 0, Error::InvalidArgument);
        if let Some((_, frame)) = errors.note(self.of_kind(caller, x[0], ObjectKind::Frame)) {
            let end = u128::from(x[2]) + u128::from(x[3]);
            errors.when(end > 1 << frame.size_bits, Error::InvalidArgument);
            errors.when(frame.device, Error::DeviceMemory);
            errors.when(frame.rights & 1 == 0, Error::MissingRight);
        }
        if errors.is_empty() { Answer::Done([0; 7]) } else { Answer::Refused(errors) }
    }

    /// `AsidPoolAssign`.
    pub fn assign(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let pool = errors.note(self.of_kind(caller, x[0], ObjectKind::AsidPool)).map(|(_, held)| held.object);
        let space = errors.note(self.of_kind(caller, x[1], ObjectKind::AddressSpace)).map(|(_, held)| held.object);
        if let Some(space) = space.map(|space| &self.spaces[&space]) {
            errors.when(space.pool.is_some(), Error::AsidAssigned);
            errors.when(space.pool.is_none() && !space.pages.is_empty(), Error::AddressInUse);
        }
        let given = self.spaces.values().filter(|space| space.pool.is_some() && space.pool == pool).count();
        errors.when(given == POOL_IDENTIFIERS, Error::AsidsExhausted);
        let (true, Some(space)) = (errors.is_empty(), space) else { return Answer::Refused(errors) };
        self.spaces.get_mut(&space).expect("a space").pool = pool;
        Answer::Done([0; 7])
    }

    /// `AddressSpaceQuery`.
    #[must_use]
    pub fn query_space(&self, caller: Object, x: [u64; 8]) -> Answer {
        match self.of_kind(caller, x[0], ObjectKind::AddressSpace) {
            Err(error) => Answer::refused(error),
            Ok((_, held)) => {
                let space = &self.spaces[&held.object];
                let free = space.tables - space.tables_with(None);
                Answer::Done([space.tables, free, u64::from(space.pool.is_some()), 0, 0, 0, 0])
            }
        }
    }
}

impl Space {
    /// Lower tables that the mappings need, with one more of a size at an address.
    fn tables_with(&self, more: Option<(u64, u64)>) -> u64 {
        let mut tables = BTreeSet::new();
        let pages = self.pages.iter().map(|(address, page)| (*address, page.size_bits));
        for (address, size_bits) in pages.chain(more) {
            for covers in [39, 30, 21] {
                if size_bits < covers {
                    tables.insert((covers, address >> covers));
                }
            }
        }
        tables.len() as u64
    }
}

/// A thread that was just made.
const fn new_thread(floating_point: bool) -> Thread {
    Thread {
        core: 0,
        state: ThreadState::Suspended,
        priorities: [0; 2],
        context: None,
        own_context: None,
        overdue: None,
        lost_time: false,
        notification: None,
        window: [0; 2],
        registers: [0; 9],
        breakpoints: [[0; 3]; 8],
        stepped: false,
        floating_point,
        buffer_address: 0,
        fault: None,
    }
}
