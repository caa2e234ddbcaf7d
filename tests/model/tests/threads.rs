//! Threads: configuration, suspension, registers, faults, priorities and slices.

use l4k::base::arch::SpaceRoot;
use l4k::base::registers::Shape;
use l4k::object::thread::{State, Suspension};
use l4k_model::objects::Time;
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::memory::USER_END;
use l4k_sys::abi::{Access, Arrival, Fault, FaultCause, FaultKind, ObjectKind, Rights, SystemCall, Tag, ThreadState};

const FAULT: Fault = Fault {
    kind: FaultKind::Page,
    access: Access::Write,
    cause: FaultCause::NotMapped,
    level: 3,
    instruction_pointer: 0x20_0040,
    address: 0x1234_5000,
    syndrome: 0x9200_0047,
    stack_pointer: 0x30_0000,
    link_register: 0x20_0100,
};

#[test]
fn a_thread_needs_its_spaces_before_it_runs() {
    let mut world = World::new();
    let thread = world.make(ObjectKind::Thread, 0);
    assert_eq!(world.call(SystemCall::ThreadResume, &[thread]), Err(Error::NotConfigured));
    let wrong = world.call(SystemCall::ThreadConfigure, &[thread, slot::ADDRESS_SPACE, slot::CNODE, 0]);
    assert_eq!(wrong, Err(Error::WrongKind));
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let receive_only = world.copy(endpoint, Rights::RECEIVE);
    let handler = [thread, slot::CNODE, slot::ADDRESS_SPACE, receive_only];
    assert_eq!(world.call(SystemCall::ThreadConfigure, &handler), Err(Error::MissingRight));
    world.call(SystemCall::ThreadConfigure, &[thread, slot::CNODE, slot::ADDRESS_SPACE, endpoint]).unwrap();
    world.call(SystemCall::ThreadConfigure, &[thread, slot::CNODE, slot::ADDRESS_SPACE, 0]).unwrap();
    world.call(SystemCall::ThreadResume, &[thread]).unwrap();
    let query = world.call(SystemCall::ThreadQuery, &[thread]).unwrap();
    assert_eq!(query.values[0], ThreadState::NoContext as u64);
}

#[test]
fn a_thread_that_has_run_in_no_space_runs_in_the_next_one() {
    let mut world = World::new();
    let space = world.make(ObjectKind::AddressSpace, 16);
    world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, space]).unwrap();
    let thread = world.spawn(5, Time::Own);
    let configure = [thread.slot, slot::CNODE, space, 0];
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    world.call(SystemCall::ThreadConfigure, &configure).unwrap();
    world.call(SystemCall::CNodeRevoke, &[0, space]).unwrap();
    let loaded = |world: &mut World, thread| {
        let _ = world.kernel.system.load(Some(thread));
        world.kernel.system.store.machine.processors[0].root
    };
    assert_eq!(loaded(&mut world, thread.thread), SpaceRoot::NOTHING);
    let root = world.root;
    loaded(&mut world, root);
    world.call(SystemCall::ThreadConfigure, &configure).unwrap();
    assert_ne!(loaded(&mut world, thread.thread), SpaceRoot::NOTHING);
}

#[test]
fn only_suspended_threads_can_be_changed() {
    let mut world = World::new();
    let thread = world.spawn(5, Time::Own);
    let configure = [thread.slot, slot::CNODE, slot::ADDRESS_SPACE, 0];
    assert_eq!(world.call(SystemCall::ThreadConfigure, &configure), Err(Error::NotSuspended));
    assert_eq!(world.call(SystemCall::ThreadWriteRegisters, &[thread.slot, 0, 0]), Err(Error::NotSuspended));
    assert_eq!(world.call(SystemCall::ThreadReadRegisters, &[thread.slot, 0]), Err(Error::NotSuspended));
    assert_eq!(world.call(SystemCall::ThreadResume, &[thread.slot]), Err(Error::NotSuspended));
    assert_eq!(world.call(SystemCall::ThreadSetBuffer, &[thread.slot, 0, 0]), Err(Error::NotSuspended));
}

