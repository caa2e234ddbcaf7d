//! From a real kernel's state to the abstract one.

use super::state::{
    Capability, Context, Core, Entry, Irq, Notification, Object, Own, Page, Place, Reply, Space, State, Thread,
    ThreadState,
};
use crate::invariants::{queued, ring, waiting};
use crate::world::World;
use l4k::base::address::PhysicalAddress;
use l4k::base::arch::{Arch, CoreNumber, Level, MAX_CORES, MemoryKind, TableEntry};
use l4k::base::debugging::Stepping;
use l4k::base::registers::Shape;
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::address_space::TableNumber;
use l4k::object::asid_pool::POOLS;
use l4k::object::capability::{Capability as Held, MemoryClass};
use l4k::object::cnode::CNode;
use l4k::object::endpoint::Clients;
use l4k::object::irq::Acknowledge;
use l4k::object::reply::{Grant, Loan, ReplyState};
use l4k::object::sched_context::{Owner, SchedContext};
use l4k::object::slot::Slot;
use l4k::object::thread::{CallKind, State as Actual, Suspension, Thread as ActualThread, ThreadSlot, Use};
use l4k::operation::system::System;
use std::collections::{BTreeMap, BTreeSet};

type Kernel = System<Simulated>;

/// Slots that were found, and where each is.
struct Found {
    slots: BTreeMap<Ref<Slot>, Slot>,
    places: BTreeMap<Ref<Slot>, Place>,
    cnodes: BTreeSet<Object>,
    pending: Vec<Ref<Slot>>,
}

/// The abstract state of a world's kernel.
///
/// # Panics
/// If the kernel is in the middle of a call that was interrupted.
#[must_use]
pub fn of(world: &World) -> State {
    let system = &world.kernel.system;
    let found = find(world);
    let mut state = State::default();
    let bindings = bindings(system, &found);
    let parents = parents(&found);
    for (slot, contents) in &found.slots {
        let parent = parents.get(slot).map(|parent| found.places[parent]);
        let capability = capability(system, *slot, contents);
        state.entries.insert(found.places[slot], Entry { capability, parent });
        add_object(system, &contents.capability, &bindings, &mut state);
    }
    state.cores = cores(system);
    let routes = system.store.machine.routes.iter().filter(|(_, core)| core.0 != 0);
    state.routes = routes.map(|(line, core)| (u64::from(line.0), u64::from(core.0))).collect();
    state.pending = system.store.machine.raised.iter().map(|line| u64::from(line.0)).collect();
    state.unmasked = system.store.machine.unmasked.iter().map(|line| u64::from(line.0)).collect();
    state
}

fn address<T>(reference: Ref<T>) -> Object {
    reference.address().value()
}

fn find(world: &World) -> Found {
    let system = &world.kernel.system;
    let mut found =
        Found { slots: BTreeMap::new(), places: BTreeMap::new(), cnodes: BTreeSet::new(), pending: Vec::new() };
    found.enter(system, world.table, 12);
    while let Some(slot) = found.pending.pop() {
        found.follow(system, slot);
    }
    found
}

impl Found {
    /// Looks into the slots of a CNode, once.
    fn enter(&mut self, system: &Kernel, cnode: Ref<CNode>, size_bits: u8) {
        if self.cnodes.insert(address(cnode)) {
            for index in 1..1u32 << size_bits {
                self.meet(system, cnode.slot(index), Some(Place::Slot(address(cnode), u64::from(index))));
            }
        }
    }

    fn meet(&mut self, system: &Kernel, slot: Ref<Slot>, place: Option<Place>) {
        let contents = *system.store.get(slot);
        let is_dying =
            matches!(contents.capability, Held::Remnant { .. } | Held::DyingRoot { .. } | Held::DyingInner { .. });
        assert!(!is_dying, "a CNode is still being emptied");
        if contents.capability == Held::Empty {
            return;
        }
        if let Some(place) = place {
            self.places.insert(slot, place);
        }
        if self.slots.insert(slot, contents).is_none() {
            self.pending.push(slot);
        }
    }

