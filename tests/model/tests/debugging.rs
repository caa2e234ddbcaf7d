//! A stopped thread's registers, its FP/SIMD registers, breakpoints and stepping, as its debugger sees and sets them.

use l4k::base::debugging::{Breakpoint, Debugging, Stepping};
use l4k::base::registers::{FAST_INTERRUPTS_OFF, Shape};
use l4k::object::thread::{State, Suspension};
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::memory::USER_END;
use l4k_sys::abi::thread::register;
use l4k_sys::abi::{Access, BreakpointKind, Fault, FaultCause, FaultKind, ObjectKind, SystemCall};

const FAULT: Fault = Fault {
    kind: FaultKind::Breakpoint,
    access: Access::None,
    cause: FaultCause::SingleStep,
    level: 0,
    instruction_pointer: 0x20_0004,
    address: 0x20_0004,
    syndrome: 0,
    stack_pointer: 0,
    link_register: 0,
};

/// PSTATE.SS.
const STEP: u64 = 1 << 21;

fn stopped(world: &mut World) -> Spawned {
    let thread = world.spawn(5, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    thread
}

/// A suspended thread with FP/SIMD registers.
fn with_floating_point(world: &mut World) -> Spawned {
    let plain = stopped(world);
    let made = world.make(ObjectKind::Thread, 11);
    world.call(SystemCall::ThreadConfigure, &[made, slot::CNODE, slot::ADDRESS_SPACE, 0]).unwrap();
    world.call(SystemCall::ThreadWriteRegisters, &[made, 0x20_0000, 0x30_0000]).unwrap();
    world.call(SystemCall::SchedContextUnbind, &[plain.context]).unwrap();
    world.call(SystemCall::SchedContextBind, &[plain.context, made]).unwrap();
    let l4k::object::capability::Capability::Thread { object } = world.capability(made) else { panic!() };
    Spawned { slot: made, context: plain.context, thread: object }
}

fn set(world: &mut World, thread: Spawned, first: u64, values: &[u64]) -> Result<(), Error> {
    let mut arguments = vec![thread.slot, first, values.len() as u64];
    arguments.extend(values);
    world.call(SystemCall::ThreadSetRegisters, &arguments).map(|_| ())
}

fn read(world: &mut World, thread: Spawned, first: u64) -> Result<[u64; 6], Error> {
    let results = world.call(SystemCall::ThreadReadRegisters, &[thread.slot, first])?;
    Ok(results.values[..6].try_into().unwrap())
}

#[test]
fn what_is_set_is_read_and_nothing_else_changes() {
    let mut world = World::new();
    let thread = stopped(&mut world);
    for number in 0..=34 {
        let before: Vec<u64> = (0..=34).map(|other| read(&mut world, thread, other).unwrap()[0]).collect();
        let value = if number == register::FLAGS { 0xa000_0000 } else { 0x1230 + number * 16 };
        set(&mut world, thread, number, &[value]).unwrap();
        for other in 0..=34 {
            let expected = if other == number { value } else { before[other as usize] };
            assert_eq!(read(&mut world, thread, other).unwrap()[0], expected, "{other} after {number}");
        }
    }
    assert_eq!(world.kernel.system.store.get(thread.thread).context.pstate, 0xa000_0000 | FAST_INTERRUPTS_OFF);
}

#[test]
fn values_that_a_register_cannot_have_are_refused_and_nothing_is_set() {
    let mut world = World::new();
    let thread = stopped(&mut world);
    let before = read(&mut world, thread, 29).unwrap();
    for (first, values, expected) in [
        (register::INSTRUCTION_POINTER, vec![2], Error::Misaligned),
        (register::INSTRUCTION_POINTER, vec![USER_END], Error::InvalidAddress),
        (register::STACK_POINTER, vec![8], Error::Misaligned),
        (register::STACK_POINTER, vec![USER_END + 16], Error::InvalidAddress),
        (register::FLAGS, vec![1 << 21], Error::InvalidArgument),
        (register::FLAGS, vec![0b1111], Error::InvalidArgument),
        (29, vec![1, 2, 16, 3, 0], Error::Misaligned),
        (33, vec![0, 0, 0], Error::InvalidRegister),
        (64, vec![0], Error::InvalidRegister),
        (u64::MAX, vec![0], Error::InvalidRegister),
        (29, vec![], Error::InvalidCount),
    ] {
        assert_eq!(set(&mut world, thread, first, &values), Err(expected), "{first} {values:x?}");
        assert_eq!(read(&mut world, thread, 29).unwrap(), before);
    }
    let six = [thread.slot, 0, 6, 1, 2, 3, 4, 5];
    assert_eq!(world.call(SystemCall::ThreadSetRegisters, &six).unwrap_err(), Error::InvalidCount);
    assert_eq!(read(&mut world, thread, 35).unwrap_err(), Error::InvalidRegister);
}

#[test]
fn a_thread_in_a_system_call_owns_every_register_once_one_is_set() {
    let mut world = World::new();
    let thread = stopped(&mut world);
    let context = &mut world.kernel.system.store.get_mut(thread.thread).context;
    context.x = [0x77; 31];
    context.x[9] = 0x99;
    context.begin_system_call();
    set(&mut world, thread, 17, &[5]).unwrap();
    let context = &world.kernel.system.store.get(thread.thread).context;
    assert_eq!(context.shape, Shape::Full);
    assert_eq!((context.x[8], context.x[16], context.x[17], context.x[18], context.x[30]), (0, 0, 5, 0, 0));
    assert_eq!((context.x[0], context.x[9], context.x[29]), (0x77, 0x99, 0x77));
}

#[test]
fn running_threads_cannot_be_looked_into_and_faulted_ones_can() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let reply = world.make(ObjectKind::Reply, 0);
    let thread = world.spawn_with_handler(5, Time::Own, endpoint);
    let calls = [
        (SystemCall::ThreadReadRegisters, vec![thread.slot, 0]),
        (SystemCall::ThreadSetRegisters, vec![thread.slot, 0, 1, 7]),
        (SystemCall::ThreadSetBreakpoint, vec![thread.slot, 0, 1, 0x1000, 4]),
        (SystemCall::ThreadSetStepping, vec![thread.slot, 1]),
    ];
    for (call, arguments) in &calls {
        assert_eq!(world.call(*call, arguments).unwrap_err(), Error::NotSuspended, "{call:?}");
    }
    world.run(thread.thread);
    world.fault(FAULT);
    for (call, arguments) in &calls {
        assert!(world.call(*call, arguments).is_ok(), "{call:?}, fault not received yet");
    }
    world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
    for (call, arguments) in &calls {
        assert!(world.call(*call, arguments).is_ok(), "{call:?}, fault received");
    }
    world.system_call(SystemCall::Reply as u64, [reply, 0, 0, 0, 0, 0, 0, 0], 0);
    assert_eq!(world.state(thread.thread), State::Ready);
    assert_eq!(world.kernel.system.store.get(thread.thread).context.x[0], 7);
}