#[test]
fn start_registers_are_checked_and_everything_else_is_zero() {
    let mut world = World::new();
    let thread = world.spawn(5, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    world.kernel.system.store.get_mut(thread.thread).context.x[20] = 99;
    let write = |world: &mut World, pc, sp| {
        world.call(SystemCall::ThreadWriteRegisters, &[thread.slot, pc, sp, 7, 8, 9]).map(|_| ())
    };
    assert_eq!(write(&mut world, 2, 0), Err(Error::Misaligned));
    assert_eq!(write(&mut world, 4, 8), Err(Error::Misaligned));
    assert_eq!(write(&mut world, USER_END, 0), Err(Error::InvalidAddress));
    assert_eq!(write(&mut world, 0xffff_ffff_8000_0000, 0), Err(Error::InvalidAddress));
    write(&mut world, 0x20_0000, USER_END).unwrap();
    let read = |world: &mut World, first| {
        world.call(SystemCall::ThreadReadRegisters, &[thread.slot, first]).map(|results| results.values)
    };
    assert_eq!(read(&mut world, 0).unwrap()[..6], [7, 8, 9, 0, 0, 0]);
    assert_eq!(read(&mut world, 18).unwrap()[..6], [0; 6]);
    assert_eq!(read(&mut world, 30).unwrap()[..6], [0, USER_END, 0x20_0000, 0, 0, 0]);
    assert_eq!(read(&mut world, 35), Err(Error::InvalidRegister));
}

#[test]
fn registers_that_a_system_call_does_not_keep_read_as_zero() {
    let mut world = World::new();
    let thread = world.spawn(5, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    let context = &mut world.kernel.system.store.get_mut(thread.thread).context;
    context.x = [0x77; 31];
    context.shape = Shape::SystemCall;
    let values = world.call(SystemCall::ThreadReadRegisters, &[thread.slot, 8]).unwrap().values;
    assert_eq!(values[..6], [0, 0x77, 0, 0, 0, 0]);
}

#[test]
fn a_fault_is_a_message_and_label_zero_lets_the_thread_go_on() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let badged = world.mint(endpoint, Rights::CALL, 0x99);
    let reply = world.make(ObjectKind::Reply, 0);
    let thread = world.spawn_with_handler(5, Time::Own, badged);
    for (label, state) in [(0, State::Ready), (1, State::Suspended(Suspension::Faulted))] {
        world.run(thread.thread);
        world.fault(FAULT);
        assert_eq!(world.current(), Some(world.root));
        let received = world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
        let Outcome::Returned(results) = received else { panic!() };
        assert_eq!((results.status, results.badge), (Arrival::Fault as u64, 0x99));
        let words: [u64; 6] = results.values[1..].try_into().unwrap();
        assert_eq!(Fault::from_message(Tag::from_bits(results.values[0]).unwrap(), &words), Some(FAULT));
        let query = world.call(SystemCall::ThreadQuery, &[thread.slot]).unwrap();
        assert_eq!(query.values[0], ThreadState::Faulted as u64);
        assert_eq!(world.call(SystemCall::ThreadCancel, &[thread.slot]), Err(Error::NotBlocked));
        let tag = Tag::new(label, 0).unwrap().bits();
        world.system_call(SystemCall::Reply as u64, [reply, tag, 0, 0, 0, 0, 0, 0], 0);
        assert_eq!(world.state(thread.thread), state);
    }
}

#[test]
fn a_fault_without_a_handler_suspends_and_is_reported_on_the_console() {
    let mut world = World::new();
    let thread = world.spawn(5, Time::Own);
    let name = u64::from_le_bytes(*b"culprit\0");
    world.call(SystemCall::DebugNameThread, &[slot::DEBUG_CONSOLE, thread.slot, 7, name, 0]).unwrap();
    world.run(thread.thread);
    world.fault(FAULT);
    assert_eq!(world.state(thread.thread), State::Suspended(Suspension::Faulted));
    let console = String::from_utf8(world.kernel.system.store.machine.console.clone()).unwrap();
    for part in ["'culprit'", "Page fault", "Write", "NotMapped", "0x12345000", "0x200040"] {
        assert!(console.contains(part), "{part} in {console}");
    }
}

#[test]
fn a_handler_that_dies_leaves_its_faulted_threads_suspended() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let thread = world.spawn_with_handler(5, Time::Own, endpoint);
    world.run(thread.thread);
    world.fault(FAULT);
    // The thread's own copy keeps the endpoint alive: only a revoke of the memory takes it.
    let copies = world.call(SystemCall::CNodeRevoke, &[0, endpoint]);
    assert!(copies.is_ok());
    world.call(SystemCall::CNodeDelete, &[0, endpoint]).unwrap();
    assert_eq!(world.state(thread.thread), State::Suspended(Suspension::Faulted));
}

