//! Random sequences of system calls, sensible and hostile, from several threads: the invariants hold after each.
//!
//! `L4K_STEPS` sets the number of steps of each seed; the default is for everyday use.

use l4k::object::thread::State;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{World, slot};
use l4k_sys::abi::{ObjectKind, Rights, SystemCall};

/// A small generator of pseudo-random numbers (xorshift64*, Vigna 2016): the same seed gives the same sequence.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize]
    }
}

const LIMITS: [u64; 12] =
    [0, 1, 2, 31, 32, 4095, 4096, 1 << 21, (1 << 47) - 4096, 1 << 47, 0xffff_0000_0000_0000, u64::MAX];

/// Slots that calls are about: few, so that they meet.
const FIRST: u64 = 12;
const SLOTS: u64 = 48;

struct Play {
    world: World,
    random: Random,
    threads: Vec<Spawned>,
}

impl Play {
    fn new(seed: u64) -> Play {
        let mut world = World::new();
        let threads = (0..3).map(|index| world.spawn(100, if index == 2 { Time::Lent } else { Time::Own })).collect();
        Play { world, random: Random(seed | 1), threads }
    }

    fn slot(&mut self) -> u64 {
        match self.random.below(10) {
            0 => self.random.of(&LIMITS),
            1 => slot::UNTYPED,
            2 => 1 + self.random.below(11),
            _ => FIRST + self.random.below(SLOTS),
        }
    }

    /// A slot with this kind of object, if the dice want and there is one.
    fn slot_of(&mut self, kind: ObjectKind) -> u64 {
        let found: Vec<u64> =
            (1..FIRST + SLOTS).filter(|slot| self.world.capability(*slot).kind() == Some(kind)).collect();
        if found.is_empty() || self.random.below(10) == 0 { self.slot() } else { self.random.of(&found) }
    }

    /// The root thread and its spaces are what everything stands on: calls that take them away are left out.
    fn spared(&self, call: SystemCall, x: &[u64; 8]) -> bool {
        let slots = match call {
            SystemCall::CNodeDelete | SystemCall::CNodeRevoke => &x[1..2],
            SystemCall::CNodeMove | SystemCall::CNodeSwap => &x[0..4],
            SystemCall::ThreadSuspend | SystemCall::SchedContextUnbind | SystemCall::ThreadConfigure => &x[0..1],
            SystemCall::SchedControlConfigure => &x[1..2],
            SystemCall::DebugExit => return true,
            _ => return false,
        };
        slots.iter().any(|slot| (1..=slot::GROUND).contains(slot))
            || (call == SystemCall::ThreadSuspend && self.is_root(x[0]))
            || (call == SystemCall::SchedContextUnbind && self.is_root_context(x[0]))
    }

    fn is_root(&self, number: u64) -> bool {
        number < 4096 && number > 0 && self.world.capability(number) == self.world.capability(slot::THREAD)
    }

    fn is_root_context(&self, number: u64) -> bool {
        number < 4096 && number > 0 && self.world.capability(number) == self.world.capability(slot::SCHED_CONTEXT)
    }

