//! What the kernel prints about a fault that nobody handles.

use l4k::Resume;
use l4k::base::arch::{Arch, CoreNumber, Event, Line};
use l4k::object::capability::Capability;
use l4k::object::slot::Slot;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{CORE, World, slot};
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, ObjectKind, Rights, SystemCall};

const PAGE: u64 = 4096;
const STACK: u64 = 0x4000_0000;

/// A world in which a thread has a stack of three pages and has faulted at an address, and what the kernel said.
fn said(access: Access, cause: FaultCause, address: u64, stack_pointer: u64) -> String {
    let mut world = World::new();
    let thread = world.spawn(200, Time::Own);
    for page in 0..3 {
        let frame = world.make(ObjectKind::Frame, 12);
        let rights = Rights::READ.union(Rights::WRITE).bits();
        world.call(SystemCall::FrameMap, &[frame, slot::ADDRESS_SPACE, STACK + page * PAGE, rights, 0]).unwrap();
    }
    world.run(thread.thread);
    world.fault(Fault {
        kind: FaultKind::Page,
        access,
        cause,
        level: 3,
        instruction_pointer: 0x20_0000,
        address,
        syndrome: 0,
        stack_pointer,
        link_register: 0,
    });
    String::from_utf8(world.kernel.system.store.machine.console.clone()).unwrap()
}

const OVERFLOW: &str = "stack overflow";

#[test]
fn a_stack_overflow_is_called_one_with_its_size() {
    for (address, stack_pointer) in [(STACK - 16, STACK), (STACK - PAGE, STACK - PAGE), (STACK - 8, STACK - PAGE + 8)] {
        let said = said(Access::Write, FaultCause::NotMapped, address, stack_pointer);
        assert!(said.contains("no fault handler"), "{said}");
        assert!(said.contains("l4k:   stack overflow: the stack has 12288 bytes\n"), "{said}");
    }
}

#[test]
fn other_faults_are_no_stack_overflow() {
    use FaultCause::{NotMapped, Permission};
    for (access, cause, address, stack_pointer) in [
        // Below the guard page; far from the stack pointer; no access of data; something is mapped there; above the stack.
        (Access::Write, NotMapped, STACK - PAGE - 8, STACK - PAGE),
        (Access::Write, NotMapped, STACK - 16, STACK + 2 * PAGE),
        (Access::Execute, NotMapped, STACK - 16, STACK),
        (Access::Write, Permission, STACK - 16, STACK),
        (Access::Write, NotMapped, STACK + 3 * PAGE, STACK + 3 * PAGE),
    ] {
        let said = said(access, cause, address, stack_pointer);
        assert!(said.contains("no fault handler") && !said.contains(OVERFLOW), "{said}");
    }
}

const REPORT: &str = "no fault handler";
const LEFT_OUT: &str = "l4k: faults without a handler that were left out here: ";

/// A read of address 0.
fn bad_read() -> Fault {
    let (instruction_pointer, syndrome, stack_pointer, link_register) = (0x20_0000, 0, 0, 0);
    let (kind, access, cause) = (FaultKind::Page, Access::Read, FaultCause::NotMapped);
    Fault { kind, access, cause, level: 3, address: 0, instruction_pointer, syndrome, stack_pointer, link_register }
}

fn console(world: &World) -> String {
    String::from_utf8(world.kernel.system.store.machine.console.clone()).unwrap()
}

fn times(world: &World, what: &str) -> usize {
    console(world).matches(what).count()
}

/// A thread with a name, which runs.
fn named(world: &mut World, priority: u64) -> Spawned {
    let thread = world.spawn(priority, Time::Own);
    let name = u64::from_le_bytes(*b"crasher\0");
    world.as_root(SystemCall::DebugNameThread, &[slot::DEBUG_CONSOLE, thread.slot, 7, name, 0]);
    world.run(thread.thread);
    thread
}

/// The thread faults, and is started again, as its parent would.
fn fault_again(world: &mut World, thread: Spawned) {
    world.run(thread.thread);
    world.fault(bad_read());
    world.as_root(SystemCall::ThreadWriteRegisters, &[thread.slot, 0x20_0000, 0x30_0000]);
    world.as_root(SystemCall::ThreadResume, &[thread.slot]);
}

#[test]
fn a_report_is_printed_in_steps_before_less_urgent_threads_run() {
    let mut world = World::new();
    named(&mut world, 200);
    let mut resume = world.kernel.handle(CORE, Event::Fault(bad_read()));
    let mut lines = Vec::new();
    while resume == Resume::Again {
        lines.push(console(&world).lines().count());
        resume = world.kernel.start(CORE);
    }
    assert_eq!(resume, Resume::Thread(world.root));
    assert_eq!(lines, (1..=10).collect::<Vec<_>>(), "a line in each step\n{}", console(&world));
    assert!(console(&world).starts_with("l4k: thread 'crasher' (0x"), "{}", console(&world));
    assert!(console(&world).contains("l4k:   x28 ") && console(&world).contains("l4k:   sp  "));
}