    fn follow(&mut self, system: &Kernel, slot: Ref<Slot>) {
        let contents = self.slots[&slot];
        match contents.capability {
            Held::CNode { size_bits, object, .. } => {
                self.enter(system, object, size_bits);
            }
            Held::Thread { object } => {
                for (which, own) in [
                    (ThreadSlot::CNode, Own::CNode),
                    (ThreadSlot::AddressSpace, Own::Space),
                    (ThreadSlot::FaultEndpoint, Own::Faults),
                    (ThreadSlot::Buffer, Own::Buffer),
                    (ThreadSlot::TimeoutEndpoint, Own::Timeouts),
                ] {
                    self.meet(system, object.slot(which), Some(Place::Thread(address(object), own)));
                }
            }
            Held::Irq { object } => self.meet(system, object.notification(), Some(Place::Irq(address(object)))),
            _ => (),
        }
        let links = contents.links;
        for neighbour in [links.child, links.next, links.previous].into_iter().flatten() {
            self.meet(system, neighbour, None);
        }
    }
}

fn parents(found: &Found) -> BTreeMap<Ref<Slot>, Ref<Slot>> {
    let mut parents = BTreeMap::new();
    for (slot, contents) in &found.slots {
        let mut next = contents.links.child;
        while let Some(child) = next {
            parents.insert(child, *slot);
            next = found.slots[&child].links.next;
        }
    }
    parents
}

/// The contexts, by their numbers.
fn bindings(system: &Kernel, found: &Found) -> BTreeMap<u64, Object> {
    let contexts = found.slots.values().filter_map(|contents| match contents.capability {
        Held::SchedContext { object } => Some(object),
        _ => None,
    });
    let number = |context: Ref<SchedContext>| system.store.get(context).binding.map_or(0, |binding| binding.0.get());
    contexts.map(|context| (number(context), address(context))).collect()
}

fn capability(system: &Kernel, slot: Ref<Slot>, contents: &Slot) -> Capability {
    let held = &contents.capability;
    let kind = held.kind().expect("no deletion is under way");
    let (object, size_bits, device, used) = match *held {
        Held::Untyped { size_bits, memory, base, .. } => {
            let used = system.untyped_in(slot).expect("an untyped").free_offset();
            (base.value(), u64::from(size_bits.value()), memory == MemoryClass::Device, used)
        }
        Held::CNode { size_bits, object, .. } => (address(object), u64::from(size_bits), false, 0),
        Held::Thread { object } => (address(object), 0, false, 0),
        Held::Endpoint { object, .. } => (address(object), 0, false, 0),
        Held::Notification { object, .. } => (address(object), 0, false, 0),
        Held::Reply { object } => (address(object), 0, false, 0),
        Held::SchedContext { object } => (address(object), 0, false, 0),
        Held::AddressSpace { object } => (address(object), 0, false, 0),
        Held::AsidPool { object } => (address(object), 0, false, 0),
        Held::Irq { object } => (address(object), 0, false, 0),
        Held::Frame { shape, number, .. } => {
            let device = shape.memory() == MemoryClass::Device;
            (u64::from(number) << 12, shape.size() as u64, device, 0)
        }
        Held::SchedControl { core } => (u64::from(core), 0, false, 0),
        _ => (0, 0, false, 0),
    };
    let mapping = system.frame_in(slot).ok().and_then(|frame| frame.mapping);
    let mapped = mapping.map(|mapping| {
        let space = system.space_with(mapping.space).expect("frame_in forgets spaces that are gone");
        (address(space), mapping.page.value())
    });
    Capability {
        kind,
        object,
        rights: held.rights().bits(),
        badge: held.badge().value(),
        size_bits,
        device,
        used,
        mapped,
    }
}