#[test]
fn an_unknown_system_call_is_a_fault_with_its_number() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let reply = world.make(ObjectKind::Reply, 0);
    let thread = world.spawn_with_handler(5, Time::Own, endpoint);
    for number in [0, 12, 31, 79, 1 << 16, u64::MAX] {
        world.run(thread.thread);
        let pc = world.kernel.system.store.get(thread.thread).context.pc;
        world.system_call(number, [0; 8], 0);
        let received = world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
        let Outcome::Returned(results) = received else { panic!() };
        assert_eq!(Tag::from_bits(results.values[0]).unwrap().label(), FaultKind::UnknownSystemCall as u32);
        assert_eq!(results.values[1..3], [pc, number]);
        world.system_call(SystemCall::Reply as u64, [reply, 0, 0, 0, 0, 0, 0, 0], 0);
        assert_eq!(world.kernel.system.store.get(thread.thread).context.pc, pc + 4);
    }
}

#[test]
fn the_most_urgent_ready_thread_runs() {
    let mut world = World::new();
    let low = world.spawn(10, Time::Own);
    let high = world.spawn(150, Time::Own);
    assert_eq!(world.current(), Some(high.thread), "it preempts the thread that resumed it");
    world.suspend_current();
    assert_eq!(world.current(), Some(world.root), "then the one it preempted, not one behind that");
    world.suspend_current();
    assert_eq!(world.current(), Some(low.thread));
}

#[test]
fn priorities_are_bounded_by_the_callers_maximum() {
    let mut world = World::new();
    let thread = world.spawn(50, Time::Own);
    world.run(thread.thread);
    for (priority, maximum) in [(51, 0), (0, 51), (256, 0), (0, u64::MAX)] {
        world.run(thread.thread);
        let raised = world.call(SystemCall::ThreadSetPriority, &[thread.slot, priority, maximum]);
        assert_eq!(raised, Err(Error::PriorityTooHigh));
    }
    world.run(thread.thread);
    world.call(SystemCall::ThreadSetPriority, &[thread.slot, 50, 20]).unwrap();
    world.run(thread.thread);
    assert_eq!(world.call(SystemCall::ThreadSetPriority, &[thread.slot, 21, 0]), Err(Error::PriorityTooHigh));
}

#[test]
fn equal_priorities_take_turns_by_slices() {
    let mut world = World::new();
    let threads = [world.spawn(120, Time::Own), world.spawn(120, Time::Own), world.spawn(120, Time::Own)];
    let mut order = Vec::new();
    for _ in 0..6 {
        let current = world.current().unwrap();
        order.push(threads.iter().position(|thread| thread.thread == current).unwrap());
        world.pass_time(5_000_000);
    }
    assert_eq!(order, [0, 1, 2, 0, 1, 2]);
}

#[test]
fn a_slice_interrupted_by_a_more_urgent_thread_goes_on_where_it_was() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let irq = world.make(ObjectKind::Irq, 0);
    world.call(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, 70, 0]).unwrap();
    world.call(SystemCall::IrqBind, &[irq, notification]).unwrap();
    let urgent = world.spawn(200, Time::Own);
    world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
    let threads = [world.spawn(100, Time::Own), world.spawn(100, Time::Own)];
    world.suspend_current();
    assert_eq!(world.current(), Some(threads[0].thread));
    let clock = &world.kernel.system.store.machine.clock;
    clock.set(clock.get() + 1_000_000);
    world.interrupt(70);
    assert_eq!(world.current(), Some(urgent.thread));
    world.suspend_current();
    assert_eq!(world.current(), Some(threads[0].thread), "the same thread, with the rest of its slice");
    world.pass_time(4_000_000);
    assert_eq!(world.current(), Some(threads[1].thread));
}

#[test]
fn yield_gives_way_to_equals_only() {
    let mut world = World::new();
    let _low = world.spawn(10, Time::Own);
    let equal = world.spawn(100, Time::Own);
    world.call(SystemCall::Yield, &[]).ok();
    assert_eq!(world.current(), Some(equal.thread));
    world.call(SystemCall::Yield, &[]).ok();
    assert_eq!(world.current(), Some(world.root));
}

