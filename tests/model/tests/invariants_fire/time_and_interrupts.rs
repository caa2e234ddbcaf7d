//! Slices and the account of time; interrupts; the capabilities inside threads and Irqs. Calls `stage`.

use crate::stage::{cnode, context, fires, forget, interrupt, map, place};
use l4k::base::address::Badge;
use l4k::base::arch::{CoreNumber, Line, Mask};
use l4k::base::store::Ref;
use l4k::base::time::{Instant, Ticks};
use l4k::object::irq::Irq;
use l4k::object::refills::Refills;
use l4k::object::sched_context::SchedContext;
use l4k::object::slot::Slot;
use l4k::object::thread::ThreadSlot;
use l4k_model::objects::Time;
use l4k_model::world::{CORE, World, slot};
use l4k_sys::abi::{ObjectKind, Rights, SystemCall};

/// Changes a context that is filled and bound.
fn with_context(world: &mut World, change: impl FnOnce(&mut SchedContext)) {
    let spawned = world.spawn(5, Time::Own);
    let object = context(world, spawned.context);
    change(world.kernel.system.store.get_mut(object));
}

/// A slice with so much left.
fn slice(rest: u64) -> Refills {
    Refills::full(Ticks(rest), Instant(0))
}

#[test]
fn slices_that_do_not_add_up() {
    fires("was never filled but is in use", |world| {
        let number = world.make(ObjectKind::SchedContext, 0);
        let object = context(world, number);
        world.kernel.system.store.get_mut(object).refills = slice(1);
    });
    fires("was never filled but is in use", |world| {
        with_context(world, |context| {
            (context.budget, context.period, context.refills) = (Ticks(0), Ticks(0), slice(0))
        });
    });
    fires("budget of", |world| {
        with_context(world, |context| {
            (context.budget, context.period, context.refills) = (Ticks(1), Ticks(1), slice(1))
        });
    });
    fires("period of", |world| with_context(world, |context| context.period = Ticks(1)));
    fires("rest of the slice", |world| with_context(world, |context| context.refills = slice(0)));
    fires("rest of the slice", |world| {
        with_context(world, |context| context.refills = slice(context.budget.0 + 1));
    });
    fires("core of", |world| {
        let number = world.make(ObjectKind::SchedContext, 0);
        world.call(SystemCall::SchedControlConfigure, &[slot::SCHED_CONTROL, number, 10_000, 10_000]).unwrap();
        let object = context(world, number);
        world.kernel.system.store.get_mut(object).core = CoreNumber(1);
    });
}

#[test]
fn time_that_has_not_passed() {
    fires("time is accounted for up to", |world| {
        let clock = world.kernel.system.store.machine.clock.get();
        world.kernel.system.core_mut(CORE).charged_until = Instant(clock + 1);
    });
    fires("ticks were used", |world| with_context(world, |context| context.consumed = Ticks(1 << 40)));
    fires("a thread runs without a deadline", |world| world.kernel.system.store.machine.processors[0].deadline = None);
}

fn issued(world: &mut World, line: u64) -> (u64, Ref<Irq>) {
    let number = world.make(ObjectKind::Irq, 0);
    world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, number, line, 0]).unwrap();
    (number, interrupt(world, number))
}

#[test]
fn lines_and_their_irqs() {
    fires("the Irq of line 40 is gone", |world| {
        let (number, _) = issued(world, 40);
        forget(world, number);
    });
    fires("the line of", |world| {
        let (_, irq) = issued(world, 40);
        world.kernel.system.store.get_mut(irq).line = Some(Line(41));
    });
    fires("which another has", |world| {
        issued(world, 40);
        let number = world.make(ObjectKind::Irq, 0);
        let irq = interrupt(world, number);
        world.kernel.system.store.get_mut(irq).line = Some(Line(40));
    });
    fires("was never issued but is in use", |world| {
        let number = world.make(ObjectKind::Irq, 0);
        let irq = interrupt(world, number);
        world.kernel.system.store.get_mut(irq).missed = true;
    });
    fires("is not masked, but nobody has it", |world| {
        world.kernel.system.store.machine.unmasked.insert(Line(50));
    });
}

#[test]
fn interrupts_let_through_before_they_are_taken() {
    fires("was missed, and the next is let through", |world| {
        let (_, irq) = issued(world, 40);
        let object = world.kernel.system.store.get_mut(irq);
        (object.missed, object.mask) = (true, Mask::Unmasked);
        world.kernel.system.store.machine.unmasked.insert(Line(40));
    });
    fires("is masked", |world| {
        let (number, _) = issued(world, 40);
        let notification = world.make(ObjectKind::Notification, 0);
        world.call(SystemCall::IrqBind, &[number, notification]).unwrap();
        world.kernel.system.store.machine.unmasked.clear();
    });
}

/// Puts a copy of the capability in a slot where it may not belong.
fn put(world: &mut World, number: u64, target: Ref<Slot>, rights: Rights) {
    let source = place(world, number);
    world.kernel.system.copy(source, target, rights, Badge::NONE).unwrap();
}

#[test]
fn capabilities_inside_objects_that_do_not_belong_there() {
    fires("as its Buffer", |world| put(world, slot::CNODE, world.root.slot(ThreadSlot::Buffer), Rights::ALL));
    fires("as its FaultEndpoint", |world| {
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        put(world, endpoint, world.root.slot(ThreadSlot::FaultEndpoint), Rights::RECEIVE);
    });
    fires("signals", |world| {
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let (_, irq) = issued(world, 40);
        put(world, endpoint, irq.notification(), Rights::ALL);
    });
    fires("as its CNode", |world| {
        let thread = world.make(ObjectKind::Thread, 0);
        let object = world.capability(thread);
        let l4k::object::capability::Capability::Thread { object } = object else { panic!() };
        assert_ne!(cnode(world, slot::CNODE).address(), object.address());
        put(world, slot::ADDRESS_SPACE, object.slot(ThreadSlot::CNode), Rights::ALL);
    });
}

#[test]
fn buffers_that_are_none() {
    let buffer = |world: &World| world.root.slot(ThreadSlot::Buffer);
    fires("is not a page of normal memory", |world| {
        let frame = world.make(ObjectKind::Frame, 21);
        put(world, frame, buffer(world), Rights::ALL);
    });
    fires("is not a page of normal memory", |world| {
        let frame = world.make_from(slot::DEVICE, ObjectKind::Frame, 12);
        put(world, frame, buffer(world), Rights::ALL);
    });
    fires("may not read and write its buffer", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        put(world, frame, buffer(world), Rights::READ);
    });
    fires("the buffer of", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        put(world, frame, buffer(world), Rights::ALL);
        assert_eq!(world.kernel.system.store.get(world.root).context.buffer_address, 0);
    });
    fires("has a mapping of its own", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        map(world, frame, 0x40_0000, 3);
        let slot = buffer(world);
        world.kernel.system.copy(place(world, frame), slot, Rights::ALL, Badge::NONE).unwrap();
        world.kernel.system.exchange(place(world, frame), slot);
    });
}
