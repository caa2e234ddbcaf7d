//! From a system call's number to its operation. Each call: typed arguments, one look-up a capability, the operation.

use super::arguments::Arguments;
use super::{capability_calls as capabilities, ipc_calls as ipc, machine_calls as machine};
use super::{memory_calls as memory, thread_calls as threads};
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::thread::Thread;
use crate::operation::next::Next;
use crate::operation::receive::Wait;
use crate::operation::system::System;
use core::marker::PhantomData;
use l4k_sys::Error;
use l4k_sys::abi::SystemCall;

/// What a system call does for the thread that makes it.
pub type Operation<A> = fn(&mut System<A>, Ref<Thread>) -> Result<Next, Error>;

/// Entries of the table: a power of two above every number.
const ENTRIES: usize = 128;

/// The operations by number.
struct Table<A>(PhantomData<A>);

impl<A: Arch> Table<A> {
    const OPERATIONS: [Option<Operation<A>>; ENTRIES] = {
        let mut operations: [Option<Operation<A>>; ENTRIES] = [None; ENTRIES];
        let mut number = 0;
        while number < ENTRIES {
            if let Some(call) = SystemCall::from_number(number as u64) {
                operations[number] = Some(operation(call));
            }
            number += 1;
        }
        operations
    };
}

/// The operation with a number.
#[inline(always)]
pub fn operation_numbered<A: Arch>(number: u64) -> Option<Operation<A>> {
    if number >= ENTRIES as u64 {
        return None;
    }
    // The remainder is for a processor that guesses the check above: what it jumps to ahead is in the table as well.
    (&Table::<A>::OPERATIONS)[number as usize % ENTRIES]
}