#[test]
fn used_time_is_accounted_to_who_used_it() {
    let mut world = World::new();
    let thread = world.spawn(120, Time::Own);
    world.pass_time(3_000_000);
    let outcome = world.system_call(SystemCall::ThreadSuspend as u64, [thread.slot, 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!(outcome, Outcome::Blocked, "a thread can suspend itself");
    let used = |world: &mut World, context| world.call(SystemCall::SchedContextQuery, &[context]).unwrap().values[2];
    assert_eq!(used(&mut world, thread.context), 3_000_000);
    world.pass_time(2_000_000);
    assert_eq!(used(&mut world, thread.context), 3_000_000);
    assert_eq!(used(&mut world, slot::SCHED_CONTEXT), 2_000_000);
}

#[test]
fn contexts_are_checked_and_bound_once() {
    let mut world = World::new();
    let context = world.make(ObjectKind::SchedContext, 0);
    let thread = world.spawn(5, Time::Lent);
    assert_eq!(world.call(SystemCall::SchedContextBind, &[context, thread.slot]), Err(Error::NotConfigured));
    let fill = |world: &mut World, budget, period| {
        world.call(SystemCall::SchedControlConfigure, &[slot::SCHED_CONTROL, context, budget, period]).map(|_| ())
    };
    for (budget, period) in [(0, 0), (1, 1), (9_999, 9_999), (20_000, 10_000), (u64::MAX, u64::MAX)] {
        assert_eq!(fill(&mut world, budget, period), Err(Error::InvalidTime));
    }
    assert_eq!(fill(&mut world, 10_000, 3_600_000_000_001), Err(Error::InvalidTime), "a period of more than an hour");
    fill(&mut world, 10_000, 3_600_000_000_000).unwrap();
    fill(&mut world, 10_000, 10_000).unwrap();
    world.call(SystemCall::SchedContextBind, &[context, thread.slot]).unwrap();
    assert_eq!(world.call(SystemCall::SchedContextBind, &[context, thread.slot]), Err(Error::AlreadyBound));
    world.call(SystemCall::CNodeDelete, &[0, context]).unwrap();
    let query = world.call(SystemCall::ThreadQuery, &[thread.slot]).unwrap();
    assert_eq!(query.values[0], ThreadState::NoContext as u64);
}

#[test]
fn thread_pointers_follow_their_threads() {
    let mut world = World::new();
    let thread = world.spawn(100, Time::Own);
    world.kernel.system.store.machine.processors[0].thread_pointer = 0xaaaa;
    world.call(SystemCall::Yield, &[]).ok();
    assert_eq!(world.current(), Some(thread.thread));
    assert_eq!(
        world.kernel.system.store.machine.processors[0].thread_pointer, 0,
        "nothing of the other thread's is seen"
    );
    world.kernel.system.store.machine.processors[0].thread_pointer = 0xbbbb;
    world.call(SystemCall::Yield, &[]).ok();
    assert_eq!(world.kernel.system.store.machine.processors[0].thread_pointer, 0xaaaa);
}

#[test]
fn a_message_buffer_is_a_normal_writable_page() {
    let mut world = World::new();
    let thread = world.make(ObjectKind::Thread, 0);
    let frame = world.make(ObjectKind::Frame, 12);
    let large = world.make(ObjectKind::Frame, 21);
    let device = world.make_from(slot::DEVICE, ObjectKind::Frame, 12);
    let read_only = world.copy(frame, Rights::READ);
    let set = |world: &mut World, frame, address| {
        world.call(SystemCall::ThreadSetBuffer, &[thread, frame, address]).map(|_| ())
    };
    assert_eq!(set(&mut world, device, 0x40_0000), Err(Error::DeviceMemory));
    assert_eq!(set(&mut world, large, 0x40_0000), Err(Error::InvalidSize));
    assert_eq!(set(&mut world, read_only, 0x40_0000), Err(Error::MissingRight));
    assert_eq!(set(&mut world, frame, 0x40_0008), Err(Error::Misaligned));
    assert_eq!(set(&mut world, frame, 0xffff_0000_0000_0000), Err(Error::InvalidAddress));
    assert_eq!(set(&mut world, thread, 0x40_0000), Err(Error::WrongKind));
    set(&mut world, frame, 0x40_0000).unwrap();
    set(&mut world, 0, 0).unwrap();
}

#[test]
fn the_debug_console_needs_its_rights() {
    let mut world = World::new();
    let print = world.copy(slot::DEBUG_CONSOLE, Rights::PRINT);
    let text = u64::from_le_bytes(*b"hello\n\0\0");
    world.call(SystemCall::DebugWrite, &[print, 6, text]).unwrap();
    assert_eq!(world.kernel.system.store.machine.console, b"hello\n");
    assert_eq!(world.call(SystemCall::DebugWrite, &[print, 49]), Err(Error::InvalidArgument));
    assert_eq!(world.call(SystemCall::DebugExit, &[print, 0]), Err(Error::MissingRight));
    assert_eq!(world.call(SystemCall::DebugExit, &[slot::DEBUG_CONSOLE, 256]), Err(Error::InvalidArgument));
    world.call(SystemCall::DebugExit, &[slot::DEBUG_CONSOLE, 3]).unwrap();
    assert_eq!(world.kernel.system.store.machine.ended, Some(3));
}