#[test]
fn floating_point_registers_are_those_of_the_thread_that_has_them() {
    let mut world = World::new();
    let [first, second] = [0x1000, 0x2000].map(|base| {
        let thread = with_floating_point(&mut world);
        for number in (64..=129).step_by(5) {
            let values: Vec<u64> = (number..(number + 5).min(130)).map(|number| base + number).collect();
            set(&mut world, thread, number, &values).unwrap();
        }
        world.call(SystemCall::ThreadResume, &[thread.slot]).unwrap();
        thread
    });
    let plain = world.spawn(5, Time::Own);
    for round in 0..3u64 {
        for (thread, base) in [(first, 0x1000), (second, 0x2000)] {
            world.run(thread.thread);
            let _ = world.kernel.system.load(Some(thread.thread));
            let unit = world.kernel.system.store.machine.processors[0].floating_point.as_mut().expect("open");
            assert_eq!(unit[0], base + 64 + round);
            assert_eq!(unit[1..], core::array::from_fn::<u64, 65, _>(|index| base + 65 + index as u64));
            unit[0] += 1;
        }
        world.run(plain.thread);
        let _ = world.kernel.system.load(Some(plain.thread));
        assert_eq!(world.kernel.system.store.machine.processors[0].floating_point, None, "it traps for others");
        world.run(world.root);
    }
    world.call(SystemCall::ThreadSuspend, &[first.slot]).unwrap();
    assert_eq!(read(&mut world, first, 64).unwrap()[..2], [0x1000 + 64 + 3, 0x1000 + 65]);
    assert_eq!(read(&mut world, first, 128).unwrap(), [0x1000 + 128, 0x1000 + 129, 0, 0, 0, 0]);
    world.call(SystemCall::ThreadWriteRegisters, &[first.slot, 0x20_0000, 0]).unwrap();
    assert_eq!(read(&mut world, first, 64).unwrap(), [0; 6], "start registers are zero");
    assert_eq!(read(&mut world, plain, 64).unwrap_err(), Error::NotSuspended);
}

