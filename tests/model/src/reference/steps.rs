//! Steps of random sequences, as data: each can be taken whatever came before, so that a sequence can be made shorter.

use super::random::Random;
use l4k_sys::abi::{ObjectKind, SystemCall};

/// An argument, to be worked out when its step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// This number.
    Is(u64),
    /// A slot of the caller's CNode with this kind of object, the n-th (as often around as need be), plus bits that make a slot wrong.
    Holds(ObjectKind, u64),
    /// A slot of the caller's CNode that is empty, the n-th.
    Empty(u64),
    /// Where the n-th untyped of the caller's CNode has free memory.
    FreeAddress(u64),
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The n-th thread that can run, or can on a core ([`ON_CORE`]), makes a system call.
    Call {
        /// Which thread.
        thread: u64,
        /// The call.
        call: SystemCall,
        /// x0 to x7 and x9.
        arguments: [Argument; 9],
        /// After how many looks an interrupt is pending, if at all; again and again until the call is over.
        interrupted: Option<u32>,
        /// Whether it waits for the kernel while another core takes the next step.
        late: bool,
    },
    /// Whoever runs on a core says something: a server answers or waits, a client asks or makes way.
    Talk {
        /// On which core.
        core: u64,
        /// What it is about.
        subject: Subject,
        /// Endpoint, reply object, notification.
        objects: [Argument; 3],
        /// The tag, whatever is said.
        tag: u64,
        /// x2 to x7.
        words: [u64; 6],
        /// Of what can be said.
        choice: u64,
    },
    /// The n-th thread that can run faults.
    Fault(u64),
    /// A line interrupts.
    Interrupt(u64),
    /// This many nanoseconds pass.
    Time(u64),
}

/// Numbers at the edges of what calls check.
const EDGES: [u64; 30] = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    11,
    12,
    15,
    16,
    21,
    30,
    31,
    33,
    34,
    255,
    256,
    257,
    4095,
    4096,
    1 << 32,
    (1 << 47) - 4096,
    1 << 47,
    0xffff_0000_0000_0000,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

/// Calls that make something of a world, as often as they stand here: without them more would be taken apart than built.
const BUILDING: [SystemCall; 36] = [
    SystemCall::UntypedRetype,
    SystemCall::UntypedRetype,
    SystemCall::UntypedRetype,
    SystemCall::UntypedRetype,
    SystemCall::CNodeCopy,
    SystemCall::CNodeCopy,
    SystemCall::CNodeMint,
    SystemCall::CNodeMint,
    SystemCall::SetWindow,
    SystemCall::Call,
    SystemCall::Call,
    SystemCall::Call,
    SystemCall::Receive,
    SystemCall::Receive,
    SystemCall::ReplyReceive,
    SystemCall::Reply,
    SystemCall::Reply,
    SystemCall::Signal,
    SystemCall::Wait,
    SystemCall::ThreadConfigure,
    SystemCall::ThreadResume,
    SystemCall::ThreadResume,
    SystemCall::ThreadResume,
    SystemCall::ThreadCancel,
    SystemCall::ThreadSetPriority,
    SystemCall::ThreadBindNotification,
    SystemCall::ThreadSetBuffer,
    SystemCall::FrameMap,
    SystemCall::FrameMap,
    SystemCall::AsidPoolAssign,
    SystemCall::SchedControlConfigure,
    SystemCall::SchedContextBind,
    SystemCall::SchedContextBind,
    SystemCall::IrqControlIssue,
    SystemCall::IrqBind,
    SystemCall::IrqAcknowledge,
];

/// Beyond the numbers of threads: n + ON_CORE * (core + 1) is the n-th of a core.
pub const ON_CORE: u64 = 1000;

/// Steps before a conversation.
const INTRODUCTION: u64 = 8;

/// Steps of a conversation.
const CONVERSATION: u64 = 20;

/// What a conversation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Calls and faults, and their answers.
    Calls,
    /// The same, with answers that are given without a receive.
    Answers,
    /// Signals, and who gives way.
    Signals,
}

impl Subject {
    const ALL: [Subject; 3] = [Subject::Calls, Subject::Answers, Subject::Signals];
}

use Argument::{Empty, FreeAddress, Holds, Is};
use ObjectKind as Kind;

