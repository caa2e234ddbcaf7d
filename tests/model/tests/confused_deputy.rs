//! Every system call with every wrong capability in each place: it is told which mistake it is, and nothing changes.

use l4k::base::address::PhysicalAddress;
use l4k::machine::simulated::RAM_START;
use l4k::object::thread::Thread;
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{FrameSize, ObjectKind, SystemCall};
use std::collections::BTreeMap;

/// Where a call takes a capability.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Of this kind.
    Must(usize, ObjectKind),
    /// Of this kind, or 0 for none or for the caller's own.
    May(usize, ObjectKind),
    /// Of one of these kinds.
    OneOf(usize, [ObjectKind; 2]),
}

impl Place {
    /// Number of the argument, and the kinds that it may be of.
    fn wanted(&self) -> (usize, &[ObjectKind]) {
        match self {
            Must(index, kind) | May(index, kind) => (*index, core::slice::from_ref(kind)),
            OneOf(index, kinds) => (*index, kinds),
        }
    }
}

/// Number of x9 among the arguments.
const REPLY: usize = 9;

use ObjectKind::{
    AddressSpace, AsidPool, CNode, DebugConsole, Endpoint, Frame, Irq, IrqControl, Notification, Reply, SchedContext,
    SchedControl, SmcControl, Untyped,
};
use Place::{May, Must, OneOf};

/// The capabilities of a call, from the documentation of the binary interface.
// house: long function because it is a table: one line for each call.
fn places(call: SystemCall) -> Vec<Place> {
    use SystemCall as C;
    match call {
        C::Yield | C::Probe | C::SetWindow => vec![],
        C::Call => vec![Must(0, Endpoint)],
        C::Receive | C::TryReceive | C::ReplyReceive => vec![Must(0, Endpoint), Must(REPLY, Reply)],
        C::Reply => vec![Must(0, Reply)],
        C::Signal | C::Wait | C::Poll => vec![Must(0, Notification)],
        C::UntypedRetype | C::UntypedRetypeAt => vec![Must(0, Untyped), May(3, CNode)],
        C::UntypedQuery => vec![Must(0, Untyped)],
        C::CNodeCopy | C::CNodeMint | C::CNodeMove | C::CNodeSwap => vec![May(0, CNode), May(2, CNode)],
        C::CNodeDelete | C::CNodeRevoke | C::CNodeQuery => vec![May(0, CNode)],
        C::ThreadConfigure => {
            vec![Must(0, ObjectKind::Thread), Must(1, CNode), Must(2, AddressSpace), May(3, Endpoint)]
        }
        C::ThreadSetTimeoutEndpoint => vec![Must(0, ObjectKind::Thread), May(1, Endpoint)],
        C::ThreadBindNotification => vec![Must(0, ObjectKind::Thread), May(1, Notification)],
        C::ThreadSetBuffer => vec![Must(0, ObjectKind::Thread), May(1, Frame)],
        C::ThreadSetPriority
        | C::ThreadWriteRegisters
        | C::ThreadResume
        | C::ThreadSuspend
        | C::ThreadCancel
        | C::ThreadQuery
        | C::ThreadReadRegisters
        | C::ThreadSetRegisters
        | C::ThreadSetBreakpoint
        | C::ThreadQueryBreakpoint
        | C::ThreadSetStepping => vec![Must(0, ObjectKind::Thread)],
        C::FrameMap => vec![Must(0, Frame), Must(1, AddressSpace)],
        C::FrameUnmap | C::FrameProtect | C::FrameQuery | C::FrameMaintain => vec![Must(0, Frame)],
        C::AsidPoolAssign => vec![Must(0, AsidPool), Must(1, AddressSpace)],
        C::AddressSpaceQuery => vec![Must(0, AddressSpace)],
        C::SchedControlConfigure => vec![Must(0, SchedControl), Must(1, SchedContext)],
        C::SchedContextBind => vec![Must(0, SchedContext), OneOf(1, [ObjectKind::Thread, Notification])],
        C::SchedContextUnbind | C::SchedContextQuery | C::SchedContextSetBadge => vec![Must(0, SchedContext)],
        C::IrqControlIssue => vec![Must(0, IrqControl), Must(1, Irq)],
        C::IrqBind => vec![Must(0, Irq), May(1, Notification)],
        C::IrqAcknowledge | C::IrqRaise | C::IrqSetCore => vec![Must(0, Irq)],
        C::DebugWrite | C::DebugExit | C::DebugLockTimes => vec![Must(0, DebugConsole)],
        C::DebugNameThread => vec![Must(0, DebugConsole), Must(1, ObjectKind::Thread)],
        C::FirmwareCall => vec![Must(0, SmcControl)],
    }
}

