//! The way in and out: registers, numbers, and arguments that are none.

use l4k_sys::abi::message::Tag;
use l4k_sys::abi::{
    Error, Fault, FaultKind, ObjectKind, Rights, SystemCall, ThreadState, VERSION_MAJOR, VERSION_MINOR,
};
use l4k_sys::handle::NewObject;
use l4k_sys::registers::Registers;
use l4k_sys::{CNode, Nanoseconds, Received, stub, system};
use suite_support::arena::KERNEL_ADDRESS;
use suite_support::canaries::{self, Action, Image, STACK_POINTER, Units};
use suite_support::machine;
use suite_support::misdeed::Misdeed;

use crate::harness::bench::{MAIN, READ_WRITE, SPACE, own, page};
use crate::harness::bodies::{self, pair};
use crate::harness::failure::{Failure, holds, same};
use crate::harness::threads::{Manner, URGENT, at_priority, let_others_run, spin, until};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    probe_tells_the_version,
    registers_survive_a_call_that_returns_at_once,
    registers_survive_a_refused_call,
    registers_survive_every_call,
    registers_survive_a_call_to_another_thread,
    registers_survive_preemption,
    unknown_numbers_are_faults,
    an_immediate_is_a_fault,
    capability_addresses_are_checked,
    every_kind_is_told_apart,
    kernel_addresses_are_refused,
    a_refused_call_returns_nothing_but_its_status,
    a_thread_without_capabilities_gets_nowhere,
];

fn probe_tells_the_version(_: &mut Bench<'_>) -> Outcome {
    let version = system::probe()?;
    same("version", (version.major, version.minor), (VERSION_MAJOR, VERSION_MINOR))
}

/// A system call on a capability, with this tag and nothing in the other arguments, and canaries in all other registers.
fn around(call: SystemCall, capability: u64, tag: u64) -> Image {
    let mut given = canaries::filled(0);
    given[..8].copy_from_slice(&[capability, tag, 0, 0, 0, 0, 0, 0]);
    (given[8], given[9]) = (call as u64, 0);
    canaries::around(Action::SystemCall, Units::None, &given)
}

/// x19-x29 and sp as before, x8, x10-x18 and x30 zero.
#[track_caller]
fn check_registers(image: &Image) -> Outcome {
    for number in 8..=STACK_POINTER {
        let expected = match number {
            8 | 10..=18 | 30 => 0,
            9 => continue,
            _ => image.given[number],
        };
        let found = image.found[number];
        if found != expected {
            return Err(Failure::new(format_args!("register {number} is {found:#x} instead of {expected:#x}")));
        }
    }
    Ok(())
}

fn registers_survive_a_call_that_returns_at_once(_: &mut Bench<'_>) -> Outcome {
    for call in [SystemCall::Probe, SystemCall::Yield] {
        let image = around(call, 0, 0);
        same("status", image.found[0], 0)?;
        check_registers(&image)?;
    }
    Ok(())
}

fn registers_survive_a_refused_call(_: &mut Bench<'_>) -> Outcome {
    let image = around(SystemCall::Call, 0, 0);
    same("status", image.found[0], Error::InvalidCapability.code())?;
    same("results", &image.found[1..8], &[0; 7][..])?;
    check_registers(&image)
}

/// With capability 0 and nothing in the other arguments, none of them does anything.
fn registers_survive_every_call(_: &mut Bench<'_>) -> Outcome {
    SystemCall::ALL.iter().try_for_each(|call| check_registers(&around(*call, 0, 0)))
}

fn registers_survive_a_call_to_another_thread(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    bench.start(Manner::of(URGENT), bodies::echo_server, [pair(endpoint, reply), 0])?;
    let tag = Tag::new(5, 2)?.bits();
    let image = around(SystemCall::Call, endpoint.slot(), tag);
    same("status, tag, words", &image.found[..8], &[0, Tag::new(6, 2)?.bits(), 1, 1, 0, 0, 0, 0][..])?;
    check_registers(&image)
}

fn registers_survive_preemption(bench: &mut Bench<'_>) -> Outcome {
    bench.mapped(page(0), READ_WRITE)?;
    let slice = Some(Nanoseconds::from_milliseconds(1));
    for cell in 0..3 {
        bench.start(Manner::of(80).slice(slice), bodies::register_keeper, [page(0), cell])?;
    }
    at_priority(80, || {
        spin(Nanoseconds::from_milliseconds(30));
        machine::write(page(0), 1);
        until("the threads' end", || (0..3).all(|cell| Cell(cell).outcome().is_some()))
    })??;
    (0..3).try_for_each(|cell| same("registers survived", Cell(cell).value(), 1))
}