/// The operation of a call.
// house: long function because it is the table of all calls, one line each.
const fn operation<A: Arch>(call: SystemCall) -> Operation<A> {
    match call {
        SystemCall::Call => |system, caller| ipc::call(system, &Arguments::of(system, caller)),
        SystemCall::Receive => |system, caller| ipc::receive(system, &Arguments::of(system, caller), Wait::Block),
        SystemCall::TryReceive => |system, caller| ipc::receive(system, &Arguments::of(system, caller), Wait::Poll),
        SystemCall::Reply => |system, caller| ipc::reply(system, &Arguments::of(system, caller)),
        SystemCall::ReplyReceive => |system, caller| ipc::reply_receive(system, &Arguments::of(system, caller)),
        SystemCall::Signal => |system, caller| ipc::signal(system, &Arguments::of(system, caller)),
        SystemCall::Wait => |system, caller| ipc::wait(system, &Arguments::of(system, caller), Wait::Block),
        SystemCall::Poll => |system, caller| ipc::wait(system, &Arguments::of(system, caller), Wait::Poll),
        SystemCall::Yield => |system, _| ipc::yield_slice(system),
        SystemCall::Probe => |system, _| machine::probe(system),
        SystemCall::SetWindow => |system, caller| ipc::set_window(system, &Arguments::of(system, caller)),
        SystemCall::UntypedRetype => |system, caller| memory::retype(system, &Arguments::of(system, caller), None),
        SystemCall::UntypedRetypeAt => |system, caller| {
            let arguments = &Arguments::of(system, caller);
            memory::retype(system, arguments, Some(arguments.x[6]))
        },
        SystemCall::UntypedQuery => |system, caller| memory::query_untyped(system, &Arguments::of(system, caller)),
        SystemCall::CNodeCopy => |system, caller| capabilities::copy(system, &Arguments::of(system, caller)),
        SystemCall::CNodeMint => |system, caller| capabilities::mint(system, &Arguments::of(system, caller)),
        SystemCall::CNodeMove => |system, caller| capabilities::relocate(system, &Arguments::of(system, caller)),
        SystemCall::CNodeSwap => |system, caller| capabilities::swap(system, &Arguments::of(system, caller)),
        SystemCall::CNodeDelete => |system, caller| capabilities::delete(system, &Arguments::of(system, caller)),
        SystemCall::CNodeRevoke => |system, caller| capabilities::revoke(system, &Arguments::of(system, caller)),
        SystemCall::CNodeQuery => |system, caller| capabilities::query(system, &Arguments::of(system, caller)),
        SystemCall::ThreadConfigure => |system, caller| threads::configure(system, &Arguments::of(system, caller)),
        SystemCall::ThreadSetPriority => |system, caller| threads::set_priority(system, &Arguments::of(system, caller)),
        SystemCall::ThreadWriteRegisters => {
            |system, caller| threads::write_registers(system, &Arguments::of(system, caller))
        }
        SystemCall::ThreadReadRegisters => {
            |system, caller| threads::read_registers(system, &Arguments::of(system, caller))
        }
        SystemCall::ThreadSetRegisters => {
            |system, caller| threads::set_registers(system, &Arguments::of(system, caller))
        }
        SystemCall::ThreadSetBreakpoint => {
            |system, caller| threads::set_breakpoint(system, &Arguments::of(system, caller))
        }
        SystemCall::ThreadQueryBreakpoint => {
            |system, caller| threads::query_breakpoint(system, &Arguments::of(system, caller))
        }
        SystemCall::ThreadSetStepping => |system, caller| threads::set_stepping(system, &Arguments::of(system, caller)),
        SystemCall::ThreadResume => |system, caller| threads::resume(system, &Arguments::of(system, caller)),
        SystemCall::ThreadSuspend => |system, caller| threads::suspend(system, &Arguments::of(system, caller)),
        SystemCall::ThreadCancel => |system, caller| threads::cancel(system, &Arguments::of(system, caller)),
        SystemCall::ThreadBindNotification => {
            |system, caller| threads::bind_notification(system, &Arguments::of(system, caller))
        }
        SystemCall::ThreadQuery => |system, caller| threads::query(system, &Arguments::of(system, caller)),
        SystemCall::ThreadSetBuffer => |system, caller| threads::set_buffer(system, &Arguments::of(system, caller)),
        SystemCall::ThreadSetTimeoutEndpoint => {
            |system, caller| threads::set_timeout_endpoint(system, &Arguments::of(system, caller))
        }
        SystemCall::FrameMap => |system, caller| memory::map(system, &Arguments::of(system, caller)),
        SystemCall::FrameUnmap => |system, caller| memory::unmap(system, &Arguments::of(system, caller)),
        SystemCall::FrameProtect => |system, caller| memory::protect(system, &Arguments::of(system, caller)),
        SystemCall::FrameQuery => |system, caller| memory::query_frame(system, &Arguments::of(system, caller)),
        SystemCall::FrameMaintain => |system, caller| memory::maintain(system, &Arguments::of(system, caller)),
        SystemCall::AsidPoolAssign => |system, caller| memory::assign(system, &Arguments::of(system, caller)),
        SystemCall::AddressSpaceQuery => |system, caller| memory::query_space(system, &Arguments::of(system, caller)),
        SystemCall::SchedControlConfigure => {
            |system, caller| threads::configure_context(system, &Arguments::of(system, caller))
        }
        SystemCall::SchedContextBind => |system, caller| threads::bind_context(system, &Arguments::of(system, caller)),
        SystemCall::SchedContextUnbind => {
            |system, caller| threads::unbind_context(system, &Arguments::of(system, caller))
        }
        SystemCall::SchedContextQuery => {
            |system, caller| threads::query_context(system, &Arguments::of(system, caller))
        }
        SystemCall::SchedContextSetBadge => {
            |system, caller| threads::set_context_badge(system, &Arguments::of(system, caller))
        }
        SystemCall::IrqControlIssue => |system, caller| machine::issue(system, &Arguments::of(system, caller)),
        SystemCall::IrqBind => |system, caller| machine::bind(system, &Arguments::of(system, caller)),
        SystemCall::IrqAcknowledge => |system, caller| machine::acknowledge(system, &Arguments::of(system, caller)),
        SystemCall::IrqRaise => |system, caller| machine::raise(system, &Arguments::of(system, caller)),
        SystemCall::IrqSetCore => |system, caller| machine::route(system, &Arguments::of(system, caller)),
        SystemCall::FirmwareCall => |system, caller| machine::call_firmware(system, &Arguments::of(system, caller)),
        SystemCall::DebugWrite => |system, caller| machine::write(system, &Arguments::of(system, caller)),
        SystemCall::DebugExit => |system, caller| machine::exit(system, &Arguments::of(system, caller)),
        SystemCall::DebugLockTimes => |system, caller| machine::lock_times(system, &Arguments::of(system, caller)),
        SystemCall::DebugNameThread => |system, caller| machine::name(system, &Arguments::of(system, caller)),
    }
}