/// Arguments beside capabilities with which a call gets as far as its capabilities.
fn others(call: SystemCall) -> [u64; 10] {
    match call {
        SystemCall::UntypedRetype | SystemCall::UntypedRetypeAt => [0, Endpoint as u64, 0, 0, 3000, 1, 0, 0, 0, 0],
        SystemCall::CNodeCopy | SystemCall::CNodeMint | SystemCall::CNodeMove => [0, 3, 0, 1, 7, 5, 0, 0, 0, 0],
        SystemCall::CNodeSwap => [0, 1, 0, 2, 0, 0, 0, 0, 0, 0],
        _ => [0; 10],
    }
}

/// A slot of each kind.
fn one_of_each(world: &mut World) -> BTreeMap<ObjectKind, u64> {
    let made = [
        (Untyped, 12),
        (CNode, 4),
        (ObjectKind::Thread, 0),
        (Endpoint, 0),
        (Notification, 0),
        (Reply, 0),
        (SchedContext, 0),
        (AddressSpace, 15),
        (Frame, FrameSize::Small as u64),
        (AsidPool, 0),
        (Irq, 0),
    ];
    let mut slots: BTreeMap<ObjectKind, u64> = made.map(|(kind, bits)| (kind, world.make(kind, bits))).into();
    slots.extend([
        (SchedControl, slot::SCHED_CONTROL),
        (IrqControl, slot::IRQ_CONTROL),
        (SmcControl, slot::SMC_CONTROL),
        (DebugConsole, slot::DEBUG_CONSOLE),
    ]);
    slots
}

/// All memory but the caller's registers.
fn memory(world: &mut World) -> Vec<u8> {
    let registers = (world.root.address().value() - RAM_START) as usize;
    let start = PhysicalAddress::new(RAM_START).unwrap();
    let bytes = world.kernel.system.store.machine.ram_bytes();
    let mut memory = world.kernel.system.store.bytes_mut(start, bytes).to_vec();
    memory[registers..registers + size_of_val(&world.kernel.system.store.get::<Thread>(world.root).context)].fill(0);
    memory
}

#[test]
fn wrong_capabilities_are_refused_in_every_place_and_nothing_changes() {
    let mut world = World::new();
    let slots = one_of_each(&mut world);
    assert_eq!(slots.len(), 15, "every kind there is");
    let before = memory(&mut world);
    let mut tried = 0;
    for call in SystemCall::ALL {
        let places = places(*call);
        let mut valid = others(*call);
        for place in &places {
            let (index, kinds) = place.wanted();
            valid[index] = slots[&kinds[0]];
        }
        for place in &places {
            let (index, wanted) = place.wanted();
            let wrong = slots.iter().filter(|(kind, _)| !wanted.contains(kind));
            let wrong = wrong.map(|(_, slot)| (*slot, Error::WrongKind));
            let none = if matches!(place, May(..)) { vec![] } else { vec![0] };
            let absent = none.into_iter().chain([2999, 4096, 1 << 32 | slots[&wanted[0]], u64::MAX]);
            for (slot, expected) in wrong.chain(absent.map(|slot| (slot, Error::InvalidCapability))) {
                let mut x = valid;
                x[index] = slot;
                let outcome = world.system_call(*call as u64, x[..8].try_into().unwrap(), x[REPLY]);
                let Outcome::Returned(results) = outcome else { panic!("{call:?} {outcome:?}") };
                assert_eq!(results.check(), Err(expected), "{call:?} with {slot:#x} in x{index}");
                assert_eq!((results.values, results.badge), ([0; 7], 0));
                tried += 1;
            }
        }
        assert!(memory(&mut world) == before, "{call:?} changed something");
    }
    assert!(tried > 1_000, "{tried}");
}
