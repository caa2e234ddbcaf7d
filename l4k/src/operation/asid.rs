//! Identities of address spaces. An identity is never given out twice, so that a frame capability that was mapped in a space
//! which is gone cannot be taken for one that is mapped in its successor.

use super::next::Progress;
use super::system::{PoolPlace, System};
use crate::base::address::Asid;
use crate::base::arch::{Arch, Invalidation, SpaceRoot};
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::address_space::{AddressSpace, GivenIdentity, TableNumber};
use crate::object::asid_pool::{AsidEntry, AsidPool, POOL_ENTRIES, POOLS};
use crate::object::frame::{LAST_GENERATION, SpaceIdentity};
use l4k_sys::Error;

/// Entries of a dying pool that one step looks at.
const DRAIN_SPAN: usize = 64;

/// Identifiers covered by a pool, the one that is not given out included.
const POOL_SPAN: u16 = 512;

impl<A: Arch> System<A> {
    /// A place for a new pool and the generation after which it goes on. A place whose generations are used up gets no pool any more: the
    /// pool could give nothing out.
    #[must_use]
    pub fn free_pool_place(&self) -> Option<(u8, u32)> {
        let usable = |place: &PoolPlace| place.pool.is_none() && place.generation < LAST_GENERATION;
        let number = self.pools.iter().position(usable)?;
        Some((number as u8, self.pools[number % POOLS].generation))
    }

    /// Enters a pool that was just made.
    pub fn enter_pool(&mut self, number: u8, pool: Ref<AsidPool>) {
        self.pools[number as usize % POOLS].pool = Some(pool);
    }

    /// Gives a space an identity.
    ///
    /// # Errors
    /// `AsidAssigned`, `AsidsExhausted`; `Dying` for a pool that is being destroyed; `AddressInUse` if something was mapped when the space
    /// lost the identifier that it had: no capability says so any more, and nobody could take it away.
    pub fn assign_asid(&mut self, pool: Ref<AsidPool>, space: Ref<AddressSpace>) -> Result<(), Error> {
        if self.store.get(space).identity.get().is_some() {
            return Err(Error::AsidAssigned);
        }
        if self.store.get(space).entries_in_use(TableNumber::TOP) > 0 {
            return Err(Error::AddressInUse);
        }
        let pool = self.store.get_mut(pool);
        if pool.life == Life::Dying {
            return Err(Error::Dying);
        }
        let usable = |entry: &AsidEntry| entry.space.is_none() && entry.generation < LAST_GENERATION;
        let index = pool.entries.iter().position(usable).ok_or(Error::AsidsExhausted)?;
        let value = u16::from(pool.number) * POOL_SPAN + index as u16 + 1;
        let asid = Asid::new(value).ok_or(Error::AsidsExhausted)?;
        let Some(entry) = pool.entries.get_mut(index) else { return Err(Error::AsidsExhausted) };
        entry.space = Some(space);
        entry.generation += 1;
        let identity = SpaceIdentity { asid, generation: entry.generation };
        self.store.get_mut(space).identity = GivenIdentity::of(identity);
        self.spaces += 1;
        // A core that was stopped when the identifier's last space went away may have walked its tables until it left them.
        self.forget_space(asid);
        Ok(())
    }

    /// The space with this identity, if it still lives.
    #[inline(always)]
    #[must_use]
    pub fn space_with(&self, identity: SpaceIdentity) -> Option<Ref<AddressSpace>> {
        let value = identity.asid.value();
        let pool = self.pools.get((value / POOL_SPAN) as usize)?.pool?;
        let index = (value % POOL_SPAN).checked_sub(1)?;
        let entry = self.store.get(pool).entries.get(index as usize)?;
        if entry.generation == identity.generation { entry.space } else { None }
    }

    /// What the processor loads for a space: nothing, if the space has no identity.
    #[must_use]
    pub fn root_of_space(&self, space: Ref<AddressSpace>) -> SpaceRoot {
        match self.store.get(space).identity.get() {
            Some(identity) => SpaceRoot::of(space.table(TableNumber::TOP), identity.asid),
            None => SpaceRoot::NOTHING,
        }
    }

    /// Takes a space's identity away, with every translation that the processors remember of it.
    pub fn release_asid(&mut self, space: Ref<AddressSpace>) {
        let Some(identity) = self.store.get_mut(space).identity.take() else { return };
        self.spaces += 1;
        let value = identity.asid.value();
        if let Some(Some(pool)) = self.pools.get((value / POOL_SPAN) as usize).map(|place| place.pool)
            && let Some(index) = (value % POOL_SPAN).checked_sub(1)
            && let Some(entry) = self.store.get_mut(pool).entries.get_mut(index as usize)
        {
            entry.space = None;
        }
        let root = SpaceRoot::of(space.table(TableNumber::TOP), identity.asid);
        self.leave_space(root);
        self.forget_space(identity.asid);
    }

    /// All cores forget every translation of an identifier.
    fn forget_space(&mut self, asid: Asid) {
        let machine = &mut self.store.machine;
        machine.publish_tables();
        machine.invalidate(Invalidation::Space(asid));
        machine.complete_maintenance();
    }

    /// Takes the identity of one of a dying pool's spaces away, or looks at some more entries for the next; notes the generations that
    /// a pool in its place goes on after.
    pub fn drain_pool(&mut self, pool: Ref<AsidPool>) -> Progress {
        let object = self.store.get_mut(pool);
        object.life = Life::Dying;
        let (start, number) = (object.drained as usize, object.number as usize % POOLS);
        let Some(entries) = object.entries.get(start..(start + DRAIN_SPAN).min(POOL_ENTRIES)) else {
            return Progress::Complete;
        };
        if let Some(space) = entries.iter().find_map(|entry| entry.space) {
            self.release_asid(space);
            return Progress::More;
        }
        let generation = entries.iter().map(|entry| entry.generation).max().unwrap_or(0);
        let end = start + entries.len();
        object.drained = end as u16;
        let place = &mut self.pools[number];
        place.generation = place.generation.max(generation);
        if end < POOL_ENTRIES {
            return Progress::More;
        }
        place.pool = None;
        Progress::Complete
    }
}