#[test]
fn a_thread_that_goes_leaves_the_unit_to_nobody() {
    let mut world = World::new();
    let thread = with_floating_point(&mut world);
    world.call(SystemCall::ThreadResume, &[thread.slot]).unwrap();
    world.run(thread.thread);
    let _ = world.kernel.system.load(Some(thread.thread));
    world.run(world.root);
    world.call(SystemCall::CNodeDelete, &[0, thread.slot]).unwrap();
    assert_eq!(world.kernel.system.store.machine.processors[0].floating_point, None);
}

#[test]
fn sizes_of_threads() {
    let mut world = World::new();
    for (size, expected) in [(0, true), (10, true), (11, true), (1, false), (9, false), (12, false), (u64::MAX, false)]
    {
        let target = world.new_slot();
        let made =
            world.call(SystemCall::UntypedRetype, &[slot::UNTYPED, ObjectKind::Thread as u64, size, 0, target, 1]);
        assert_eq!(made.is_ok(), expected, "{size}");
        assert!(expected || made == Err(Error::InvalidSize));
    }
}

fn set_breakpoint(world: &mut World, thread: Spawned, arguments: [u64; 4]) -> Result<(), Error> {
    let [index, kind, address, length] = arguments;
    world.call(SystemCall::ThreadSetBreakpoint, &[thread.slot, index, kind, address, length]).map(|_| ())
}

#[test]
fn breakpoints_that_a_register_cannot_hold_are_refused() {
    let mut world = World::new();
    let thread = stopped(&mut world);
    for (arguments, expected) in [
        ([8, 0, 0, 0], Error::InvalidArgument),
        ([u64::MAX, 1, 0, 4], Error::InvalidArgument),
        ([0, 5, 0x1000, 4], Error::InvalidArgument),
        ([0, 2, 0x1000, 4], Error::InvalidArgument),
        ([4, 1, 0x1000, 4], Error::InvalidArgument),
        ([0, 1, 0x1000, 8], Error::InvalidArgument),
        ([4, 3, 0x1000, 3], Error::InvalidArgument),
        ([4, 3, 0x1000, 0], Error::InvalidArgument),
        ([0, 1, 0x1002, 4], Error::Misaligned),
        ([7, 4, 0x1004, 8], Error::Misaligned),
        ([0, 1, USER_END, 4], Error::InvalidAddress),
        ([5, 2, 1 << 63, 1], Error::InvalidAddress),
    ] {
        assert_eq!(set_breakpoint(&mut world, thread, arguments), Err(expected), "{arguments:x?}");
    }
    assert!(!world.kernel.system.store.get(thread.thread).debugging.in_use());
}

