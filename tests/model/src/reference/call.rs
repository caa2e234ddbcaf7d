//! From a system call to what it does to the abstract state.

use super::ipc::Patience;
use super::state::{Errors, Object, State};
use l4k_sys::Error;
use l4k_sys::abi::{SystemCall, VERSION_MAJOR, VERSION_MINOR};

/// What a call answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One of these errors, and nothing changes.
    Refused(Errors),
    /// Success with these results.
    Done([u64; 7]),
    /// Success; the first results are these, the others are not modelled.
    Begins(Box<[u64]>),
    /// The caller waits, or its result registers are as the state says.
    Settled,
}

impl Answer {
    /// One error.
    #[must_use]
    pub fn refused(error: Error) -> Answer {
        Answer::Refused(Errors([error].into()))
    }

    /// Success that begins with these results.
    #[must_use]
    pub fn begins<const N: usize>(values: [u64; N]) -> Answer {
        Answer::Begins(values.into())
    }
}

impl State {
    /// A thread makes a system call. Its registers hold the arguments afterwards, until there are results.
    // house: long function because it is the table of all calls, one line each.
    pub fn system_call(&mut self, caller: Object, call: SystemCall, x: [u64; 8], x9: u64) -> Answer {
        let [a, b, c, d, e, f, g, h] = x;
        self.thread(caller).registers = [a, b, c, d, e, f, g, h, x9];
        match call {
            SystemCall::Call => self.call(caller, x),
            SystemCall::Receive => self.receive_call(caller, x, x9, Patience::Waits),
            SystemCall::TryReceive => self.receive_call(caller, x, x9, Patience::Polls),
            SystemCall::Reply => self.reply_call(caller, x),
            SystemCall::ReplyReceive => self.reply_receive(caller, x, x9),
            SystemCall::Signal => self.signal_call(caller, x),
            SystemCall::Wait => self.wait_call(caller, x, Patience::Waits),
            SystemCall::Poll => self.wait_call(caller, x, Patience::Polls),
            SystemCall::Yield => {
                let core = self.threads[&caller].core;
                self.yield_time(core);
                Answer::Done([0; 7])
            }
            SystemCall::Probe => Answer::begins([u64::from(VERSION_MAJOR) << 16 | u64::from(VERSION_MINOR)]),
            SystemCall::SetWindow => self.set_window(caller, x),
            SystemCall::UntypedRetype => self.retype(caller, x, None),
            SystemCall::UntypedRetypeAt => self.retype(caller, x, Some(x[6])),
            SystemCall::UntypedQuery => self.query_untyped(caller, x),
            SystemCall::CNodeCopy => self.copy_call(caller, x, None),
            SystemCall::CNodeMint => self.copy_call(caller, x, Some(x[5])),
            SystemCall::CNodeMove => self.move_call(caller, x, false),
            SystemCall::CNodeSwap => self.move_call(caller, x, true),
            SystemCall::CNodeDelete => self.delete_call(caller, x),
            SystemCall::CNodeRevoke => self.revoke_call(caller, x),
            SystemCall::CNodeQuery => self.query_call(caller, x),
            SystemCall::ThreadConfigure => self.configure(caller, x),
            SystemCall::ThreadSetPriority => self.set_priority(caller, x),
            SystemCall::ThreadWriteRegisters => self.write_registers(caller, x),
            SystemCall::ThreadReadRegisters => self.read_registers(caller, x),
            SystemCall::ThreadSetRegisters => self.set_registers(caller, x),
            SystemCall::ThreadSetBreakpoint => self.set_breakpoint(caller, x),
            SystemCall::ThreadQueryBreakpoint => self.query_breakpoint(caller, x),
            SystemCall::ThreadSetStepping => self.set_stepping(caller, x),
            SystemCall::ThreadResume => self.resume(caller, x),
            SystemCall::ThreadSuspend => self.suspend(caller, x),
            SystemCall::ThreadCancel => self.cancel(caller, x),
            SystemCall::ThreadBindNotification => self.bind_notification(caller, x),
            SystemCall::ThreadQuery => self.query_thread(caller, x),
            SystemCall::ThreadSetBuffer => self.set_buffer(caller, x),
            SystemCall::FrameMap => self.map(caller, x),
            SystemCall::FrameUnmap => self.unmap(caller, x),
            SystemCall::FrameProtect => self.protect(caller, x),
            SystemCall::FrameQuery => self.query_frame(caller, x),
            SystemCall::FrameMaintain => self.maintain(caller, x),
            SystemCall::AsidPoolAssign => self.assign(caller, x),
            SystemCall::AddressSpaceQuery => self.query_space(caller, x),
            SystemCall::SchedControlConfigure => self.fill_context(caller, x),
            SystemCall::SchedContextBind => self.bind_context(caller, x),
            SystemCall::SchedContextUnbind => self.unbind_context(caller, x),
            SystemCall::SchedContextQuery => self.query_context(caller, x),
            SystemCall::SchedContextSetBadge => self.set_context_badge(caller, x),
            SystemCall::ThreadSetTimeoutEndpoint => self.set_timeout_endpoint(caller, x),
            SystemCall::IrqControlIssue => self.issue(caller, x),
            SystemCall::IrqBind => self.bind_irq(caller, x),
            SystemCall::IrqAcknowledge => self.acknowledge(caller, x),
            SystemCall::IrqRaise => self.raise(caller, x),
            SystemCall::IrqSetCore => self.route(caller, x),
            SystemCall::DebugWrite => self.debug(caller, x, false),
            SystemCall::DebugExit => self.exit(caller, x),
            SystemCall::DebugLockTimes => self.lock_times(caller, x),
            SystemCall::DebugNameThread => self.debug(caller, x, true),
            SystemCall::FirmwareCall => self.firmware(caller, x),
        }
    }
}
