//! From a system call's number to its operation. Each call: typed arguments, one look-up a capability, the operation.

use super::arguments::Arguments;
use super::{capability_calls as capabilities, ipc_calls as ipc, machine_calls as machine};
use super::{memory_calls as memory, thread_calls as threads};
use crate::base::arch::Arch;
use crate::base::index::confined;
use crate::base::store::Ref;
use crate::object::thread::Thread;
use crate::operation::next::{Ended, Next};
use crate::operation::receive::Wait;
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::SystemCall;

/// The number behind the greatest of a call.
const NUMBERS_END: u64 = {
    let (mut end, mut rest) = (0, SystemCall::ALL);
    while let [call, others @ ..] = rest {
        (end, rest) = (if *call as u64 >= end { *call as u64 + 1 } else { end }, others);
    }
    end
};

/// Makes a system call for the current thread. [`Next::Unknown`] if there is none with this number.
/// An operation that says an error has changed nothing.
// house: long function because it is the table of all calls, one line each.
#[inline(never)]
pub fn dispatch<A: Arch>(system: &mut System<A>, caller: Ref<Thread>, number: u64) -> Ended {
    // The jump below is by a table: no guess leads out of it. No call has the number 0.
    let number = confined(number, NUMBERS_END);
    let Some(call) = SystemCall::from_number(number) else { return Ended::of(Ok(Next::Unknown)) };
    match call {
        SystemCall::Call => with_arguments(system, caller, ipc::call),
        SystemCall::Receive => {
            with_arguments(system, caller, |system, arguments| ipc::receive(system, arguments, Wait::Block))
        }
        SystemCall::TryReceive => {
            with_arguments(system, caller, |system, arguments| ipc::receive(system, arguments, Wait::Poll))
        }
        SystemCall::Reply => with_arguments(system, caller, ipc::reply),
        SystemCall::ReplyReceive => with_arguments(system, caller, ipc::reply_receive),
        SystemCall::Signal => with_arguments(system, caller, ipc::signal),
        SystemCall::Wait => {
            with_arguments(system, caller, |system, arguments| ipc::wait(system, arguments, Wait::Block))
        }
        SystemCall::Poll => {
            with_arguments(system, caller, |system, arguments| ipc::wait(system, arguments, Wait::Poll))
        }
        SystemCall::Yield => with_arguments(system, caller, ipc::yield_slice),
        SystemCall::Probe => with_arguments(system, caller, machine::probe),
        SystemCall::SetWindow => with_arguments(system, caller, ipc::set_window),
        SystemCall::UntypedRetype => {
            with_arguments(system, caller, |system, arguments| memory::retype(system, arguments, None))
        }
        SystemCall::UntypedRetypeAt => {
            with_arguments(system, caller, |system, arguments| memory::retype(system, arguments, Some(arguments.x[6])))
        }
        SystemCall::UntypedQuery => with_arguments(system, caller, memory::query_untyped),
        SystemCall::CNodeCopy => with_arguments(system, caller, capabilities::copy),
        SystemCall::CNodeMint => with_arguments(system, caller, capabilities::mint),
        SystemCall::CNodeMove => with_arguments(system, caller, capabilities::relocate),
        SystemCall::CNodeSwap => with_arguments(system, caller, capabilities::swap),
        SystemCall::CNodeDelete => with_arguments(system, caller, capabilities::delete),
        SystemCall::CNodeRevoke => with_arguments(system, caller, capabilities::revoke),
        SystemCall::CNodeQuery => with_arguments(system, caller, capabilities::query),
        SystemCall::ThreadConfigure => with_arguments(system, caller, threads::configure),
        SystemCall::ThreadSetPriority => with_arguments(system, caller, threads::set_priority),
        SystemCall::ThreadWriteRegisters => with_arguments(system, caller, threads::write_registers),
        SystemCall::ThreadReadRegisters => with_arguments(system, caller, threads::read_registers),
        SystemCall::ThreadSetRegisters => with_arguments(system, caller, threads::set_registers),
        SystemCall::ThreadSetBreakpoint => with_arguments(system, caller, threads::set_breakpoint),
        SystemCall::ThreadQueryBreakpoint => with_arguments(system, caller, threads::query_breakpoint),
        SystemCall::ThreadSetStepping => with_arguments(system, caller, threads::set_stepping),
        SystemCall::ThreadResume => with_arguments(system, caller, threads::resume),
        SystemCall::ThreadSuspend => with_arguments(system, caller, threads::suspend),
        SystemCall::ThreadCancel => with_arguments(system, caller, threads::cancel),
        SystemCall::ThreadBindNotification => with_arguments(system, caller, threads::bind_notification),
        SystemCall::ThreadQuery => with_arguments(system, caller, threads::query),
        SystemCall::ThreadSetBuffer => with_arguments(system, caller, threads::set_buffer),
        SystemCall::ThreadSetTimeoutEndpoint => with_arguments(system, caller, threads::set_timeout_endpoint),
        SystemCall::FrameMap => with_arguments(system, caller, memory::map),
        SystemCall::FrameUnmap => with_arguments(system, caller, memory::unmap),
        SystemCall::FrameProtect => with_arguments(system, caller, memory::protect),
        SystemCall::FrameQuery => with_arguments(system, caller, memory::query_frame),
        SystemCall::FrameMaintain => with_arguments(system, caller, memory::maintain),
        SystemCall::AsidPoolAssign => with_arguments(system, caller, memory::assign),
        SystemCall::AddressSpaceQuery => with_arguments(system, caller, memory::query_space),
        SystemCall::SchedControlConfigure => with_arguments(system, caller, threads::configure_context),
        SystemCall::SchedContextBind => with_arguments(system, caller, threads::bind_context),
        SystemCall::SchedContextUnbind => with_arguments(system, caller, threads::unbind_context),
        SystemCall::SchedContextQuery => with_arguments(system, caller, threads::query_context),
        SystemCall::SchedContextSetBadge => with_arguments(system, caller, threads::set_context_badge),
        SystemCall::IrqControlIssue => with_arguments(system, caller, machine::issue),
        SystemCall::IrqBind => with_arguments(system, caller, machine::bind),
        SystemCall::IrqAcknowledge => with_arguments(system, caller, machine::acknowledge),
        SystemCall::IrqRaise => with_arguments(system, caller, machine::raise),
        SystemCall::IrqSetCore => with_arguments(system, caller, machine::route),
        SystemCall::FirmwareCall => with_arguments(system, caller, machine::call_firmware),
        SystemCall::DebugWrite => with_arguments(system, caller, machine::write),
        SystemCall::DebugExit => with_arguments(system, caller, machine::exit),
        SystemCall::DebugLockTimes => with_arguments(system, caller, machine::lock_times),
        SystemCall::DebugNameThread => with_arguments(system, caller, machine::name),
    }
}

/// An operation and its arguments: a function of its own for each operation, which reads what it needs.
#[inline(never)]
fn with_arguments<A: Arch>(
    system: &mut System<A>,
    caller: Ref<Thread>,
    operation: impl FnOnce(&mut System<A>, &Arguments) -> Result<Next, Error>,
) -> Ended {
    let arguments = &Arguments::of(system, caller);
    Ended::of(operation(system, arguments))
}
