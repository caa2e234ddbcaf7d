//! Everything that can be reached: from the first CNode, the remnants of dying ones and the links of the derivation tree. Calls nobody.

use crate::world::World;
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::address_space::AddressSpace;
use l4k::object::asid_pool::AsidPool;
use l4k::object::capability::Capability;
use l4k::object::cnode::CNode;
use l4k::object::endpoint::Endpoint;
use l4k::object::irq::Irq;
use l4k::object::notification::Notification;
use l4k::object::reply::Reply;
use l4k::object::sched_context::SchedContext;
use l4k::object::slot::{Links, Slot};
use l4k::object::thread::{Thread, ThreadSlot};
use l4k::operation::system::System;
use l4k_sys::abi::ObjectKind;
use std::collections::{BTreeMap, BTreeSet};

/// An object by its kind and address.
pub type Key = (ObjectKind, u64);

/// Everything that can be reached.
#[derive(Debug, Default)]
pub struct Reached {
    /// Slots that are not empty, and headers of dying CNodes.
    pub slots: BTreeMap<Ref<Slot>, Slot>,
    /// Capabilities to each object that has a counter of them.
    pub counts: BTreeMap<Key, u32>,
    /// Threads.
    pub threads: BTreeSet<Ref<Thread>>,
    /// Endpoints.
    pub endpoints: BTreeSet<Ref<Endpoint>>,
    /// Notifications.
    pub notifications: BTreeSet<Ref<Notification>>,
    /// Reply objects.
    pub replies: BTreeSet<Ref<Reply>>,
    /// Scheduling contexts.
    pub contexts: BTreeSet<Ref<SchedContext>>,
    /// Address spaces.
    pub spaces: BTreeSet<Ref<AddressSpace>>,
    /// Pools of identifiers.
    pub pools: BTreeSet<Ref<AsidPool>>,
    /// Interrupts.
    pub irqs: BTreeSet<Ref<Irq>>,
}

/// Every thread that a capability reaches.
#[must_use]
pub fn live_threads(world: &World) -> BTreeSet<Ref<Thread>> {
    reach(world).threads
}

/// Finds everything.
///
/// # Panics
/// If a CNode has no header, or an empty slot has links.
pub fn reach(world: &World) -> Reached {
    let system = &world.kernel.system;
    let mut search = Search { system, reached: Reached::default(), tables: vec![world.table], seen: BTreeSet::new() };
    loop {
        while let Some(table) = search.tables.pop() {
            search.visit_table(table);
        }
        // What only a circle of CNodes reaches is still in the derivation tree.
        let before = search.reached.slots.len();
        for slot in search.linked() {
            search.visit(slot);
        }
        if search.reached.slots.len() == before && search.tables.is_empty() {
            return search.reached;
        }
    }
}

/// The object of a capability, if it is of a kind whose capabilities are counted.
pub const fn object_key(capability: &Capability) -> Option<Key> {
    let address = match capability {
        Capability::CNode { object, .. } => object.address(),
        Capability::Thread { object } => object.address(),
        Capability::Endpoint { object, .. } => object.address(),
        Capability::Notification { object, .. } => object.address(),
        Capability::Reply { object } => object.address(),
        Capability::SchedContext { object } => object.address(),
        Capability::AddressSpace { object } => object.address(),
        Capability::AsidPool { object } => object.address(),
        Capability::Irq { object } => object.address(),
        _ => return None,
    };
    match capability.kind() {
        Some(kind) => Some((kind, address.value())),
        None => None,
    }
}

struct Search<'a> {
    system: &'a System<Simulated>,
    reached: Reached,
    tables: Vec<Ref<CNode>>,
    seen: BTreeSet<Ref<CNode>>,
}

impl Search<'_> {
    fn visit_table(&mut self, table: Ref<CNode>) {
        if !self.seen.insert(table) {
            return;
        }
        let header = self.system.store.get(table).header;
        let size_bits = match header.capability {
            Capability::CNodeHeader { size_bits, .. } => size_bits,
            Capability::DyingRoot { size_bits, .. } | Capability::DyingInner { size_bits, .. } => {
                self.reached.slots.insert(table.header(), header);
                size_bits
            }
            _ => panic!("a CNode without a header at {table:?}"),
        };
        for index in 1..1 << size_bits {
            self.visit(table.slot(index));
        }
    }

    fn linked(&self) -> Vec<Ref<Slot>> {
        let all = self.reached.slots.values();
        let links = all.flat_map(|slot| [slot.links.child, slot.links.next, slot.links.previous]).flatten();
        links.filter(|slot| !self.reached.slots.contains_key(slot)).collect()
    }

    fn visit(&mut self, slot: Ref<Slot>) {
        let contents = *self.system.store.get(slot);
        if matches!(contents.capability, Capability::DyingRoot { .. } | Capability::DyingInner { .. }) {
            self.tables.push(slot.table());
        }
        if matches!(contents.capability, Capability::Empty) {
            assert!(contents.links == Links::NONE, "an empty slot has no links ({slot:?})");
            return;
        }
        if self.reached.slots.insert(slot, contents).is_some() {
            return;
        }
        if let Some(key) = object_key(&contents.capability) {
            *self.reached.counts.entry(key).or_default() += 1;
        }
        self.follow(&contents.capability);
    }

    fn follow(&mut self, capability: &Capability) {
        let reached = &mut self.reached;
        match *capability {
            Capability::CNode { object, .. } => self.tables.push(object),
            Capability::Remnant { object } => self.tables.push(object),
            Capability::Thread { object } if reached.threads.insert(object) => {
                for which in ThreadSlot::ALL {
                    self.visit(object.slot(which));
                }
            }
            Capability::Irq { object } if reached.irqs.insert(object) => self.visit(object.notification()),
            Capability::Endpoint { object, .. } => drop(reached.endpoints.insert(object)),
            Capability::Notification { object, .. } => drop(reached.notifications.insert(object)),
            Capability::Reply { object } => drop(reached.replies.insert(object)),
            Capability::SchedContext { object } => drop(reached.contexts.insert(object)),
            Capability::AddressSpace { object } => drop(reached.spaces.insert(object)),
            Capability::AsidPool { object } => drop(reached.pools.insert(object)),
            _ => (),
        }
    }
}