// house: long function because it is a table: one arm for each kind of object.
fn add_object(system: &Kernel, held: &Held, bindings: &BTreeMap<u64, Object>, state: &mut State) {
    match *held {
        Held::Thread { object } => {
            state.threads.entry(address(object)).or_insert_with(|| thread(system, object, bindings));
            let context = &system.store.get(object).context;
            let link = if context.shape == Shape::SystemCall { 0 } else { context.x[30] };
            state.told.insert(address(object), [context.pc, context.sp, link]);
        }
        Held::Endpoint { object, .. } => {
            let queue = || queued(system, system.store.get(object).queue).into_iter().map(address).collect();
            state.endpoints.entry(address(object)).or_insert_with(queue);
            let clients = system.store.get(object).clients;
            let core = (0..MAX_CORES as u8).find(|core| clients == Clients::of(CoreNumber(*core)));
            state.clients.insert(address(object), core.map(u64::from));
        }
        Held::Notification { object, .. } => {
            let actual = system.store.get(object);
            let waiting = queued(system, actual.queue).into_iter().map(address).collect();
            let bound = actual.bound.map(address);
            let context = actual.context.map(address);
            state.notifications.insert(address(object), Notification { word: actual.word, waiting, bound, context });
        }
        Held::Reply { object } => {
            let reply = match system.store.get(object).state {
                ReplyState::Idle => Reply::Idle,
                ReplyState::Offered { receiver } => Reply::Offered(address(receiver)),
                ReplyState::Owed { caller, server, loan, grant, .. } => Reply::Owed {
                    caller: address(caller),
                    server: address(server),
                    grant: grant == Grant::Allowed,
                    lent: match loan {
                        Loan::None => None,
                        Loan::Lent(binding) => bindings.get(&binding.0.get()).copied(),
                    },
                },
            };
            state.replies.insert(address(object), reply);
        }
        Held::SchedContext { object } => {
            let actual = system.store.get(object);
            let rate = system.store.machine.ticks_per_second();
            let [budget, period] = [actual.budget, actual.period].map(|ticks| rate.nanoseconds(ticks));
            let owner = match actual.owner {
                Owner::Nobody => None,
                Owner::Thread(thread) => Some(address(thread)),
                Owner::Notification(notification) => Some(address(notification)),
            };
            let refills = actual.refills.all().iter().map(|refill| (refill.release.0, refill.amount.0)).collect();
            let context = Context {
                budget,
                period,
                thread: actual.thread.map(address),
                owner,
                badge: actual.badge.value(),
                core: u64::from(actual.core.0),
                refills,
                consumed: actual.consumed.0,
            };
            state.contexts.insert(address(object), context);
        }
        Held::AddressSpace { object } => {
            let actual = system.store.get(object);
            let pool = actual
                .identity
                .get()
                .and_then(|identity| system.pools[usize::from(identity.asid.value()) / 512 % POOLS].pool);
            let mut pages = BTreeMap::new();
            add_pages(system, object.table(TableNumber::TOP), Level::Zero, 0, &mut pages);
            let space = Space { tables: u64::from(actual.tables()), pool: pool.map(address), pages };
            state.spaces.insert(address(object), space);
        }
        Held::AsidPool { object } => {
            state.pools.insert(address(object));
        }
        Held::Irq { object } => {
            let actual = system.store.get(object);
            let line = actual.line.map(|line| u64::from(line.0));
            let acknowledges_itself = actual.acknowledge == Acknowledge::Itself;
            state.irqs.insert(address(object), Irq { line, acknowledges_itself, missed: actual.missed });
        }
        _ => (),
    }
}

/// The bit of an entry that the processor uses.
const VALID: u64 = 1;

fn add_pages(system: &Kernel, table: PhysicalAddress, level: Level, start: u64, pages: &mut BTreeMap<u64, Page>) {
    for index in 0..512 {
        let word = system.store.word(table.add(index * 8));
        if word == 0 {
            continue;
        }
        let place = start + (index << (39 - 9 * level as u64));
        // A leaf that is broken, since its memory type changes, is what it was: the call is not done.
        match Simulated::decode(word | VALID, level) {
            TableEntry::Empty => (),
            TableEntry::Table(below) => {
                add_pages(system, below, level.below().expect("no table below level 3"), place, pages);
            }
            TableEntry::Leaf { address, rights, memory } => {
                let memory = match memory {
                    MemoryKind::Normal => 0,
                    MemoryKind::Uncached => 1,
                    MemoryKind::Device => 2,
                };
                let size_bits = 39 - 9 * level as u64;
                pages.insert(place, Page { frame: address.value(), size_bits, rights: rights.bits(), memory });
            }
        }
    }
}