fn unknown_numbers_are_faults(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    for number in [0, 12, 15, 31, 61, 79, 1 << 16, (1 << 32) + 10, u64::MAX] {
        let manner = Manner::of(URGENT).faults(endpoint);
        let helper = bench.start(manner, bodies::system_caller, [number, 0])?;
        let Received::Fault { message, .. } = endpoint.receive(reply)? else {
            return Err(Failure::new(format_args!("no fault for number {number}")));
        };
        let fault = message.fault().map(|Fault { kind, address, .. }| (kind, address));
        same("fault", fault, Some((FaultKind::UnknownSystemCall, number)))?;
        same("what the thread did", Cell(0).outcome(), None)?;
        helper.is_in(ThreadState::Faulted)?;
        reply.resume()?;
        helper.is_in(ThreadState::Suspended)?;
        same("what the thread did after it was let go on", Cell(0).outcome(), Some(Ok(())))?;
        Cell(0).clear();
    }
    Ok(())
}

fn an_immediate_is_a_fault(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let misdeed = Misdeed::CallWithImmediate as u64;
    bench.start(Manner::of(URGENT).faults(endpoint), bodies::wrongdoer, [misdeed, 0])?;
    let Received::Fault { message, .. } = endpoint.receive(reply)? else {
        return Err(Failure::new(format_args!("no fault")));
    };
    same("kind", message.fault().map(|fault| fault.kind), Some(FaultKind::UnknownSystemCall))
}

fn status(call: SystemCall, registers: Registers) -> u64 {
    stub::system_call(call as u64, registers).x[0]
}

/// The calls whose first argument is a capability of a kind of its own.
const ON_CAPABILITIES: [(SystemCall, ObjectKind); 36] = [
    (SystemCall::Call, ObjectKind::Endpoint),
    (SystemCall::Receive, ObjectKind::Endpoint),
    (SystemCall::TryReceive, ObjectKind::Endpoint),
    (SystemCall::Reply, ObjectKind::Reply),
    (SystemCall::ReplyReceive, ObjectKind::Endpoint),
    (SystemCall::Signal, ObjectKind::Notification),
    (SystemCall::Wait, ObjectKind::Notification),
    (SystemCall::Poll, ObjectKind::Notification),
    (SystemCall::UntypedRetype, ObjectKind::Untyped),
    (SystemCall::UntypedRetypeAt, ObjectKind::Untyped),
    (SystemCall::UntypedQuery, ObjectKind::Untyped),
    (SystemCall::ThreadConfigure, ObjectKind::Thread),
    (SystemCall::ThreadSetPriority, ObjectKind::Thread),
    (SystemCall::ThreadWriteRegisters, ObjectKind::Thread),
    (SystemCall::ThreadResume, ObjectKind::Thread),
    (SystemCall::ThreadSuspend, ObjectKind::Thread),
    (SystemCall::ThreadCancel, ObjectKind::Thread),
    (SystemCall::ThreadBindNotification, ObjectKind::Thread),
    (SystemCall::ThreadQuery, ObjectKind::Thread),
    (SystemCall::ThreadSetBuffer, ObjectKind::Thread),
    (SystemCall::ThreadReadRegisters, ObjectKind::Thread),
    (SystemCall::FrameMap, ObjectKind::Frame),
    (SystemCall::FrameUnmap, ObjectKind::Frame),
    (SystemCall::FrameProtect, ObjectKind::Frame),
    (SystemCall::FrameQuery, ObjectKind::Frame),
    (SystemCall::AsidPoolAssign, ObjectKind::AsidPool),
    (SystemCall::AddressSpaceQuery, ObjectKind::AddressSpace),
    (SystemCall::SchedControlConfigure, ObjectKind::SchedControl),
    (SystemCall::SchedContextBind, ObjectKind::SchedContext),
    (SystemCall::SchedContextUnbind, ObjectKind::SchedContext),
    (SystemCall::SchedContextQuery, ObjectKind::SchedContext),
    (SystemCall::IrqControlIssue, ObjectKind::IrqControl),
    (SystemCall::IrqBind, ObjectKind::Irq),
    (SystemCall::IrqAcknowledge, ObjectKind::Irq),
    (SystemCall::DebugExit, ObjectKind::DebugConsole),
    (SystemCall::DebugNameThread, ObjectKind::DebugConsole),
];

fn capability_addresses_are_checked(bench: &mut Bench<'_>) -> Outcome {
    let empty = bench.slot()?;
    let reply = bench.reply()?;
    for (call, _) in ON_CAPABILITIES {
        for address in [0, empty, 1 << 12, 1 << 32, 1 << 63, u64::MAX] {
            let registers = Registers { x9: reply.slot(), ..Registers::new([address]) };
            let found = status(call, registers);
            if found != Error::InvalidCapability.code() {
                return Err(Failure::new(format_args!("{call:?} on capability {address:#x} returned {found}")));
            }
        }
    }
    Ok(())
}

