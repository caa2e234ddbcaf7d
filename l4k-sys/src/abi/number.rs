//! System-call numbers, and the registers of each call.
//!
//! `svc #0` with the number in `x8`. `x0` is the capability that the call is made on, `x1`–`x7` are
//! its arguments, `x9` is the reply object of a receiving call. On return `x0` is the status (0, an
//! [`Error`](super::Error) code or an [`Arrival`](super::Arrival)), `x1`–`x7` and `x9` are results, every other register of `x0`–`x18`
//! and `x30` is zero; `x19`–`x29` and `sp` survive. "Slot" means an index in the caller's own CNode.

/// Every system call of this ABI version. The discriminant is the number in `x8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum SystemCall {
    /// Calls a server. `x0` endpoint (with the grant right if capabilities go along), `x1` tag, `x2`–`x7` words. Returns status, tag, words. Blocks.
    Call = 1,
    /// Receives. `x0` endpoint, `x9` reply object. Returns arrival, tag, words, `x9` badge. Blocks.
    Receive = 2,
    /// [`Receive`](Self::Receive) that answers `WouldBlock` instead of blocking.
    TryReceive = 3,
    /// Answers a caller. `x0` reply object, `x1` tag, `x2`–`x7` words.
    Reply = 4,
    /// [`Reply`](Self::Reply) then [`Receive`](Self::Receive), at once. `x0` endpoint, `x1` tag, `x2`–`x7` words, `x9` reply object for both.
    ReplyReceive = 5,
    /// Signals. `x0` notification. Its badge is or-ed into the notification's word. Never blocks.
    Signal = 6,
    /// Waits until a notification's word is not zero and takes it. `x0` notification. Returns `Arrival::Notification`, the word in `x9`. Blocks.
    Wait = 7,
    /// [`Wait`](Self::Wait) that answers `WouldBlock` instead of blocking.
    Poll = 8,
    /// Gives up the rest of the time slice.
    Yield = 9,
    /// Asks for the ABI version. Returns `x1` major << 16 | minor, `x2` feature bits.
    Probe = 10,
    /// Names the slots of the caller's CNode for the capabilities of the next message that brings any: `x1` first slot, `x2` count (0..=4; 0: none).
    SetWindow = 11,

    /// Makes objects. `x0` untyped, `x1` kind, `x2` size in bits (0 for kinds of fixed size), `x3` destination CNode slot (0: own),
    /// `x4` first slot in it, `x5` count (1..=256). Returns `x1` physical address of the first object.
    UntypedRetype = 16,
    /// [`UntypedRetype`](Self::UntypedRetype) at physical address `x6`, which must be free; memory skipped stays unused until the untyped is whole again.
    UntypedRetypeAt = 17,
    /// Returns `x1` physical base, `x2` size in bits, `x3` offset of the first free byte, `x4` 1 for device memory.
    UntypedQuery = 18,

    /// Copies with fewer or equal rights. `x0` destination CNode (0: own), `x1` destination slot, `x2` source CNode (0: own), `x3` source slot, `x4` rights mask.
    CNodeCopy = 24,
    /// [`CNodeCopy`](Self::CNodeCopy) that also sets badge `x5` (not zero) on an endpoint or notification capability that has none.
    CNodeMint = 25,
    /// Moves. Arguments as [`CNodeCopy`](Self::CNodeCopy) without rights.
    CNodeMove = 26,
    /// Exchanges the contents of two slots, both occupied. Arguments as [`CNodeMove`](Self::CNodeMove).
    CNodeSwap = 27,
    /// Deletes the capability in a slot. `x0` CNode (0: own), `x1` slot. Deleting an empty slot succeeds.
    CNodeDelete = 28,
    /// Deletes every descendant of a capability. `x0` CNode (0: own), `x1` slot.
    CNodeRevoke = 29,
    /// Returns `x1` kind (0: empty), `x2` rights, `x3` badge of a slot. `x0` CNode (0: own), `x1` slot.
    CNodeQuery = 30,

    /// Gives a thread its spaces. `x0` thread, `x1` CNode, `x2` address space, `x3` fault endpoint (0: none; needs the call right).
    /// Replaces what was there, and takes the thread's window away. The thread must be suspended.
    ThreadConfigure = 32,
    /// Sets priorities. `x0` thread, `x1` priority, `x2` maximum controlled priority; neither above the caller's own maximum.
    ThreadSetPriority = 33,
    /// Writes start registers. `x0` thread (suspended), `x1` instruction pointer, `x2` stack pointer, `x3`–`x5` become `x0`–`x2`; all other registers become zero, and its window is taken away.
    ThreadWriteRegisters = 34,
    /// Lets a suspended thread run.
    ThreadResume = 35,
    /// Stops a thread wherever it is; a blocking call it is in returns `Cancelled` when it is resumed.
    ThreadSuspend = 36,
    /// Makes the blocking call that a thread is in return `Cancelled`. `NotBlocked` if it is in none.
    ThreadCancel = 37,
    /// Binds notification `x1` (wait right; 0 unbinds) to thread `x0`.
    ThreadBindNotification = 38,
    /// Returns `x1` state, `x2` priority | maximum << 8, `x3` nanoseconds of processor time used, `x4` instruction pointer.
    ThreadQuery = 39,
    /// Sets the message buffer. `x0` thread (suspended), `x1` frame (4 KiB, normal, writable; 0: none), `x2` its address in the thread's space.
    ThreadSetBuffer = 40,
    /// Reads the registers of a thread that is suspended or stopped by a fault. `x0` thread, `x1` first register (see [`register`](super::thread::register)). Returns six of them in `x1`–`x6`, zero for numbers that do not exist.
    ThreadReadRegisters = 41,
    /// Changes registers of a thread that is suspended or stopped by a fault. `x0` thread, `x1` first register (see [`register`](super::thread::register)), `x2` how many (1..=5), `x3`–`x7` values.
    ThreadSetRegisters = 42,
    /// Sets a breakpoint register of a thread that is suspended or stopped by a fault. `x0` thread, `x1` index (0–3 instructions, 4–7 data), `x2` kind (see [`BreakpointKind`](super::thread::BreakpointKind)), `x3` address, `x4` length in bytes (4; for data 1, 2, 4 or 8).
    ThreadSetBreakpoint = 43,
    /// `x0` thread, `x1` index of a breakpoint register. Returns `x1` kind (0: off), `x2` address, `x3` length in bytes.
    ThreadQueryBreakpoint = 44,
    /// Sets whether a thread that is suspended or stopped by a fault stops with a fault after each instruction: `x0` thread, `x1` 1 yes, 0 no.
    ThreadSetStepping = 45,
    /// Names who hears when a thread's budget is used up before its period is over: `x0` thread (suspended), `x1` endpoint (0: nobody; needs the call right).
    ThreadSetTimeoutEndpoint = 46,

    /// Maps. `x0` frame, `x1` address space, `x2` virtual address, `x3` rights, `x4` attributes; `x7` is 0 (the kernel's own, when the call is interrupted).
    FrameMap = 48,
    /// Removes the mapping of a frame capability. Unmapping one that is not mapped succeeds.
    FrameUnmap = 49,
    /// Changes rights of the mapping. `x0` frame, `x1` rights, `x2` attributes; `x7` is 0, as for [`FrameMap`](Self::FrameMap).
    FrameProtect = 50,
    /// Returns `x1` physical address, `x2` size in bits, `x3` rights, `x4` 1 for device memory, `x5` mapped virtual address (0: not mapped).
    FrameQuery = 51,
    /// Gives address space `x1` an identifier from AsidPool `x0`; without one nothing can be mapped into it.
    AsidPoolAssign = 52,
    /// Returns `x1` tables in all, `x2` tables free, `x3` 1 if the space has an identifier. `x0` address space.
    AddressSpaceQuery = 53,
    /// Cache maintenance on part of a frame with the read right. `x0` frame, `x1` operation (see [`Maintenance`](super::memory::Maintenance)), `x2` offset, `x3` length in bytes, not 0.
    FrameMaintain = 54,

    /// Fills a scheduling context with time of a core. `x0` SchedControl, `x1` context, `x2` budget (10,000 at least, the period at most), `x3` period (an hour at most), both in nanoseconds.
    SchedControlConfigure = 56,
    /// Binds context `x0` to `x1`: to a thread, which runs on it, or to a notification (wait right), with whose signals a thread without time gets it, until it waits again.
    SchedContextBind = 57,
    /// Unbinds context `x0` from what it is bound to, and from whoever runs on it.
    SchedContextUnbind = 58,
    /// Returns `x1` budget, `x2` period, `x3` consumed, all in nanoseconds. `x0` context.
    SchedContextQuery = 59,
    /// Sets what timeout faults call context `x0`: badge `x1`, any number.
    SchedContextSetBadge = 60,

    /// Makes Irq `x1` (just retyped) stand for interrupt number `x2`, trigger `x3` (0 level, 1 edge, 3 edge that acknowledges itself). `x0` IrqControl. The line stays masked.
    IrqControlIssue = 64,
    /// Binds Irq `x0` to notification `x1` (signal right; its badge is what is signalled) and unmasks it. `x1` = 0 unbinds and masks.
    IrqBind = 65,
    /// Unmasks Irq `x0` after its interrupt was handled.
    IrqAcknowledge = 66,
    /// Makes the interrupt of Irq `x0` pending, as its device would.
    IrqRaise = 67,
    /// Sends the interrupt of Irq `x0` to core `x1` from now on; before, it goes to the core that issued it.
    IrqSetCore = 68,

    /// Writes `x1` (0..=48) bytes, packed little endian in `x2`–`x7`, to the kernel's console. `x0` DebugConsole.
    DebugWrite = 72,
    /// Ends the machine with status `x1` (0..=255). `x0` DebugConsole with the control right.
    DebugExit = 73,
    /// Gives thread `x1` a name for kernel messages: `x2` length (1..=16), bytes packed in `x3`–`x4`. `x0` DebugConsole.
    DebugNameThread = 74,
    /// How core `x1` shares the kernel's lock: `x1` turns, `x2` waited in all, `x3` longest wait, `x4` held in all, `x5` longest hold, in nanoseconds. `x0` DebugConsole.
    DebugLockTimes = 75,

    /// Calls firmware (SMC Calling Convention, DEN0028). `x0` SmcControl, `x1` function identifier (32 bits), `x2`–`x7` arguments. Returns in `x1`–`x4` what firmware leaves in `x0`–`x3`.
    FirmwareCall = 80,
}