#[test]
fn breakpoints_are_loaded_with_their_thread() {
    let mut world = World::new();
    let thread = stopped(&mut world);
    set_breakpoint(&mut world, thread, [1, 1, 0x1004, 4]).unwrap();
    set_breakpoint(&mut world, thread, [6, 3, 0x2006, 2]).unwrap();
    let query = world.call(SystemCall::ThreadQueryBreakpoint, &[thread.slot, 6]).unwrap();
    assert_eq!(query.values, [3, 0x2006, 2, 0, 0, 0, 0]);
    assert_eq!(world.call(SystemCall::ThreadQueryBreakpoint, &[thread.slot, 8]).unwrap_err(), Error::InvalidArgument);
    world.call(SystemCall::ThreadResume, &[thread.slot]).unwrap();
    world.run(thread.thread);
    let _ = world.kernel.system.load(Some(thread.thread));
    let loaded = world.kernel.system.store.machine.processors[0].debugging;
    assert_eq!(loaded.breakpoints[1], Breakpoint { address: 0x1004, length: 4, kind: BreakpointKind::Execute });
    assert_eq!(loaded.breakpoints[6], Breakpoint { address: 0x2006, length: 2, kind: BreakpointKind::Write });
    world.run(world.root);
    let _ = world.kernel.system.load(Some(world.root));
    assert_eq!(
        world.kernel.system.store.machine.processors[0].debugging,
        Debugging::OFF,
        "others are not stopped by them"
    );
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    set_breakpoint(&mut world, thread, [1, 0, 99, 99]).unwrap();
    set_breakpoint(&mut world, thread, [6, 0, 0, 0]).unwrap();
    assert!(!world.kernel.system.store.get(thread.thread).debugging.in_use());
}

#[test]
fn registers_that_the_processor_lacks_are_not_supported() {
    let mut world = World::new();
    let thread = stopped(&mut world);
    world.kernel.system.store.machine.breakpoint_registers = [2, 3];
    for (index, expected) in [(1, true), (2, false), (6, true), (7, false)] {
        let kind = if index < 4 { 1 } else { 2 };
        let outcome = world.call(SystemCall::ThreadSetBreakpoint, &[thread.slot, index, kind, 0x1000, 4]);
        assert_eq!(outcome.map(|_| ()), if expected { Ok(()) } else { Err(Error::NotSupported) }, "{index}");
    }
}

#[test]
fn a_stepped_thread_is_armed_for_each_instruction() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let reply = world.make(ObjectKind::Reply, 0);
    let thread = world.spawn_with_handler(5, Time::Own, endpoint);
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    assert_eq!(world.call(SystemCall::ThreadSetStepping, &[thread.slot, 2]).unwrap_err(), Error::InvalidArgument);
    world.call(SystemCall::ThreadSetStepping, &[thread.slot, 1]).unwrap();
    world.call(SystemCall::ThreadWriteRegisters, &[thread.slot, 0x20_0000, 0]).unwrap();
    world.call(SystemCall::ThreadResume, &[thread.slot]).unwrap();
    for _ in 0..3 {
        world.run(thread.thread);
        let _ = world.kernel.system.load(Some(thread.thread));
        assert_eq!(world.kernel.system.store.machine.processors[0].debugging.stepping, Stepping::On);
        let context = &mut world.kernel.system.store.get_mut(thread.thread).context;
        assert_eq!(context.pstate & STEP, STEP);
        assert_eq!(context.flags(), 0, "programs do not see it");
        // The processor clears the bit when it has executed the instruction.
        context.pstate &= !STEP;
        world.fault(FAULT);
        assert!(matches!(
            world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply),
            Outcome::Returned(_)
        ));
        world.system_call(SystemCall::Reply as u64, [reply, 0, 0, 0, 0, 0, 0, 0], 0);
    }
    world.call(SystemCall::ThreadSuspend, &[thread.slot]).unwrap();
    world.call(SystemCall::ThreadSetStepping, &[thread.slot, 0]).unwrap();
    assert!(!world.kernel.system.store.get(thread.thread).debugging.in_use());
    assert_eq!(world.state(thread.thread), State::Suspended(Suspension::Stopped));
}