impl Random<'_> {
    fn edge(&mut self) -> Argument {
        Is(self.of(&EDGES))
    }

    fn some(&mut self, kind: ObjectKind) -> Argument {
        match self.below(30) {
            0 => self.edge(),
            1 => Is(self.below(64)),
            2 => {
                let number = 1 + self.below(15);
                Holds(Kind::from_number(number).unwrap_or(kind), self.below(8))
            }
            _ => Holds(kind, self.below(8)),
        }
    }

    fn some_or_none(&mut self, kind: ObjectKind) -> Argument {
        if self.below(2) == 0 { Is(0) } else { self.some(kind) }
    }

    fn empty(&mut self) -> Argument {
        match self.below(16) {
            0 => self.edge(),
            1 => Is(self.below(64)),
            _ => Empty(self.below(12)),
        }
    }

    fn number(&mut self, sensible: &[u64]) -> Argument {
        if self.below(12) == 0 { self.edge() } else { Is(self.of(sensible)) }
    }

    /// A slot in use, of any kind.
    fn any(&mut self) -> Argument {
        let kind = Kind::from_number(1 + self.below(15)).unwrap_or(Kind::Endpoint);
        self.some(kind)
    }

    fn tag(&mut self) -> Argument {
        let length = self.of(&[0, 1, 2, 3, 4, 6, 6, 7, 20, 120, 121]);
        let capabilities = if self.below(3) == 0 { self.below(6) } else { 0 };
        let label = if self.below(3) == 0 { self.below(3) << 32 } else { 0 };
        if self.below(40) == 0 { self.edge() } else { Is(length | capabilities << 8 | label) }
    }

    fn address(&mut self) -> Argument {
        let large = self.below(4) << 21;
        let small = self.below(6) << 12;
        let far = self.below(3) << 39;
        if self.below(12) == 0 { self.edge() } else { Is(0x4000_0000 + large + small + far) }
    }

    /// A kind and a size that often fit.
    fn kind_and_size(&mut self) -> [Argument; 2] {
        let (kind, size) = self.of(&[
            (Kind::Untyped, 12),
            (Kind::Untyped, 8),
            (Kind::Untyped, 16),
            (Kind::CNode, 3),
            (Kind::CNode, 5),
            (Kind::Thread, 0),
            (Kind::Thread, 11),
            (Kind::Endpoint, 0),
            (Kind::Notification, 0),
            (Kind::Reply, 0),
            (Kind::SchedContext, 0),
            (Kind::AddressSpace, 15),
            (Kind::AddressSpace, 16),
            (Kind::Frame, 12),
            (Kind::Frame, 21),
            (Kind::AsidPool, 0),
            (Kind::Irq, 0),
        ]);
        if self.below(12) == 0 { [self.edge(), self.edge()] } else { [Is(kind as u64), Is(size)] }
    }

    /// What servers and their clients do on one core, through one endpoint with one reply object and on one notification: what steps that are
    /// chosen one by one hardly ever come to. Some threads are more urgent than the others, which often have the same priority.
    pub fn conversation(&mut self) -> Vec<Step> {
        let core = self.below(3);
        let span = self.of(&[1, 3]);
        let introduction = (0..INTRODUCTION).map(|thread| {
            let priority = if self.below(3) == 0 { 100 + self.below(20) } else { 60 + self.below(span) };
            let mut arguments: [Argument; 9] = core::array::from_fn(|_| Is(255));
            (arguments[0], arguments[1]) = (Holds(Kind::Thread, thread), Is(priority));
            let thread = ON_CORE * (core + 1) + self.below(8);
            Step::Call { thread, call: SystemCall::ThreadSetPriority, arguments, interrupted: None, late: false }
        });
        let mut steps: Vec<Step> = introduction.collect();
        let objects = [Holds(Kind::Endpoint, 0), Holds(Kind::Reply, self.below(3)), Holds(Kind::Notification, 0)];
        let subject = self.of(&Subject::ALL);
        for _ in 0..CONVERSATION {
            let tag = self.of(&[0, 1, 2, 6, 7, 8, 120]) | (self.below(4) / 3) << 32;
            let words = core::array::from_fn(|_| self.below(1000));
            steps.push(Step::Talk { core, subject, objects, tag, words, choice: self.below(6) });
        }
        steps
    }

    /// A step.
    pub fn step(&mut self) -> Step {
        match self.below(60) {
            0 => Step::Interrupt(32 + self.below(4)),
            1 => Step::Fault(self.below(8)),
            2 | 3 => Step::Time(self.of(&[1, 9_999, 10_000, 100_000, 1_000_000, 5_000_000, 20_000_000])),
            _ => {
                let call = if self.below(2) == 0 { self.of(SystemCall::ALL) } else { self.of(&BUILDING) };
                let arguments = self.arguments(call);
                let interrupted = (self.below(6) == 0).then(|| self.below(4) as u32);
                let late = interrupted.is_none() && self.below(8) == 0;
                Step::Call { thread: self.below(8), call, arguments, interrupted, late }
            }
        }
    }

    // house: long function because it is a table: for each call, arguments that often make sense.
    fn arguments(&mut self, call: SystemCall) -> [Argument; 9] {
        use SystemCall as C;
        let mut x: [Argument; 9] = core::array::from_fn(|_| self.any());
        if self.below(20) == 0 {
            return x;
        }
        match call {
            C::Call => {
                x[0] = self.some(Kind::Endpoint);
                x[1] = self.tag();
            }
            C::Receive | C::TryReceive | C::ReplyReceive => {
                x[0] = self.some(Kind::Endpoint);
                x[1] = self.tag();
                x[8] = self.some(Kind::Reply);
            }
            C::Reply => {
                x[0] = self.some(Kind::Reply);
                x[1] = self.tag();
            }
            C::Signal | C::Wait | C::Poll => x[0] = self.some(Kind::Notification),
            C::Yield | C::Probe => (),
            C::SetWindow => {
                x[1] = self.empty();
                x[2] = self.number(&[0, 1, 1, 2, 3, 4]);
            }
            C::UntypedRetype | C::UntypedRetypeAt => {
                x[0] = self.some(Kind::Untyped);
                [x[1], x[2]] = self.kind_and_size();
                x[3] = if self.below(4) == 0 { self.some(Kind::CNode) } else { Is(0) };
                x[4] = self.empty();
                x[5] = self.number(&[1, 1, 1, 2, 3]);
                x[6] = if self.below(5) == 0 { self.edge() } else { FreeAddress(self.below(4)) };
            }
            C::UntypedQuery => x[0] = self.some(Kind::Untyped),
            C::CNodeCopy | C::CNodeMint | C::CNodeMove | C::CNodeSwap => {
                x[0] = self.some_or_none(Kind::CNode);
                x[1] = if call == C::CNodeSwap { self.any() } else { self.empty() };
                x[2] = Is(0);
                x[4] = self.number(&[7, 7, 7, 1, 2, 3, 5]);
                x[5] = self.number(&[1, 2, 0x40]);
            }
            C::CNodeDelete | C::CNodeRevoke | C::CNodeQuery => x[0] = self.some_or_none(Kind::CNode),
            C::ThreadConfigure => {
                x[0] = self.some(Kind::Thread);
                x[1] = self.some(Kind::CNode);
                x[2] = self.some(Kind::AddressSpace);
                x[3] = self.some_or_none(Kind::Endpoint);
            }
            C::ThreadSetPriority => {
                x[0] = self.some(Kind::Thread);
                x[1] = self.number(&[5, 50, 100, 100, 120]);
                x[2] = self.number(&[255, 255, 100, 5]);
            }
            C::ThreadWriteRegisters => {
                x[0] = self.some(Kind::Thread);
                x[1] = self.number(&[0x20_0000, 0x20_0002]);
                x[2] = self.number(&[0x30_0000, 0, 8]);
            }
            C::ThreadBindNotification => {
                x[0] = self.some(Kind::Thread);
                x[1] = self.some_or_none(Kind::Notification);
            }
            C::ThreadSetBuffer => {
                x[0] = self.some(Kind::Thread);
                x[1] = self.some_or_none(Kind::Frame);
                x[2] = self.address();
            }
            C::ThreadReadRegisters => {
                x[0] = self.some(Kind::Thread);
                x[1] = self.number(&[0, 1, 2, 30, 33, 64]);
            }
            C::ThreadSetRegisters => {
                x[0] = self.some(Kind::Thread);
                x[1] = self.number(&[0, 2, 5, 9, 29, 33]);
                x[2] = self.number(&[1, 2, 5]);
                x[3] = self.number(&[0, 16, 0x1000]);
                x[4] = self.number(&[0, 16, 0x1000]);
            }
            C::ThreadSetBreakpoint => {
                x[0] = self.some(Kind::Thread);
                x[1] = Is(self.below(10));
                x[2] = Is(self.below(6));
                x[3] = self.address();
                x[4] = self.number(&[4, 4, 1, 2, 8]);
            }
            C::ThreadQueryBreakpoint => {
                x[0] = self.some(Kind::Thread);
                x[1] = Is(self.below(10));
            }
            C::ThreadSetStepping => {
                x[0] = self.some(Kind::Thread);
                x[1] = self.number(&[0, 1]);
            }
            C::ThreadResume | C::ThreadSuspend | C::ThreadCancel | C::ThreadQuery => x[0] = self.some(Kind::Thread),
            C::FrameMap => {
                x[0] = self.some(Kind::Frame);
                x[1] = self.some(Kind::AddressSpace);
                x[2] = self.address();
                x[3] = self.number(&[1, 3, 5, 7]);
                x[4] = self.number(&[0, 0, 1, 2, 3]);
                x[7] = Is(0);
            }
            C::FrameProtect => {
                x[0] = self.some(Kind::Frame);
                x[1] = self.number(&[1, 3, 5, 7]);
                x[2] = self.number(&[0, 0, 1, 2, 3]);
                x[7] = Is(0);
            }
            C::FrameMaintain => {
                x[0] = self.some(Kind::Frame);
                x[1] = self.number(&[1, 2, 3]);
                x[2] = self.number(&[0, 64, 4095]);
                x[3] = self.number(&[1, 64, 4096]);
                x[7] = Is(0);
            }
            C::FrameUnmap | C::FrameQuery => x[0] = self.some(Kind::Frame),
            C::AsidPoolAssign => {
                x[0] = self.some(Kind::AsidPool);
                x[1] = self.some(Kind::AddressSpace);
            }
            C::AddressSpaceQuery => x[0] = self.some(Kind::AddressSpace),
            C::SchedControlConfigure => {
                x[0] = self.some(Kind::SchedControl);
                x[1] = self.some(Kind::SchedContext);
                x[2] = self.number(&[10_000, 5_000_000, 9_999]);
                x[3] = if self.below(2) == 0 { self.number(&[20_000, 10_000_000, 3_600_000_000_000]) } else { x[2] };
            }
            C::SchedContextBind => {
                x[0] = self.some(Kind::SchedContext);
                x[1] = if self.below(3) == 0 { self.some(Kind::Notification) } else { self.some(Kind::Thread) };
            }
            C::SchedContextSetBadge => x[0] = self.some(Kind::SchedContext),
            C::ThreadSetTimeoutEndpoint => {
                x[0] = self.some(Kind::Thread);
                x[1] = self.some_or_none(Kind::Endpoint);
            }
            C::SchedContextUnbind | C::SchedContextQuery => x[0] = self.some(Kind::SchedContext),
            C::IrqControlIssue => {
                x[0] = self.some(Kind::IrqControl);
                x[1] = self.some(Kind::Irq);
                x[2] = Is(31 + self.below(6));
                x[3] = self.number(&[0, 1, 3, 2]);
            }
            C::IrqBind => {
                x[0] = self.some(Kind::Irq);
                x[1] = self.some_or_none(Kind::Notification);
            }
            C::IrqAcknowledge | C::IrqRaise => x[0] = self.some(Kind::Irq),
            C::IrqSetCore => {
                x[0] = self.some(Kind::Irq);
                x[1] = self.number(&[0, 0, 1, 2]);
            }
            C::DebugWrite | C::DebugExit => {
                x[0] = self.some(Kind::DebugConsole);
                x[1] = self.number(&[0, 5, 48, 49]);
            }
            C::DebugLockTimes => {
                x[0] = self.some(Kind::DebugConsole);
                x[1] = Is(self.below(4));
            }
            C::DebugNameThread => {
                x[0] = self.some(Kind::DebugConsole);
                x[1] = self.some(Kind::Thread);
                x[2] = self.number(&[1, 16, 17]);
                x[3] = Is(0x4142_4344_4546_4748);
            }
            C::FirmwareCall => {
                x[0] = self.some(Kind::SmcControl);
                x[1] = self.number(&[0x8400_0000, 1, 1 << 32]);
            }
        }
        x
    }
}
