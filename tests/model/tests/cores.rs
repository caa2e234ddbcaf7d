//! Several cores: what one does that another has to hear of, and what happens if both enter the kernel at once.

use l4k::base::arch::{CoreNumber, Entered, Event, Level, SpaceRoot, TableEntry};
use l4k::base::debugging::Stepping;
use l4k::base::store::Ref;
use l4k::kernel::Resume;
use l4k::machine::simulated::Whereabouts;
use l4k::machine::simulated::tlb::Translation;
use l4k::object::capability::Capability;
use l4k::object::slot::Slot;
use l4k::object::thread::{State, Suspension, Thread};
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{Outcome, World, print_reports, slot};
use l4k_model::{Results, invariants};
use l4k_sys::Error;
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, MapAttributes, ObjectKind, Rights, SystemCall};

const OTHER: CoreNumber = CoreNumber(1);

/// A world of two cores, and the slot of the authority over the time of the second.
fn two_cores() -> (World, u64) {
    let mut world = World::new();
    world.kernel.system.core_count = 2;
    let control = world.new_slot();
    let capability = Capability::SchedControl { core: 1 };
    *world.kernel.system.store.get_mut(world.table.slot(control as u32)) = Slot { capability, ..Slot::EMPTY };
    (world, control)
}

/// A thread on the other core, which runs there.
fn runs_there(world: &mut World, control: u64, priority: u64) -> Spawned {
    let spawned = world.spawn(priority, Time::Own);
    let slice = [control, spawned.context, 5_000_000, 5_000_000];
    world.call(SystemCall::SchedControlConfigure, &slice).unwrap();
    assert_eq!(take_interrupt(world), Resume::Thread(spawned.thread));
    spawned
}

/// The other core enters the kernel, and leaves it again.
fn enter(world: &mut World, event: Event) -> Resume {
    world.kernel.system.store.machine.here = 1;
    let resume = world.kernel.handle(OTHER, event);
    let resume = print_reports(&mut world.kernel, OTHER, resume);
    world.kernel.system.store.machine.processors[1].whereabouts = match resume {
        Resume::Thread(_) => Whereabouts::Program,
        _ => Whereabouts::Entered(Entered::Otherwise),
    };
    world.kernel.system.store.machine.here = 0;
    world.kernel.system.here = CoreNumber(0);
    world.kernel.system.store.machine.stopped.clear();
    invariants::check(world);
    resume
}

fn is_told(world: &World) -> bool {
    world.kernel.system.store.machine.processors[1].interrupted
}

fn take_interrupt(world: &mut World) -> Resume {
    assert!(is_told(world), "nobody has told the other core");
    enter(world, Event::Interrupt)
}

/// The thread on the other core makes a system call, but another core has its turn first.
fn wait_with_call(world: &mut World, thread: Ref<Thread>, call: SystemCall, x0: u64) {
    let context = &mut world.kernel.system.store.get_mut(thread).context;
    (context.x[0], context.x[8]) = (x0, call as u64);
    context.begin_system_call();
    context.pc += 4;
    world.kernel.system.store.machine.processors[1].whereabouts = Whereabouts::Entered(Entered::SystemCall);
}

#[test]
fn whoever_becomes_able_to_run_there_is_run_there() {
    let (mut world, control) = two_cores();
    let urgent = runs_there(&mut world, control, 90);
    let notification = world.make(ObjectKind::Notification, 0);
    wait_with_call(&mut world, urgent.thread, SystemCall::Wait, notification);
    assert_eq!(enter(&mut world, Event::SystemCall), Resume::Idle);
    assert!(!is_told(&world));
    world.call(SystemCall::Signal, &[notification]).unwrap();
    assert_eq!(take_interrupt(&mut world), Resume::Thread(urgent.thread));
    // One that is less urgent is no reason to interrupt the other core.
    let less = world.spawn(80, Time::Own);
    world.call(SystemCall::SchedControlConfigure, &[control, less.context, 5_000_000, 5_000_000]).unwrap();
    assert!(!is_told(&world));
}

