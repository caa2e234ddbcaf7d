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
use l4k_sys::Error;
use l4k_sys::abi::SystemCall;

/// Makes a system call for the current thread.
///
/// # Errors
/// What the operation says; it has changed nothing then.
// house: long function because it is the table of all calls, one line each.
pub fn dispatch<A: Arch>(system: &mut System<A>, caller: Ref<Thread>, call: SystemCall) -> Result<Next, Error> {
    let arguments = &Arguments::of(system, caller);
    match call {
        SystemCall::Call => ipc::call(system, arguments),
        SystemCall::Receive => ipc::receive(system, arguments, Wait::Block),
        SystemCall::TryReceive => ipc::receive(system, arguments, Wait::Poll),
        SystemCall::Reply => ipc::reply(system, arguments),
        SystemCall::ReplyReceive => ipc::reply_receive(system, arguments),
        SystemCall::Signal => ipc::signal(system, arguments),
        SystemCall::Wait => ipc::wait(system, arguments, Wait::Block),
        SystemCall::Poll => ipc::wait(system, arguments, Wait::Poll),
        SystemCall::Yield => ipc::yield_slice(system),
        SystemCall::Probe => machine::probe(system),
        SystemCall::SetWindow => ipc::set_window(system, arguments),
        SystemCall::UntypedRetype => memory::retype(system, arguments, None),
        SystemCall::UntypedRetypeAt => memory::retype(system, arguments, Some(arguments.x[6])),
        SystemCall::UntypedQuery => memory::query_untyped(system, arguments),
        SystemCall::CNodeCopy => capabilities::copy(system, arguments),
        SystemCall::CNodeMint => capabilities::mint(system, arguments),
        SystemCall::CNodeMove => capabilities::relocate(system, arguments),
        SystemCall::CNodeSwap => capabilities::swap(system, arguments),
        SystemCall::CNodeDelete => capabilities::delete(system, arguments),
        SystemCall::CNodeRevoke => capabilities::revoke(system, arguments),
        SystemCall::CNodeQuery => capabilities::query(system, arguments),
        SystemCall::ThreadConfigure => threads::configure(system, arguments),
        SystemCall::ThreadSetPriority => threads::set_priority(system, arguments),
        SystemCall::ThreadWriteRegisters => threads::write_registers(system, arguments),
        SystemCall::ThreadReadRegisters => threads::read_registers(system, arguments),
        SystemCall::ThreadSetRegisters => threads::set_registers(system, arguments),
        SystemCall::ThreadSetBreakpoint => threads::set_breakpoint(system, arguments),
        SystemCall::ThreadQueryBreakpoint => threads::query_breakpoint(system, arguments),
        SystemCall::ThreadSetStepping => threads::set_stepping(system, arguments),
        SystemCall::ThreadResume => threads::resume(system, arguments),
        SystemCall::ThreadSuspend => threads::suspend(system, arguments),
        SystemCall::ThreadCancel => threads::cancel(system, arguments),
        SystemCall::ThreadBindNotification => threads::bind_notification(system, arguments),
        SystemCall::ThreadQuery => threads::query(system, arguments),
        SystemCall::ThreadSetBuffer => threads::set_buffer(system, arguments),
        SystemCall::ThreadSetTimeoutEndpoint => threads::set_timeout_endpoint(system, arguments),
        SystemCall::FrameMap => memory::map(system, arguments),
        SystemCall::FrameUnmap => memory::unmap(system, arguments),
        SystemCall::FrameProtect => memory::protect(system, arguments),
        SystemCall::FrameQuery => memory::query_frame(system, arguments),
        SystemCall::FrameMaintain => memory::maintain(system, arguments),
        SystemCall::AsidPoolAssign => memory::assign(system, arguments),
        SystemCall::AddressSpaceQuery => memory::query_space(system, arguments),
        SystemCall::SchedControlConfigure => threads::configure_context(system, arguments),
        SystemCall::SchedContextBind => threads::bind_context(system, arguments),
        SystemCall::SchedContextUnbind => threads::unbind_context(system, arguments),
        SystemCall::SchedContextQuery => threads::query_context(system, arguments),
        SystemCall::SchedContextSetBadge => threads::set_context_badge(system, arguments),
        SystemCall::IrqControlIssue => machine::issue(system, arguments),
        SystemCall::IrqBind => machine::bind(system, arguments),
        SystemCall::IrqAcknowledge => machine::acknowledge(system, arguments),
        SystemCall::IrqRaise => machine::raise(system, arguments),
        SystemCall::IrqSetCore => machine::route(system, arguments),
        SystemCall::FirmwareCall => machine::call_firmware(system, arguments),
        SystemCall::DebugWrite => machine::write(system, arguments),
        SystemCall::DebugExit => machine::exit(system, arguments),
        SystemCall::DebugLockTimes => machine::lock_times(system, arguments),
        SystemCall::DebugNameThread => machine::name(system, arguments),
    }
}