#[test]
fn a_thread_that_an_interrupt_wakes_goes_before_the_rest_of_a_report_if_it_is_more_urgent() {
    for (priority, goes_first) in [(201, true), (199, false)] {
        let mut world = World::new();
        let driver = world.spawn(priority, Time::Own);
        let irq = world.make(ObjectKind::Irq, 0);
        let notification = world.make(ObjectKind::Notification, 0);
        world.as_root(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, 33, 0]);
        world.as_root(SystemCall::IrqBind, &[irq, notification]);
        world.run(driver.thread);
        world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
        named(&mut world, 200);
        assert_eq!(world.kernel.handle(CORE, Event::Fault(bad_read())), Resume::Again);
        let machine = &mut world.kernel.system.store.machine;
        machine.raised.insert(Line(33));
        machine.preempt_after.set(Some(0));
        let _ = world.kernel.start(CORE);
        let mut resume = world.kernel.start(CORE);
        assert_eq!(resume == Resume::Thread(driver.thread), goes_first, "{resume:?}");
        if goes_first {
            assert!(!console(&world).contains("l4k:   sp"), "the rest comes later");
            world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
        }
        while resume == Resume::Again {
            resume = world.kernel.start(CORE);
        }
        assert!(console(&world).contains("l4k:   sp"), "{}", console(&world));
    }
}

#[test]
fn a_thread_that_faults_in_a_loop_has_a_few_reports_in_a_second_and_the_rest_is_counted() {
    let mut world = World::new();
    let thread = named(&mut world, 200);
    (0..50).for_each(|_| fault_again(&mut world, thread));
    assert_eq!((times(&world, REPORT), times(&world, LEFT_OUT)), (4, 0));
    let machine = &world.kernel.system.store.machine;
    machine.clock.set(machine.clock.get() + machine.ticks_per_second().value());
    fault_again(&mut world, thread);
    assert_eq!(times(&world, REPORT), 5);
    assert_eq!(times(&world, &format!("{LEFT_OUT}46, the last one of thread 'crasher'\n")), 1, "{}", console(&world));
    let said = console(&world);
    assert!(said.rfind(LEFT_OUT) < said.rfind(REPORT), "it is told where they were left out");
}

#[test]
fn what_was_left_out_is_told_when_nothing_can_run_any_more() {
    let mut world = World::new();
    let thread = named(&mut world, 200);
    (0..6).for_each(|_| fault_again(&mut world, thread));
    world.as_root(SystemCall::ThreadSuspend, &[thread.slot]);
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    world.system_call(SystemCall::Call as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!(world.current(), None);
    assert_eq!(times(&world, &format!("{LEFT_OUT}2, ")), 1, "{}", console(&world));
}

#[test]
fn an_idle_core_tells_what_was_left_out_when_the_second_is_over() {
    let mut world = World::new();
    let thread = named(&mut world, 200);
    (0..6).for_each(|_| fault_again(&mut world, thread));
    world.as_root(SystemCall::ThreadSuspend, &[thread.slot]);
    let irq = world.make(ObjectKind::Irq, 0);
    let notification = world.make(ObjectKind::Notification, 0);
    world.as_root(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, 33, 0]);
    world.as_root(SystemCall::IrqBind, &[irq, notification]);
    world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!((world.current(), times(&world, LEFT_OUT)), (None, 0), "an interrupt can come");
    world.pass_time(world.kernel.system.store.machine.ticks_per_second().value());
    assert_eq!(times(&world, &format!("{LEFT_OUT}2, ")), 1, "{}", console(&world));
}

#[test]
fn a_report_survives_its_thread() {
    let mut world = World::new();
    let (irq, notification) = (world.make(ObjectKind::Irq, 0), world.make(ObjectKind::Notification, 0));
    world.as_root(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, 33, 0]);
    world.as_root(SystemCall::IrqBind, &[irq, notification]);
    let thread = named(&mut world, 99);
    world.run(world.root);
    let wait = [notification, 0, 0, 0, 0, 0, 0, 0];
    world.system_call(SystemCall::Wait as u64, wait, 0);
    assert_eq!(world.current(), Some(thread.thread));
    assert_eq!(world.kernel.handle(CORE, Event::Fault(bad_read())), Resume::Again);
    let machine = &mut world.kernel.system.store.machine;
    machine.raised.insert(Line(33));
    machine.preempt_after.set(Some(0));
    assert_eq!(world.kernel.start(CORE), Resume::Again);
    assert_eq!(world.kernel.start(CORE), Resume::Thread(world.root));
    world.as_root(SystemCall::CNodeDelete, &[0, thread.slot]);
    assert_eq!(times(&world, "l4k:   sp  "), 0);
    world.system_call(SystemCall::Wait as u64, wait, 0);
    assert_eq!((times(&world, REPORT), times(&world, "l4k:   sp  ")), (1, 1), "{}", console(&world));
}

#[test]
fn a_report_keeps_no_thread_of_another_core_waiting() {
    let mut world = World::new();
    world.kernel.system.core_count = 2;
    let control = world.new_slot();
    let capability = Capability::SchedControl { core: 1 };
    *world.kernel.system.store.get_mut(world.table.slot(control as u32)) = Slot { capability, ..Slot::EMPTY };
    let there = world.spawn(5, Time::Own);
    world.as_root(SystemCall::SchedControlConfigure, &[control, there.context, 5_000_000, 5_000_000]);
    named(&mut world, 200);
    assert_eq!(world.kernel.handle(CORE, Event::Fault(bad_read())), Resume::Again);
    world.kernel.system.store.machine.here = 1;
    assert_eq!(world.kernel.handle(CoreNumber(1), Event::Interrupt), Resume::Thread(there.thread));
}