impl SystemCall {
    /// Every call, in the order of numbers.
    pub const ALL: &'static [SystemCall] = &[
        Self::Call,
        Self::Receive,
        Self::TryReceive,
        Self::Reply,
        Self::ReplyReceive,
        Self::Signal,
        Self::Wait,
        Self::Poll,
        Self::Yield,
        Self::Probe,
        Self::SetWindow,
        Self::UntypedRetype,
        Self::UntypedRetypeAt,
        Self::UntypedQuery,
        Self::CNodeCopy,
        Self::CNodeMint,
        Self::CNodeMove,
        Self::CNodeSwap,
        Self::CNodeDelete,
        Self::CNodeRevoke,
        Self::CNodeQuery,
        Self::ThreadConfigure,
        Self::ThreadSetPriority,
        Self::ThreadWriteRegisters,
        Self::ThreadResume,
        Self::ThreadSuspend,
        Self::ThreadCancel,
        Self::ThreadBindNotification,
        Self::ThreadQuery,
        Self::ThreadSetBuffer,
        Self::ThreadReadRegisters,
        Self::ThreadSetRegisters,
        Self::ThreadSetBreakpoint,
        Self::ThreadQueryBreakpoint,
        Self::ThreadSetStepping,
        Self::ThreadSetTimeoutEndpoint,
        Self::FrameMap,
        Self::FrameUnmap,
        Self::FrameProtect,
        Self::FrameQuery,
        Self::AsidPoolAssign,
        Self::AddressSpaceQuery,
        Self::FrameMaintain,
        Self::SchedControlConfigure,
        Self::SchedContextBind,
        Self::SchedContextUnbind,
        Self::SchedContextQuery,
        Self::SchedContextSetBadge,
        Self::IrqControlIssue,
        Self::IrqBind,
        Self::IrqAcknowledge,
        Self::IrqRaise,
        Self::IrqSetCore,
        Self::DebugWrite,
        Self::DebugExit,
        Self::DebugNameThread,
        Self::DebugLockTimes,
        Self::FirmwareCall,
    ];

    /// The call with this number, if this ABI version has one.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<SystemCall> {
        Some(match number {
            1 => Self::Call,
            2 => Self::Receive,
            3 => Self::TryReceive,
            4 => Self::Reply,
            5 => Self::ReplyReceive,
            6 => Self::Signal,
            7 => Self::Wait,
            8 => Self::Poll,
            9 => Self::Yield,
            10 => Self::Probe,
            11 => Self::SetWindow,
            16 => Self::UntypedRetype,
            17 => Self::UntypedRetypeAt,
            18 => Self::UntypedQuery,
            24 => Self::CNodeCopy,
            25 => Self::CNodeMint,
            26 => Self::CNodeMove,
            27 => Self::CNodeSwap,
            28 => Self::CNodeDelete,
            29 => Self::CNodeRevoke,
            30 => Self::CNodeQuery,
            32 => Self::ThreadConfigure,
            33 => Self::ThreadSetPriority,
            34 => Self::ThreadWriteRegisters,
            35 => Self::ThreadResume,
            36 => Self::ThreadSuspend,
            37 => Self::ThreadCancel,
            38 => Self::ThreadBindNotification,
            39 => Self::ThreadQuery,
            40 => Self::ThreadSetBuffer,
            41 => Self::ThreadReadRegisters,
            42 => Self::ThreadSetRegisters,
            43 => Self::ThreadSetBreakpoint,
            44 => Self::ThreadQueryBreakpoint,
            _ => return Self::from_number_of_machine(number),
        })
    }

    /// The higher numbers: of memory, time, interrupts and debugging, and the latest of threads.
    const fn from_number_of_machine(number: u64) -> Option<SystemCall> {
        Some(match number {
            45 => Self::ThreadSetStepping,
            46 => Self::ThreadSetTimeoutEndpoint,
            48 => Self::FrameMap,
            49 => Self::FrameUnmap,
            50 => Self::FrameProtect,
            51 => Self::FrameQuery,
            52 => Self::AsidPoolAssign,
            53 => Self::AddressSpaceQuery,
            54 => Self::FrameMaintain,
            56 => Self::SchedControlConfigure,
            57 => Self::SchedContextBind,
            58 => Self::SchedContextUnbind,
            59 => Self::SchedContextQuery,
            60 => Self::SchedContextSetBadge,
            64 => Self::IrqControlIssue,
            65 => Self::IrqBind,
            66 => Self::IrqAcknowledge,
            67 => Self::IrqRaise,
            68 => Self::IrqSetCore,
            72 => Self::DebugWrite,
            73 => Self::DebugExit,
            74 => Self::DebugNameThread,
            75 => Self::DebugLockTimes,
            80 => Self::FirmwareCall,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_decodes_to_its_call_and_no_other_number_decodes() {
        let mut decoded = 0;
        for number in 0..=u64::from(u16::MAX) + 1 {
            if let Some(call) = SystemCall::from_number(number) {
                assert_eq!(call as u64, number);
                decoded += 1;
            }
        }
        assert_eq!(decoded, SystemCall::ALL.len());
        assert_eq!(SystemCall::from_number(u64::MAX), None);
    }
}
