//! Slots: copies, deletion, revocation, and what becomes of objects when their last capability goes.

use super::call::Answer;
use super::state::{Capability, Entry, Errors, Object, Own, Place, Reply, State, ThreadState};
use l4k_sys::Error;
use l4k_sys::abi::ObjectKind;

/// The manage right of a CNode.
const MANAGE: u64 = 2;

impl State {
    /// What a copy is: never with more rights, a frame without its mapping.
    ///
    /// # Errors
    /// `NotCopyable`; `AlreadyBadged`, `InvalidBadge`.
    pub fn derived(original: &Capability, rights: u64, badge: u64) -> Result<Capability, Error> {
        let takes_badge =
            matches!(original.kind, ObjectKind::Endpoint | ObjectKind::Notification | ObjectKind::SmcControl);
        if badge != 0 && (original.badge != 0 || !takes_badge) {
            return Err(Error::AlreadyBadged);
        }
        if original.kind == ObjectKind::SmcControl && badge >> 32 != 0 {
            return Err(Error::InvalidBadge);
        }
        if original.kind == ObjectKind::Untyped {
            return Err(Error::NotCopyable);
        }
        let badge = if badge == 0 { original.badge } else { badge };
        Ok(Capability { rights: original.rights & rights, badge, mapped: None, ..*original })
    }

    /// Puts a copy of everything but the mapping into an empty place.
    pub fn copy_to(&mut self, from: Place, to: Place, rights: u64, badge: u64) {
        let original = self.at(from).expect("something to copy");
        let capability = Self::derived(&original, rights, badge).expect("checked before");
        let before = self.entries.insert(to, Entry { capability, parent: Some(from) });
        assert!(before.is_none(), "{to:?} was empty");
    }

    /// The CNode that a slot call works in: object and size in bits.
    ///
    /// # Errors
    /// `InvalidCapability`, `WrongKind`, `MissingRight`.
    pub fn table(&self, caller: Object, address: u64) -> Result<(Object, u64), Error> {
        if address == 0 {
            return self.own_table(caller).ok_or(Error::InvalidCapability);
        }
        let cnode = self.with_right(caller, address, ObjectKind::CNode, MANAGE)?;
        Ok((cnode.object, cnode.size_bits))
    }

    /// A slot in the CNode that a call names.
    ///
    /// # Errors
    /// Those of the CNode; `SlotOutOfRange`.
    pub fn slot(&self, caller: Object, cnode: u64, index: u64) -> Result<Place, Error> {
        let (object, size_bits) = self.table(caller, cnode)?;
        if index == 0 || index >= 1 << size_bits {
            return Err(Error::SlotOutOfRange);
        }
        Ok(Place::Slot(object, index))
    }

    /// `CNodeCopy`, `CNodeMint`.
    pub fn copy_call(&mut self, caller: Object, x: [u64; 8], badge: Option<u64>) -> Answer {
        let mut errors = Errors::default();
        let target = errors.note(self.slot(caller, x[0], x[1]));
        let source = errors.note(self.slot(caller, x[2], x[3]));
        errors.when(x[4] > 7, Error::InvalidRights);
        errors.when(badge == Some(0), Error::InvalidBadge);
        errors.when(target.is_some_and(|place| self.at(place).is_some()), Error::SlotOccupied);
        match source.map(|place| self.at(place)) {
            Some(None) => errors.add(Error::SlotEmpty),
            Some(Some(original)) => {
                errors.note(Self::derived(&original, 7, badge.unwrap_or(0)));
            }
            None => (),
        }
        let (true, Some(target), Some(source)) = (errors.is_empty(), target, source) else {
            return Answer::Refused(errors);
        };
        self.copy_to(source, target, x[4], badge.unwrap_or(0));
        Answer::Done([0; 7])
    }

    /// `CNodeMove`, `CNodeSwap`.
    pub fn move_call(&mut self, caller: Object, x: [u64; 8], swap: bool) -> Answer {
        let mut errors = Errors::default();
        let target = errors.note(self.slot(caller, x[0], x[1]));
        let source = errors.note(self.slot(caller, x[2], x[3]));
        errors.when(source.is_some_and(|place| self.at(place).is_none()), Error::SlotEmpty);
        let occupied = target.is_some_and(|place| self.at(place).is_some());
        errors.when(target.is_some() && occupied && !swap, Error::SlotOccupied);
        errors.when(target.is_some() && !occupied && swap, Error::SlotEmpty);
        let (true, Some(target), Some(source)) = (errors.is_empty(), target, source) else {
            return Answer::Refused(errors);
        };
        let exchange = |place| match place {
            place if place == source => target,
            place if place == target => source,
            place => place,
        };
        let entries = std::mem::take(&mut self.entries);
        let moved =
            |(place, entry): (Place, Entry)| (exchange(place), Entry { parent: entry.parent.map(exchange), ..entry });
        self.entries = entries.into_iter().map(moved).collect();
        Answer::Done([0; 7])
    }

    /// `CNodeDelete`.
    pub fn delete_call(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        match self.slot(caller, x[0], x[1]) {
            Err(error) => Answer::refused(error),
            Ok(place) => {
                self.delete(place);
                Answer::Done([0; 7])
            }
        }
    }