#[test]
fn a_priority_interrupts_another_core_only_if_somebody_else_runs_there_then() {
    let (mut world, control) = two_cores();
    let runs = runs_there(&mut world, control, 90);
    let waits = world.spawn(80, Time::Own);
    world.call(SystemCall::SchedControlConfigure, &[control, waits.context, 5_000_000, 5_000_000]).unwrap();
    for (thread, priority) in [(waits, 20), (waits, 90), (runs, 95), (runs, 90), (waits, 90), (waits, 20), (runs, 20)] {
        world.call(SystemCall::ThreadSetPriority, &[thread.slot, priority, priority]).unwrap();
        assert!(!is_told(&world), "nobody else is to run there");
    }
    world.call(SystemCall::ThreadSetPriority, &[waits.slot, 21, 21]).unwrap();
    assert_eq!(take_interrupt(&mut world), Resume::Thread(waits.thread), "it is more urgent now");
    world.call(SystemCall::ThreadSetPriority, &[waits.slot, 19, 19]).unwrap();
    assert_eq!(take_interrupt(&mut world), Resume::Thread(runs.thread), "it is less urgent now");
}

#[test]
fn a_release_that_comes_before_the_timer_is_told() {
    let (mut world, control) = two_cores();
    runs_there(&mut world, control, 90);
    let waits = world.spawn(80, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[waits.slot]).unwrap();
    world.call(SystemCall::SchedControlConfigure, &[control, waits.context, 10_000, 1_000_000]).unwrap();
    let Capability::SchedContext { object } = world.capability(waits.context) else { panic!() };
    world.kernel.system.store.get_mut(object).give_up(l4k::base::time::Ticks(10_000));
    world.call(SystemCall::ThreadResume, &[waits.slot]).unwrap();
    assert!(is_told(&world), "its timer is set to 5 ms, the release comes after 1");
    let Resume::Thread(_) = take_interrupt(&mut world) else { panic!() };
    let deadline = world.kernel.system.store.machine.processors[1].deadline.unwrap();
    assert_eq!(deadline, world.kernel.system.release_of(waits.thread));
}

#[test]
fn a_call_that_was_not_made_yet_is_made_when_the_thread_goes_on() {
    let (mut world, control) = two_cores();
    let there = runs_there(&mut world, control, 90);
    let notification = world.make(ObjectKind::Notification, 0);
    let pc = world.kernel.system.store.get(there.thread).context.pc;
    wait_with_call(&mut world, there.thread, SystemCall::Signal, notification);
    world.call(SystemCall::ThreadSuspend, &[there.slot]).unwrap();
    assert_eq!(world.state(there.thread), State::Suspended(Suspension::Stopped));
    assert_eq!(enter(&mut world, Event::SystemCall), Resume::Idle, "it has nobody's call to make");
    let context = &world.kernel.system.store.get(there.thread).context;
    assert_eq!((context.pc, context.x[8]), (pc, SystemCall::Signal as u64));
    assert_eq!(world.call(SystemCall::Poll, &[notification]).err(), Some(Error::WouldBlock));
    world.call(SystemCall::ThreadResume, &[there.slot]).unwrap();
    assert_eq!(take_interrupt(&mut world), Resume::Thread(there.thread));
}

#[test]
fn what_firmware_answers_to_a_thread_that_was_stopped_is_lost_and_it_is_told() {
    let (mut world, control) = two_cores();
    let there = runs_there(&mut world, control, 90);
    wait_with_call(&mut world, there.thread, SystemCall::FirmwareCall, slot::SMC_CONTROL);
    assert_eq!(enter(&mut world, Event::SystemCall), Resume::Firmware);
    assert_eq!(
        world.kernel.system.core(OTHER).loaded_thread,
        None,
        "nothing of it stays in a core that cannot be stopped"
    );
    assert_eq!(world.kernel.system.caller, None, "it makes no call of the kernel's any more");
    world.kernel.system.store.machine.processors[1].whereabouts = Whereabouts::Entered(Entered::Firmware);
    world.call(SystemCall::ThreadSuspend, &[there.slot]).unwrap();
    world.kernel.system.store.machine.here = 1;
    assert_eq!(world.kernel.answer_firmware(OTHER, Some([1, 2, 3, 4])), Resume::Idle);
    world.kernel.system.store.machine.here = 0;
    let Results { status, values, .. } = world.results(there.thread);
    assert_eq!((Error::from_code(status), values), (Some(Error::Cancelled), [0; 7]));
}