    // house: long function because it is a table: for each call, arguments that often make sense.
    fn arguments(&mut self, call: SystemCall) -> ([u64; 8], u64) {
        use ObjectKind as Kind;
        let mut x: [u64; 8] = std::array::from_fn(|_| self.slot());
        let mut x9 = self.slot();
        match call {
            SystemCall::Call => {
                x[0] = self.slot_of(Kind::Endpoint);
                x[1] = self.random.of(&[0, 1, 6, 7, 120, 121, 1 << 8]);
            }
            SystemCall::Receive | SystemCall::TryReceive | SystemCall::ReplyReceive => {
                x[0] = self.slot_of(Kind::Endpoint);
                x[1] = self.random.of(&[0, 3, 7]);
                x9 = self.slot_of(Kind::Reply);
            }
            SystemCall::Reply => {
                x[0] = self.slot_of(Kind::Reply);
                x[1] = self.random.of(&[0, 3, 7, 1 << 32]);
            }
            SystemCall::Signal | SystemCall::Wait | SystemCall::Poll => x[0] = self.slot_of(Kind::Notification),
            SystemCall::UntypedRetype | SystemCall::UntypedRetypeAt => {
                x[0] = self.slot_of(Kind::Untyped);
                x[1] = 1 + self.random.below(13);
                x[2] = self.random.of(&[0, 0, 0, 3, 12, 12, 13, 15, 21, u64::MAX]);
                x[3] = if self.random.below(5) == 0 { self.slot_of(Kind::CNode) } else { 0 };
                x[5] = self.random.of(&[1, 1, 2, 3, 0, 257]);
            }
            SystemCall::CNodeCopy | SystemCall::CNodeMint | SystemCall::CNodeMove | SystemCall::CNodeSwap => {
                x[0] = if self.random.below(5) == 0 { self.slot_of(Kind::CNode) } else { 0 };
                x[2] = if self.random.below(5) == 0 { self.slot_of(Kind::CNode) } else { 0 };
                x[4] = self.random.of(&[Rights::ALL.bits(), Rights::ALL.bits(), 1, 2, 8]);
            }
            SystemCall::CNodeDelete | SystemCall::CNodeRevoke | SystemCall::CNodeQuery => {
                x[0] = if self.random.below(5) == 0 { self.slot_of(Kind::CNode) } else { 0 };
            }
            SystemCall::ThreadConfigure => {
                x[0] = self.slot_of(Kind::Thread);
                x[1] = slot::CNODE;
                x[2] = self.slot_of(Kind::AddressSpace);
                x[3] = self.random.of(&[0, x[3]]);
            }
            SystemCall::ThreadSetPriority => {
                x[0] = self.slot_of(Kind::Thread);
                x[1] = self.random.of(&[50, 100, 100, 150, 256]);
                x[2] = 255;
            }
            SystemCall::ThreadBindNotification => {
                x[0] = self.slot_of(Kind::Thread);
                x[1] = if self.random.below(3) == 0 { 0 } else { self.slot_of(Kind::Notification) };
            }
            SystemCall::ThreadSetBuffer => {
                x[0] = self.slot_of(Kind::Thread);
                x[1] = self.slot_of(Kind::Frame);
                x[2] = 0x40_0000;
            }
            SystemCall::FrameMap => {
                x[0] = self.slot_of(Kind::Frame);
                x[1] = self.slot_of(Kind::AddressSpace);
                x[2] = self.random.of(&[0x40_0000, 0x40_1000, 0x60_0000, 0x7000_0000_0000, 0, 1 << 47]);
                x[3] = self.random.of(&[1, 3, 5, 7]);
                x[4] = self.random.of(&[0, 0, 1, 2]);
            }
            SystemCall::FrameUnmap | SystemCall::FrameProtect | SystemCall::FrameQuery => {
                x[0] = self.slot_of(Kind::Frame);
                x[1] = self.random.of(&[1, 3, 5, 7]);
                x[2] = self.random.of(&[0, 1, 2]);
            }
            SystemCall::AsidPoolAssign => {
                x[0] = self.slot_of(Kind::AsidPool);
                x[1] = self.slot_of(Kind::AddressSpace);
            }
            SystemCall::SchedControlConfigure => {
                x[0] = slot::SCHED_CONTROL;
                x[1] = self.slot_of(Kind::SchedContext);
                x[2] = self.random.of(&[0, 10_000, 1_000_000]);
                x[3] = x[2];
            }
            SystemCall::SchedContextBind => {
                x[0] = self.slot_of(Kind::SchedContext);
                x[1] = self.slot_of(Kind::Thread);
            }
            SystemCall::SchedContextUnbind => x[0] = self.slot_of(Kind::SchedContext),
            SystemCall::IrqControlIssue => {
                x[0] = slot::IRQ_CONTROL;
                x[1] = self.slot_of(Kind::Irq);
                x[2] = 32 + self.random.below(3);
                x[3] = 0;
            }
            SystemCall::IrqBind | SystemCall::IrqAcknowledge => {
                x[0] = self.slot_of(Kind::Irq);
                x[1] = if self.random.below(3) == 0 { 0 } else { self.slot_of(Kind::Notification) };
            }
            SystemCall::ThreadResume | SystemCall::ThreadSuspend | SystemCall::ThreadCancel => {
                x[0] = self.slot_of(Kind::Thread);
            }
            _ => (),
        }
        (x, x9)
    }

    fn step(&mut self) {
        let live = l4k_model::invariants::live_threads(&self.world);
        self.threads.retain(|thread| live.contains(&thread.thread));
        let runs = |world: &World, thread| {
            world.state(thread) == State::Ready && world.kernel.system.store.get(thread).running_on.is_some()
        };
        let mut ready: Vec<_> = live.iter().copied().filter(|thread| runs(&self.world, *thread)).collect();
        // Threads without the shared CNode cannot name anything: they do not play.
        ready.retain(|thread| self.world.has_table(*thread));
        match self.random.below(40) {
            0 => self.world.interrupt(32 + self.random.below(3) as u16),
            1 => self.world.pass_time(self.random.below(12_000_000)),
            2 => {
                let points = self.random.below(6) as u32;
                self.world.kernel.system.store.machine.preempt_after.set(Some(points));
            }
            _ => (),
        }
        ready.retain(|thread| runs(&self.world, *thread));
        if ready.is_empty() || self.random.below(400) == 0 {
            *self = Play::new(self.random.next());
            return;
        }
        let thread = self.random.of(&ready);
        self.world.run(thread);
        if self.random.below(60) == 0 && thread != self.world.root {
            let _ = self.world.system_call(self.random.of(&LIMITS), [0; 8], 0);
            return;
        }
        let call = self.random.of(SystemCall::ALL);
        let (x, x9) = self.arguments(call);
        let blocks =
            matches!(call, SystemCall::Call | SystemCall::Receive | SystemCall::Wait | SystemCall::ReplyReceive);
        if self.spared(call, &x) || (blocks && thread == self.world.root && self.random.below(4) != 0) {
            return;
        }
        let _ = self.world.system_call(call as u64, x, x9);
    }
}

#[test]
fn invariants_hold_after_every_step_of_random_sequences() {
    let steps: u64 = std::env::var("L4K_STEPS").ok().and_then(|steps| steps.parse().ok()).unwrap_or(2_000);
    for seed in 1u64..=4 {
        let mut play = Play::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..steps {
            play.step();
        }
    }
}
