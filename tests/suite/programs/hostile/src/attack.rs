//! The next system call of an attack: any number and any arguments, but such that it often gets past the first check.

use l4k_sys::abi::SystemCall;
use l4k_sys::abi::memory::{USER_END, USER_START};
use l4k_sys::registers::Registers;
use suite_support::arena::KERNEL_ADDRESS;
use suite_support::hostile::{TALLY, WORK, slots};

use crate::random::Random;

/// What an argument is meant to be.
#[derive(Clone, Copy)]
enum Meaning {
    /// A slot of the own table.
    Slot,
    /// Mostly one of these slots, which held what the call wants in the beginning.
    Among(&'static [u64]),
    /// A table: mostly 0, the own.
    Table,
    Address,
    Kind,
    SizeBits,
    /// A count, rights, an index: up to 8.
    Small,
    Register,
    Tag,
    Length,
    Time,
    Anything,
}

use Meaning::{Address, Among, Anything, Kind, Length, Register, SizeBits, Slot, Small, Table, Tag, Time};

/// Values at which something may go wrong.
const BOUNDARIES: [u64; 20] = [
    0,
    1,
    2,
    63,
    64,
    255,
    256,
    257,
    4095,
    4096,
    USER_START - 1,
    1 << 31,
    1 << 32,
    USER_END - 1,
    USER_END,
    KERNEL_ADDRESS,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 4095,
    u64::MAX,
];

const ADDRESSES: [u64; 10] = [
    WORK,
    WORK + 4096,
    WORK + 0x20_0000,
    TALLY,
    USER_START,
    0x20_0000,
    USER_END - 4096,
    1 << 39,
    KERNEL_ADDRESS,
    0x4000_0000,
];

/// The next call: its number and its registers.
pub fn next(random: &mut Random) -> (u64, Registers) {
    let call = random.one_of(SystemCall::ALL);
    // A call that does not exist ends a life, so that it is rare.
    let number = if random.below(1000) == 0 { anything(random) } else { call as u64 };
    let mut x = [0; 8];
    let meanings = meanings(call);
    for (index, word) in x.iter_mut().enumerate() {
        let meaning = meanings.get(index).copied().unwrap_or(Anything);
        *word = if random.below(16) == 0 { anything(random) } else { value(random, meaning) };
    }
    let meaning = if random.below(8) == 0 { Anything } else { REPLY };
    let x9 = value(random, meaning);
    (number, Registers { x, x9 })
}

const ENDPOINT: Meaning = Among(&[slots::SERVER, slots::COMMON, slots::ENDPOINT, slots::SUPERVISOR]);
const NOTIFICATION: Meaning = Among(&[slots::BELL, slots::NOTIFICATION]);
const THREAD: Meaning = Among(&[slots::SPARE, slots::SPARE, slots::THREAD]);
const FRAME: Meaning = Among(&[slots::WORK, slots::PICTURE, slots::FREE]);
const SPACE: Meaning = Among(&[slots::SPACE, slots::SPARE_SPACE]);
const CONTEXT: Meaning = Among(&[slots::SPARE_CONTEXT, slots::CONTEXT]);
const REPLY: Meaning = Among(&[slots::REPLY]);
const MEMORY: Meaning = Among(&[slots::MEMORY]);
const TABLE: Meaning = Among(&[slots::TABLE]);
const POOL: Meaning = Among(&[slots::POOL]);
const IRQ: Meaning = Among(&[slots::IRQ]);

/// What the arguments of a call are meant to be; those that are not listed do not matter.
fn meanings(call: SystemCall) -> &'static [Meaning] {
    match call {
        SystemCall::Call => &[ENDPOINT, Tag, Slot, Slot, Slot, Slot],
        SystemCall::Receive | SystemCall::TryReceive => &[ENDPOINT],
        SystemCall::Reply => &[REPLY, Tag, Slot, Slot, Slot, Slot],
        SystemCall::ReplyReceive => &[ENDPOINT, Tag, Slot, Slot, Slot, Slot],
        SystemCall::Signal | SystemCall::Wait | SystemCall::Poll => &[NOTIFICATION],
        SystemCall::SetWindow => &[Anything, Slot, Small],
        SystemCall::UntypedRetype => &[MEMORY, Kind, SizeBits, Table, Slot, Small],
        SystemCall::UntypedRetypeAt => &[MEMORY, Kind, SizeBits, Table, Slot, Small, Address],
        SystemCall::UntypedQuery => &[MEMORY],
        SystemCall::CNodeCopy | SystemCall::CNodeMint => &[Table, Slot, Table, Slot, Small, Small],
        SystemCall::CNodeMove | SystemCall::CNodeSwap => &[Table, Slot, Table, Slot],
        SystemCall::CNodeDelete | SystemCall::CNodeRevoke | SystemCall::CNodeQuery => &[Table, Slot],
        SystemCall::ThreadBindNotification => &[THREAD, NOTIFICATION],
        SystemCall::IrqControlIssue => &[Slot, IRQ, Length, Small],
        SystemCall::IrqBind | SystemCall::IrqAcknowledge | SystemCall::IrqRaise => &[IRQ, NOTIFICATION],
        SystemCall::AsidPoolAssign => &[POOL, SPACE],
        SystemCall::AddressSpaceQuery => &[SPACE],
        SystemCall::FrameMap => &[FRAME, SPACE, Address, Small, Small],
        SystemCall::FrameUnmap | SystemCall::FrameQuery => &[FRAME],
        SystemCall::FrameProtect => &[FRAME, Small, Small],
        SystemCall::FrameMaintain => &[FRAME, Small, Length, Length],
        SystemCall::SchedControlConfigure => &[Slot, CONTEXT, Time, Time],
        SystemCall::SchedContextBind => &[CONTEXT, THREAD],
        SystemCall::SchedContextUnbind | SystemCall::SchedContextQuery => &[CONTEXT],
        other => of_thread(other),
    }
}