    /// `CNodeRevoke`.
    pub fn revoke_call(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        match self.slot(caller, x[0], x[1]) {
            Err(error) => Answer::refused(error),
            Ok(place) if self.at(place).is_none() => Answer::refused(Error::SlotEmpty),
            Ok(place) => {
                while let Some(child) = self.children(place).first() {
                    self.delete(*child);
                }
                Answer::Done([0; 7])
            }
        }
    }

    /// `CNodeQuery`.
    #[must_use]
    pub fn query_call(&self, caller: Object, x: [u64; 8]) -> Answer {
        match self.slot(caller, x[0], x[1]) {
            Err(error) => Answer::refused(error),
            Ok(place) => {
                let [kind, rights, badge] =
                    self.at(place).map_or([0; 3], |held| [held.kind as u64, held.rights, held.badge]);
                Answer::Done([kind, rights, badge, 0, 0, 0, 0])
            }
        }
    }

    /// Deletes the capability at a place, if there is one: its children go to its parent, and the object goes with its last capability.
    pub fn delete(&mut self, place: Place) {
        for child in self.children(place) {
            let parent = self.entries[&place].parent;
            self.entries.get_mut(&child).expect("a child").parent = parent;
        }
        let Some(Entry { capability, parent }) = self.entries.remove(&place) else { return };
        if let Some((space, address)) = capability.mapped
            && let Some(space) = self.spaces.get_mut(&space)
        {
            space.pages.remove(&address);
        }
        if let Some(parent) = parent {
            self.make_whole(parent);
        }
        let alike =
            |entry: &Entry| entry.capability.kind == capability.kind && entry.capability.object == capability.object;
        if !self.entries.values().any(alike) {
            self.destroy(&capability);
        }
    }

    /// Untyped memory without children is free to its beginning.
    fn make_whole(&mut self, place: Place) {
        if self.children(place).is_empty()
            && let Some(entry) = self.entries.get_mut(&place)
        {
            entry.capability.used = 0;
        }
    }

    // house: long function because it is a table: one arm for each kind of object.
    fn destroy(&mut self, last: &Capability) {
        let object = last.object;
        match last.kind {
            ObjectKind::CNode => (1..1 << last.size_bits).for_each(|index| self.delete(Place::Slot(object, index))),
            ObjectKind::Thread => self.destroy_thread(object),
            ObjectKind::Endpoint => {
                for thread in self.endpoints[&object].clone() {
                    self.peer_gone(thread);
                }
                self.endpoints.remove(&object);
                self.clients.remove(&object);
            }
            ObjectKind::Notification => {
                let notification = self.notifications[&object].clone();
                if let Some(thread) = notification.bound {
                    self.thread(thread).notification = None;
                }
                if let Some(context) = notification.context {
                    self.disown(context);
                }
                notification.waiting.into_iter().for_each(|thread| self.peer_gone(thread));
                self.notifications.remove(&object);
            }
            ObjectKind::Reply => {
                match self.replies[&object] {
                    Reply::Idle => (),
                    Reply::Offered(thread) | Reply::Owed { caller: thread, .. } => self.peer_gone(thread),
                }
                self.replies.remove(&object);
            }
            ObjectKind::SchedContext => {
                self.disown(object);
                self.contexts.remove(&object);
            }
            ObjectKind::AddressSpace => {
                self.lose_identifier(object);
                self.spaces.remove(&object);
            }
            ObjectKind::AsidPool => {
                let spaces: Vec<Object> = self.spaces.keys().copied().collect();
                for space in spaces {
                    if self.spaces[&space].pool == Some(object) {
                        self.lose_identifier(space);
                    }
                }
                self.pools.remove(&object);
            }
            ObjectKind::Irq => {
                self.delete(Place::Irq(object));
                if let Some(line) = self.irqs[&object].line {
                    self.unmasked.remove(&line);
                }
                self.irqs.remove(&object);
            }
            _ => (),
        }
    }

    /// Frames that were mapped in the space are not any more, as far as their capabilities go.
    fn lose_identifier(&mut self, space: Object) {
        self.spaces.get_mut(&space).expect("a space").pool = None;
        for entry in self.entries.values_mut() {
            if entry.capability.mapped.is_some_and(|(mapped, _)| mapped == space) {
                entry.capability.mapped = None;
            }
        }
    }

    fn destroy_thread(&mut self, thread: Object) {
        self.stop(thread, ThreadState::Suspended);
        let owed: Vec<Object> = self
            .replies
            .values()
            .filter_map(|reply| match reply {
                Reply::Owed { caller, server, .. } if *server == thread => Some(*caller),
                _ => None,
            })
            .collect();
        owed.into_iter().for_each(|caller| self.peer_gone(caller));
        for own in [Own::CNode, Own::Space, Own::Faults, Own::Buffer, Own::Timeouts] {
            self.delete(Place::Thread(thread, own));
        }
        self.give_back_overdue(thread);
        self.forget_lender(thread);
        let object = self.threads[&thread].clone();
        if let Some(notification) = object.notification {
            self.notifications.get_mut(&notification).expect("bound").bound = None;
        }
        if let Some(context) = object.context {
            self.detach(context);
        }
        if let Some(context) = object.own_context {
            self.contexts.get_mut(&context).expect("bound").owner = None;
        }
        self.threads.remove(&thread);
    }
}