#[test]
fn registers_that_another_core_still_has_are_waited_for() {
    let (mut world, control) = two_cores();
    let there = runs_there(&mut world, control, 90);
    world.kernel.system.store.machine.processors[1].thread_pointer = 0x7777;
    world.call(SystemCall::ThreadSuspend, &[there.slot]).unwrap();
    assert_eq!(world.kernel.system.store.machine.stopped, [OTHER], "it was in its program");
    let read = [there.slot, 34, 0, 0, 0, 0, 0, 0];
    assert_eq!(world.system_call(SystemCall::ThreadReadRegisters as u64, read, 0), Outcome::Restarted);
    assert_eq!(enter(&mut world, Event::Interrupt), Resume::Idle);
    assert_eq!(world.call(SystemCall::ThreadReadRegisters, &read).unwrap().values[0], 0x7777);
}

#[test]
fn a_thread_that_moves_is_run_when_the_other_core_has_let_go_of_it() {
    let (mut world, control) = two_cores();
    let there = runs_there(&mut world, control, 100);
    world.kernel.system.store.machine.processors[1].thread_pointer = 0x7777;
    let slice = [slot::SCHED_CONTROL, there.context, 5_000_000, 5_000_000];
    world.call(SystemCall::SchedControlConfigure, &slice).unwrap();
    assert_eq!(world.kernel.system.core_of(there.thread), Some(CoreNumber(0)));
    world.kernel.system.suspend(world.root, Suspension::Stopped);
    assert_eq!(world.kernel.start(CoreNumber(0)), Resume::Again);
    assert_eq!(world.kernel.system.store.machine.processors[0].root, SpaceRoot::NOTHING, "nobody stops it meanwhile");
    assert_eq!(enter(&mut world, Event::Interrupt), Resume::Idle);
    assert_eq!(world.kernel.start(CoreNumber(0)), Resume::Thread(there.thread));
    assert_eq!(world.kernel.system.store.machine.processors[0].thread_pointer, 0x7777);
}

#[test]
fn a_space_that_goes_is_left_by_every_core_before_its_identifier_is_used_again() {
    let (mut world, control) = two_cores();
    let space = world.make(ObjectKind::AddressSpace, 16);
    world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, space]).unwrap();
    let thread = world.spawn(90, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    world.call(SystemCall::ThreadConfigure, &[thread.slot, slot::CNODE, space, 0]).unwrap();
    world.call(SystemCall::ThreadResume, &[thread.slot]).unwrap();
    world.call(SystemCall::SchedControlConfigure, &[control, thread.context, 5_000_000, 5_000_000]).unwrap();
    assert_eq!(take_interrupt(&mut world), Resume::Thread(thread.thread));
    let (table, asid) = world.kernel.system.store.machine.processors[1].root.tables().unwrap();
    let Capability::AddressSpace { object } = world.capability(space) else { panic!() };
    world.kernel.system.release_asid(object);
    assert_eq!(world.kernel.system.store.machine.stopped, [OTHER]);
    assert_eq!(enter(&mut world, Event::Interrupt), Resume::Thread(thread.thread), "it runs, in nothing");
    assert_eq!(world.kernel.system.store.machine.processors[1].root, SpaceRoot::NOTHING);
    // Until then its walker may have read the tables, and remembered what it found.
    let content = TableEntry::Table(table);
    let stale = Translation { asid: asid.value(), start: 0, level: Level::Zero, place: table.value(), content };
    world.kernel.system.store.machine.ledger.get_mut().sides[1].tlb.fill(stale);
    world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, space]).unwrap();
    let forgotten = !world.kernel.system.store.machine.ledger.get_mut().sides[1].tlb.held().contains(&stale);
    assert!(forgotten, "what was remembered of {table:?} by the identifier's last use");
}