fn every_kind_is_told_apart(bench: &mut Bench<'_>) -> Outcome {
    let objects = [
        NewObject::Untyped(12),
        NewObject::CNode(4),
        NewObject::Thread,
        NewObject::Endpoint,
        NewObject::Notification,
        NewObject::Reply,
        NewObject::SchedContext,
        NewObject::AddressSpace(15),
        NewObject::Frame(l4k_sys::abi::FrameSize::Small),
        NewObject::AsidPool,
        NewObject::Irq,
    ];
    let reply = bench.reply()?;
    for object in objects {
        let slot = bench.make(object)?;
        for (call, wanted) in ON_CAPABILITIES {
            if wanted == object.kind() {
                continue;
            }
            let found = status(call, Registers { x9: reply.slot(), ..Registers::new([slot]) });
            if found != Error::WrongKind.code() {
                return Err(Failure::new(format_args!("{call:?} on {:?} returned {found}", object.kind())));
            }
        }
    }
    Ok(())
}

fn kernel_addresses_are_refused(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.frame()?;
    let helper = bench.thread(Manner::of(URGENT), bodies::once, [1, 0])?;
    let outside = [KERNEL_ADDRESS, 1 << 47, 1 << 48, 0xffff_ffff_8000_0000, u64::MAX << 12];
    for address in outside {
        let calls = [
            (SystemCall::FrameMap, Registers::new([frame.slot(), SPACE.slot(), address, 1, 0])),
            (SystemCall::ThreadWriteRegisters, Registers::new([helper.thread.slot(), address, 0])),
            (SystemCall::ThreadSetBuffer, Registers::new([helper.thread.slot(), frame.slot(), address])),
        ];
        for (call, registers) in calls {
            let found = status(call, registers);
            if found != Error::InvalidAddress.code() {
                return Err(Failure::new(format_args!("{call:?} with {address:#x} returned {found}")));
            }
        }
    }
    helper.thread.resume()?;
    same("the thread starts where it was to", crate::harness::cells::order(), 1)
}

fn a_refused_call_returns_nothing_but_its_status(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.make(NewObject::Endpoint)?;
    let used = bench.system.memory.query()?.used_bytes;
    for call in [SystemCall::UntypedQuery, SystemCall::ThreadQuery, SystemCall::FrameQuery] {
        let registers = stub::system_call(call as u64, Registers { x: [endpoint, 1, 2, 3, 4, 5, 6, 7], x9: 9 });
        let mut expected = Registers::default();
        expected.x[0] = Error::WrongKind.code();
        same("results", registers, expected)?;
    }
    same("memory in use", bench.system.memory.query()?.used_bytes, used)?;
    holds("the capability is there", own(endpoint).query()?.is_some())
}

/// Every call, with arguments that name nothing, of a thread whose CNode is empty. None can block.
extern "C" fn barrage(cell: u64, _: u64, _: u64) -> ! {
    let values = [0, 1, 2, 7, 16, 4096, KERNEL_ADDRESS, u64::MAX];
    for call in SystemCall::ALL {
        for shift in 0..values.len() {
            let x = core::array::from_fn(|index| values[(index * 3 + shift) % values.len()]);
            let result = stub::system_call(*call as u64, Registers { x, x9: values[shift] });
            // These need no capability: they concern the thread itself and its own empty CNode.
            let harmless = [
                SystemCall::Yield,
                SystemCall::Probe,
                SystemCall::SetWindow,
                SystemCall::CNodeDelete,
                SystemCall::CNodeQuery,
            ];
            if result.x[0] == 0 && !harmless.contains(call) {
                Cell(cell).put_value(*call as u64);
            }
        }
    }
    Cell(cell).put_outcome(Ok(()));
    // It has no capability to end itself with.
    loop {
        machine::commit(Misdeed::Breakpoint);
    }
}

fn a_thread_without_capabilities_gets_nowhere(bench: &mut Bench<'_>) -> Outcome {
    let cnode = CNode::from_slot(bench.make(NewObject::CNode(4))?);
    let handler = bench.endpoint()?;
    let own_copy = bench.copy(handler.slot(), Rights::CALL)?;
    let before = own(own_copy).query()?;
    bench.start(Manner::of(URGENT).cnode(cnode).faults(handler), barrage, [0, 0])?;
    let_others_run()?;
    same("it has come to its end", Cell(0).outcome(), Some(Ok(())))?;
    same("number of a call that succeeded", Cell(0).value(), 0)?;
    same("a capability of somebody else", own(own_copy).query()?, before)?;
    for slot in 1..16 {
        same("a slot of its CNode", cnode.at(slot).query()?, None)?;
    }
    same("the suite's priority", MAIN.query()?.priority, crate::harness::system::PRIORITY)
}