fn of_thread(call: SystemCall) -> &'static [Meaning] {
    match call {
        SystemCall::ThreadConfigure => &[THREAD, TABLE, SPACE, ENDPOINT],
        SystemCall::ThreadSetPriority => &[THREAD, Length, Length],
        SystemCall::ThreadWriteRegisters => &[THREAD, Address, Address],
        SystemCall::ThreadSetBuffer => &[THREAD, FRAME, Address],
        SystemCall::ThreadReadRegisters => &[THREAD, Register],
        SystemCall::ThreadSetRegisters => &[THREAD, Register, Small, Address, Address, Address],
        SystemCall::ThreadSetBreakpoint => &[THREAD, Small, Small, Address, Small],
        SystemCall::ThreadQueryBreakpoint | SystemCall::ThreadSetStepping => &[THREAD, Small],
        _ => &[THREAD, Slot],
    }
}

fn value(random: &mut Random, meaning: Meaning) -> u64 {
    match meaning {
        Slot => slot(random),
        Among(slots) if random.below(4) != 0 => random.one_of(slots),
        Among(_) => slot(random),
        Table if random.below(4) != 0 => 0,
        Table => random.one_of(&[slots::TABLE, slots::FREE, slots::FREE + 1]),
        Address => random.one_of(&ADDRESSES).wrapping_add(random.one_of(&[0, 0, 0, 4, 16, 4096, 0x1_0000])),
        Kind => random.below(17),
        SizeBits => random.one_of(&[0, 0, 0, 2, 5, 6, 10, 11, 12, 13, 15, 16, 21, 24, 30, 48]),
        Small => random.below(9),
        Register => random.one_of(&[0, 5, 18, 30, 31, 32, 33, 34, 35, 64, 100, 128, 130]),
        Tag => random.below(8) << 8 & 0x700 | random.one_of(&[0, 1, 4, 6, 7, 60, 120, 121]) | random.below(3) << 32,
        Length => random.one_of(&[0, 1, 8, 40, 50, 51, 64, 255, 1024, 4096, 4097]),
        Time => random.one_of(&[0, 1, 10_000, 1_000_000, 1_000_000, u64::MAX]),
        Anything => anything(random),
    }
}

/// Half of them one that holds something from the beginning.
fn slot(random: &mut Random) -> u64 {
    match random.below(16) {
        0..8 => random.below(slots::FREE),
        8..15 => slots::FREE + random.below(12),
        _ => random.below(1 << slots::TABLE_BITS),
    }
}

fn anything(random: &mut Random) -> u64 {
    match random.below(4) {
        0 => random.one_of(&BOUNDARIES),
        1 => 1u64.rotate_left(random.below(64) as u32).wrapping_sub(random.below(3)),
        2 => random.below(128),
        _ => random.next(),
    }
}