/// A thread that runs on the other core in a space of its own: the thread, and the slot of the space's first capability.
fn runs_there_in_a_space(world: &mut World, control: u64) -> (Spawned, u64) {
    let first = world.make(ObjectKind::AddressSpace, 16);
    world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, first]).unwrap();
    let thread = world.spawn(90, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    world.call(SystemCall::ThreadConfigure, &[thread.slot, slot::CNODE, first, 0]).unwrap();
    world.call(SystemCall::ThreadResume, &[thread.slot]).unwrap();
    world.call(SystemCall::SchedControlConfigure, &[control, thread.context, 5_000_000, 5_000_000]).unwrap();
    assert_eq!(take_interrupt(world), Resume::Thread(thread.thread));
    world.kernel.system.store.machine.processors[1].interrupted = false;
    (thread, first)
}

#[test]
fn a_thread_whose_space_is_revoked_runs_in_it_on_no_core_when_the_call_returns() {
    let (mut world, control) = two_cores();
    let (thread, first) = runs_there_in_a_space(&mut world, control);
    assert_ne!(world.kernel.system.store.machine.processors[1].root, SpaceRoot::NOTHING);
    // The space itself lives on: its first capability is still there.
    world.call(SystemCall::CNodeRevoke, &[0, first]).unwrap();
    assert!(world.kernel.system.space_at(world.root, first).is_ok());
    assert_eq!(world.kernel.system.store.machine.stopped, [OTHER], "it goes on in a space that was taken from it");
    assert_eq!(enter(&mut world, Event::Interrupt), Resume::Thread(thread.thread), "it runs, in nothing");
    assert_eq!(world.kernel.system.store.machine.processors[1].root, SpaceRoot::NOTHING);
}

#[test]
fn a_core_that_runs_another_thread_of_a_revoked_space_is_left_alone() {
    let (mut world, control) = two_cores();
    let (_, first) = runs_there_in_a_space(&mut world, control);
    // Another thread of the same space, which runs nowhere, loses it: its capability is the child of a copy.
    let copy = world.new_slot();
    world.call(SystemCall::CNodeCopy, &[0, copy, 0, first, 7]).unwrap();
    let idle = world.spawn(20, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[idle.slot]).unwrap();
    world.call(SystemCall::ThreadConfigure, &[idle.slot, slot::CNODE, copy, 0]).unwrap();
    world.call(SystemCall::CNodeRevoke, &[0, copy]).unwrap();
    assert_eq!(world.kernel.system.store.machine.stopped, [], "nothing was taken from what runs there");
    assert!(!is_told(&world));
}

/// The step bit (SPSR_EL1.SS).
const STEP: u64 = 1 << 21;

/// A read of a page that is not mapped.
const MISSING: Fault = Fault {
    kind: FaultKind::Page,
    access: Access::Read,
    cause: FaultCause::NotMapped,
    level: 3,
    instruction_pointer: 0x20_0000,
    address: 0x70_0000,
    syndrome: 0x9200_0007,
    stack_pointer: 0x30_0000,
    link_register: 0,
};

/// A page in a space, and its memory type changed: it was missing for a moment.
fn break_mapping(world: &mut World, space: u64, address: u64) {
    let frame = world.make(ObjectKind::Frame, 12);
    let rights = Rights::READ.union(Rights::WRITE).bits();
    world.call(SystemCall::FrameMap, &[frame, space, address, rights, 0]).unwrap();
    assert!(!world.kernel.system.core(OTHER).met_break, "a mapping that is made breaks none");
    world.call(SystemCall::FrameProtect, &[frame, Rights::READ.bits(), 0]).unwrap();
    assert!(!world.kernel.system.core(OTHER).met_break, "rights change in one step");
    world.call(SystemCall::FrameProtect, &[frame, rights, MapAttributes::UNCACHED.bits()]).unwrap();
}

#[test]
fn a_fault_of_a_mapping_that_another_core_was_changing_is_none_once() {
    let (mut world, control) = two_cores();
    let (there, space) = runs_there_in_a_space(&mut world, control);
    break_mapping(&mut world, space, 0x70_0000);
    assert_eq!(enter(&mut world, Event::Fault(MISSING)), Resume::Thread(there.thread), "it makes its access again");
    assert_eq!(world.state(there.thread), State::Ready);
    assert_eq!(enter(&mut world, Event::Fault(MISSING)), Resume::Idle, "the same fault again is one");
    assert_eq!(world.state(there.thread), State::Suspended(Suspension::Faulted));
}

