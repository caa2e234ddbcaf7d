//! A system call that answers with an error has changed nothing: neither objects nor slots nor memory, whatever its arguments were.

use l4k::base::address::PhysicalAddress;
use l4k::machine::simulated::RAM_START;
use l4k::object::thread::Thread;
use l4k_model::objects::Time;
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, SystemCall};

/// Where objects are in the world: its ground, and the beginning of its untyped.
const PLACES: [(u64, u64); 2] = [(RAM_START, 1 << 20), (RAM_START + (8 << 20), 1 << 19)];

/// Numbers at the edges of what calls check.
const EDGES: [u64; 22] = [
    0,
    1,
    2,
    3,
    4,
    5,
    8,
    11,
    12,
    16,
    21,
    255,
    256,
    257,
    4095,
    4096,
    0x40_0000,
    1 << 32,
    (1 << 47) - 4096,
    1 << 47,
    1 << 63,
    u64::MAX,
];

/// A generator of numbers (Marsaglia, Xorshift RNGs, 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A slot in use three times out of four, else an edge.
    fn argument(&mut self, last_slot: u64) -> u64 {
        match self.next() % 8 {
            0..6 => 1 + self.next() % last_slot,
            6 => EDGES[(self.next() % EDGES.len() as u64) as usize],
            _ => self.next(),
        }
    }
}

fn snapshot(world: &mut World) -> Vec<u8> {
    let store = &mut world.kernel.system.store;
    let mut all = Vec::new();
    for (start, bytes) in PLACES {
        all.extend_from_slice(store.bytes_mut(PhysicalAddress::new(start).unwrap(), bytes));
    }
    let registers = (world.root.address().value() - RAM_START) as usize;
    let length = size_of_val(&world.kernel.system.store.get::<Thread>(world.root).context);
    all[registers..registers + length].fill(0);
    all
}

/// A world with a little of everything; the last slot in use.
fn furnished() -> (World, u64) {
    let mut world = World::new();
    let kinds = [
        (ObjectKind::Untyped, 14),
        (ObjectKind::CNode, 5),
        (ObjectKind::Thread, 0),
        (ObjectKind::Thread, 11),
        (ObjectKind::Endpoint, 0),
        (ObjectKind::Notification, 0),
        (ObjectKind::Reply, 0),
        (ObjectKind::SchedContext, 0),
        (ObjectKind::AddressSpace, 15),
        (ObjectKind::Frame, 12),
        (ObjectKind::AsidPool, 0),
        (ObjectKind::Irq, 0),
    ];
    for (kind, bits) in kinds {
        world.make(kind, bits);
    }
    let other = world.spawn(5, Time::Own);
    world.call(SystemCall::ThreadSuspend, &[other.slot]).unwrap();
    let last = world.new_slot() - 1;
    (world, last)
}

/// A slot of the kind that a call is made on, in a furnished world.
fn fitting(call: SystemCall) -> u64 {
    match call as u16 {
        1..=3 | 5 => slot::FREE + 4,
        4 => slot::FREE + 6,
        6..=8 => slot::FREE + 5,
        16..=18 => slot::FREE,
        24..=30 => slot::FREE + 1,
        32..=45 => slot::FREE + 2,
        48..=51 | 54 => slot::FREE + 9,
        52 => slot::FREE + 10,
        53 => slot::FREE + 8,
        56 => slot::SCHED_CONTROL,
        57..=59 => slot::FREE + 7,
        64 => slot::IRQ_CONTROL,
        65..=67 => slot::FREE + 11,
        72..=74 => slot::DEBUG_CONSOLE,
        _ => 0,
    }
}

#[test]
fn a_refused_call_leaves_everything_as_it_was() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut refused = 0;
    for _ in 0..12 {
        let (mut world, last_slot) = furnished();
        let mut before = snapshot(&mut world);
        for _ in 0..400 {
            let call = SystemCall::ALL[(random.next() % SystemCall::ALL.len() as u64) as usize];
            let mut x: [u64; 8] = core::array::from_fn(|_| random.argument(last_slot));
            if !random.next().is_multiple_of(4) {
                x[0] = fitting(call);
            }
            let blocks = [SystemCall::Call, SystemCall::Receive, SystemCall::Wait, SystemCall::ReplyReceive];
            let ends =
                [SystemCall::CNodeDelete, SystemCall::CNodeMove, SystemCall::CNodeSwap, SystemCall::ThreadSuspend];
            if blocks.contains(&call)
                || ends.contains(&call)
                || x[0] == slot::THREAD
                || call == SystemCall::FirmwareCall
            {
                continue;
            }
            let outcome = world.system_call(call as u64, x, random.argument(last_slot));
            let Outcome::Returned(results) = outcome else { break };
            if world.current() != Some(world.root) {
                break;
            }
            let after = snapshot(&mut world);
            if let Err(error) = results.check() {
                assert!(after == before, "{call:?} {x:x?} answered {error:?} and changed something");
                refused += usize::from(error != Error::WrongKind && error != Error::InvalidCapability);
            }
            before = after;
        }
    }
    assert!(refused > 300, "only {refused} calls got past their capabilities");
}