/// All cores.
#[must_use]
pub fn cores(system: &Kernel) -> Vec<Core> {
    (0..system.core_count).map(|number| core(system, number)).collect()
}

/// Who runs on a core, who could and who will; its timer.
fn core(system: &Kernel, number: u8) -> Core {
    let core = system.core(CoreNumber(number));
    let mut ready = BTreeMap::new();
    for priority in 0..=255u8 {
        if let Some(first) = core.ready.first(priority) {
            ready.insert(u64::from(priority), ring(system, first).into_iter().map(address).collect());
        }
    }
    // A kernel with the feature `debug` has an idle core look again, to tell what all threads wait for. That decides
    // nothing.
    let looks = system.silence_deadline(CoreNumber(number));
    let deadline = system.store.machine.processors[usize::from(number)].deadline.filter(|deadline| *deadline != looks);
    Core {
        current: core.current.map(address),
        ready,
        waiting: waiting(system, core.waiting).into_iter().map(address).collect(),
        charged_until: core.charged_until.0,
        deadline: deadline.map(|deadline| deadline.0),
        met_break: core.met_break,
    }
}

fn thread(system: &Kernel, thread: Ref<ActualThread>, bindings: &BTreeMap<u64, Object>) -> Thread {
    let actual = system.store.get(thread);
    let state = thread_state(actual.state);
    let calls =
        matches!(state, ThreadState::Calling { fault: true, .. } | ThreadState::AwaitingReply { fault: true, .. });
    let fault = actual.fault.get().filter(|_| calls).map(|fault| {
        let (tag, [a, b, c, d, e, f]) = fault.to_message();
        [tag.bits(), a, b, c, d, e, f]
    });
    let x = &actual.context.x;
    Thread {
        state,
        priorities: [u64::from(actual.priority), u64::from(actual.maximum_priority)],
        context: actual.running_on.map(address),
        core: u64::from(actual.core.0),
        own_context: actual.own_context.map(address),
        overdue: actual.overdue.get().and_then(|overdue| {
            let context = bindings.get(&overdue.binding.0.get())?;
            Some((*context, overdue.lender.map(address)))
        }),
        lost_time: actual.lost_time == Use::Yes,
        notification: actual.notification.map(address),
        window: [u64::from(actual.window.first), u64::from(actual.window.count)],
        registers: [x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], actual.context.badge()],
        breakpoints: actual
            .debugging
            .breakpoints
            .map(|place| [place.kind as u64, place.address, u64::from(place.length)]),
        stepped: actual.debugging.stepping == Stepping::On,
        floating_point: actual.floating_point.is_some(),
        buffer_address: actual.context.buffer_address,
        fault,
    }
}

fn thread_state(state: Actual) -> ThreadState {
    match state {
        Actual::Suspended(Suspension::Faulted) => ThreadState::Faulted,
        Actual::Suspended(_) => ThreadState::Suspended,
        Actual::Ready => ThreadState::Ready,
        Actual::Calling { endpoint, badge, kind } => {
            ThreadState::Calling { endpoint: address(endpoint), badge: badge.value(), fault: kind == CallKind::Fault }
        }
        Actual::AwaitingReply { reply, kind } => {
            ThreadState::AwaitingReply { reply: address(reply), fault: kind == CallKind::Fault }
        }
        Actual::Receiving { endpoint, reply, grant } => ThreadState::Receiving {
            endpoint: address(endpoint),
            reply: address(reply),
            grant: grant == Grant::Allowed,
        },
        Actual::Waiting { notification } => ThreadState::Waiting { notification: address(notification) },
    }
}