#[test]
fn a_handler_hears_nothing_of_a_mapping_that_was_changing() {
    let (mut world, control) = two_cores();
    let (there, space) = runs_there_in_a_space(&mut world, control);
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    world.call(SystemCall::ThreadSuspend, &[there.slot]).unwrap();
    world.call(SystemCall::ThreadConfigure, &[there.slot, slot::CNODE, space, endpoint]).unwrap();
    world.call(SystemCall::ThreadResume, &[there.slot]).unwrap();
    let handler = world.spawn(95, Time::Own);
    world.call(SystemCall::SchedControlConfigure, &[control, handler.context, 5_000_000, 5_000_000]).unwrap();
    assert_eq!(take_interrupt(&mut world), Resume::Thread(handler.thread));
    world.kernel.system.store.get_mut(handler.thread).context.x[9] = reply;
    wait_with_call(&mut world, handler.thread, SystemCall::Receive, endpoint);
    assert_eq!(enter(&mut world, Event::SystemCall), Resume::Thread(there.thread));
    break_mapping(&mut world, space, 0x70_0000);
    assert_eq!(
        enter(&mut world, Event::Fault(MISSING)),
        Resume::Thread(there.thread),
        "the fast path does not tell it"
    );
    assert_eq!(enter(&mut world, Event::Fault(MISSING)), Resume::Thread(handler.thread));
}

#[test]
fn other_faults_and_other_spaces_are_told_also_after_a_break() {
    let (mut world, control) = two_cores();
    let (there, space) = runs_there_in_a_space(&mut world, control);
    break_mapping(&mut world, space, 0x70_0000);
    let denied = Fault { cause: FaultCause::Permission, ..MISSING };
    assert_eq!(enter(&mut world, Event::Fault(denied)), Resume::Idle, "no mapping on the way denies anything");
    let (mut world, control) = two_cores();
    let _ = runs_there_in_a_space(&mut world, control);
    break_mapping(&mut world, slot::ADDRESS_SPACE, 0x70_0000);
    assert_eq!(enter(&mut world, Event::Fault(MISSING)), Resume::Idle, "it was no mapping of its space");
    let _ = there;
}

#[test]
fn a_stepped_thread_makes_its_step_after_a_mapping_has_changed() {
    let (mut world, control) = two_cores();
    let (there, space) = runs_there_in_a_space(&mut world, control);
    world.kernel.system.store.get_mut(there.thread).debugging.stepping = Stepping::On;
    break_mapping(&mut world, space, 0x70_0000);
    // The core took the step for made when the exception came.
    world.kernel.system.store.get_mut(there.thread).context.pstate &= !STEP;
    assert_eq!(enter(&mut world, Event::Fault(MISSING)), Resume::Thread(there.thread));
    assert_ne!(world.kernel.system.store.get(there.thread).context.pstate & STEP, 0);
}

#[test]
fn a_passive_server_serves_its_own_core() {
    let (mut world, control) = two_cores();
    let [endpoint, reply] =
        [(ObjectKind::Endpoint, 0), (ObjectKind::Reply, 0)].map(|(kind, bits)| world.make(kind, bits));
    let server = world.spawn(100, Time::Own);
    world.run(server.thread);
    world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
    world.call(SystemCall::SchedContextUnbind, &[server.context]).unwrap();
    let there = runs_there(&mut world, control, 90);
    wait_with_call(&mut world, there.thread, SystemCall::Call, endpoint);
    assert_eq!(enter(&mut world, Event::SystemCall), Resume::Thread(there.thread));
    assert_eq!(world.results(there.thread).check(), Err(Error::WrongCore));
    // A fault that would have to be handled on the wrong core leaves its thread stopped.
    world.call(SystemCall::ThreadSuspend, &[there.slot]).unwrap();
    assert_eq!(enter(&mut world, Event::Interrupt), Resume::Idle);
    world.call(SystemCall::ThreadConfigure, &[there.slot, slot::CNODE, slot::ADDRESS_SPACE, endpoint]).unwrap();
    world.call(SystemCall::ThreadResume, &[there.slot]).unwrap();
    assert_eq!(take_interrupt(&mut world), Resume::Thread(there.thread));
    let context = &mut world.kernel.system.store.get_mut(there.thread).context;
    context.x[8] = u64::MAX;
    context.begin_system_call();
    assert_eq!(enter(&mut world, Event::SystemCall), Resume::Idle);
    assert_eq!(world.state(there.thread), State::Suspended(Suspension::Faulted));
    assert!(matches!(world.state(server.thread), State::Receiving { .. }));
}

#[test]
fn a_core_that_does_not_exist_is_refused() {
    let (mut world, _) = two_cores();
    let irq = world.make(ObjectKind::Irq, 0);
    assert_eq!(world.call(SystemCall::IrqSetCore, &[irq, 1]), Err(Error::NotIssued));
    world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, 40, 1]).unwrap();
    for core in [2, 8, 256, u64::MAX] {
        assert_eq!(world.call(SystemCall::IrqSetCore, &[irq, core]), Err(Error::InvalidCore));
    }
    world.call(SystemCall::IrqSetCore, &[irq, 1]).unwrap();
    assert_eq!(world.kernel.system.store.machine.routes.values().copied().collect::<Vec<_>>(), [OTHER]);
}

/// What an invariant says of a world that is spoiled.
fn complaint(spoil: impl FnOnce(&mut World, Spawned)) -> String {
    let (mut world, control) = two_cores();
    let there = runs_there(&mut world, control, 90);
    spoil(&mut world, there);
    let checks = std::panic::AssertUnwindSafe(|| {
        invariants::check_told(&world.kernel.system);
        invariants::check(&world);
    });
    let panic = std::panic::catch_unwind(checks).expect_err("nobody complains");
    *panic.downcast::<String>().expect("a formatted message")
}

#[test]
fn invariants_of_cores_fire() {
    let more_urgent = complaint(|world, _| {
        let urgent = world.spawn(95, Time::Own);
        world.kernel.system.store.get_mut(urgent.thread).core = OTHER;
        world.kernel.system.ready_remove(CoreNumber(0), urgent.thread);
        world.kernel.system.ready_insert(OTHER, urgent.thread, l4k::operation::ready::End::Back);
    });
    assert!(more_urgent.contains("is not told"), "{more_urgent}");
    let sleeps = complaint(|world, there| {
        let waits = world.spawn(80, Time::Own);
        let Capability::SchedContext { object } = world.capability(waits.context) else { panic!() };
        world.kernel.system.ready_remove(CoreNumber(0), waits.thread);
        world.kernel.system.release_insert(OTHER, waits.thread);
        world.kernel.system.store.get_mut(object).core = OTHER;
        world.kernel.system.store.machine.processors[1].deadline = None;
        assert_eq!(world.kernel.system.core(OTHER).current, Some(there.thread));
    });
    assert!(sleeps.contains("sleeps over"), "{sleeps}");
    let elsewhere = complaint(|world, _| {
        let moved = world.spawn(80, Time::Own);
        world.kernel.system.ready_remove(CoreNumber(0), moved.thread);
        world.kernel.system.ready_insert(OTHER, moved.thread, l4k::operation::ready::End::Back);
    });
    assert!(elsewhere.contains("on another core than its time's"), "{elsewhere}");
    let core = complaint(|world, there| world.kernel.system.store.get_mut(there.thread).core = CoreNumber(0));
    assert!(core.contains("which runs on"), "{core}");
    let loaded = complaint(|world, there| {
        world.kernel.system.core_mut(CoreNumber(0)).loaded_thread = Some(there.thread);
    });
    assert!(loaded.contains("is loaded on two cores"), "{loaded}");
    let space = complaint(|world, _| {
        let other = world.make(ObjectKind::AddressSpace, 16);
        world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, other]).unwrap();
        let Capability::AddressSpace { object } = world.capability(other) else { panic!() };
        let root = world.kernel.system.root_of_space(object);
        world.kernel.system.core_mut(OTHER).loaded = root;
        world.kernel.system.store.machine.processors[1].root = root;
    });
    assert!(space.contains("in another space than its own"), "{space}");
}
