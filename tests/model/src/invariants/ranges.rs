//! The memory that capabilities cover (invariants 1, 2 and 4): aligned, apart from one another, of the right class, within what it was
//! made of, and never the kernel's own. Calls `reach` and `derivation`.

use super::derivation::Tree;
use super::reach::Reached;
use crate::world::{KERNEL_MEMORY, World};
use l4k::base::store::{Object, Ref};
use l4k::machine::simulated::{RAM_START, Simulated};
use l4k::object::asid_pool::AsidPool;
use l4k::object::capability::{Capability, MemoryClass};
use l4k::object::endpoint::Endpoint;
use l4k::object::irq::Irq;
use l4k::object::notification::Notification;
use l4k::object::reply::Reply;
use l4k::object::sched_context::SchedContext;
use l4k::object::slot::Slot;
use l4k::object::thread::Thread;
use l4k::operation::system::System;
use l4k_sys::abi::ObjectKind;
use std::cmp::Reverse;

/// Memory that a capability covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// First byte.
    pub start: u64,
    /// First byte behind.
    pub end: u64,
    /// First byte behind what was handed out of it.
    pub used: u64,
    /// What it is.
    pub kind: ObjectKind,
    /// Of which kind of memory.
    pub memory: MemoryClass,
    /// The capability.
    pub slot: Ref<Slot>,
}

impl Piece {
    fn is_same_object(&self, other: &Piece) -> bool {
        (self.start, self.end, self.kind) == (other.start, other.end, other.kind)
    }

    /// Whether it shares a byte with a range.
    pub const fn meets(&self, start: u64, end: u64) -> bool {
        self.start < end && start < self.end
    }
}

/// What every capability covers.
pub fn pieces(system: &System<Simulated>, reached: &Reached) -> Vec<Piece> {
    let piece = |(slot, contents): (&Ref<Slot>, &Slot)| {
        let (kind, start, bytes) = range(system, *slot, &contents.capability)?;
        let end = start + bytes;
        let (memory, used) = match contents.capability {
            Capability::Untyped { memory, watermark, .. } => (memory, start + u64::from(watermark) * 32),
            Capability::Frame { shape, .. } => (shape.memory(), end),
            _ => (MemoryClass::Normal, end),
        };
        Some(Piece { start, end, used, kind, memory, slot: *slot })
    };
    reached.slots.iter().filter_map(piece).collect()
}

fn range(system: &System<Simulated>, slot: Ref<Slot>, capability: &Capability) -> Option<(ObjectKind, u64, u64)> {
    let (start, bytes) = match *capability {
        Capability::Untyped { size_bits, base, .. } => (base, size_bits.bytes()),
        Capability::Frame { shape, number, .. } => {
            return Some((ObjectKind::Frame, u64::from(number) << 12, shape.size().bytes()));
        }
        Capability::DyingRoot { size_bits, .. } | Capability::DyingInner { size_bits, .. } => {
            return Some((ObjectKind::CNode, slot.address().value(), 32 << size_bits));
        }
        Capability::CNode { object, size_bits, .. } => (object.address(), 32 << size_bits),
        Capability::Thread { object } => {
            let halves = if system.store.get(object).floating_point.is_some() { 2 } else { 1 };
            (object.address(), halves << Thread::BITS)
        }
        Capability::AddressSpace { object } => {
            (object.address(), (u64::from(system.store.get(object).tables()) + 2) * 4096)
        }
        Capability::Endpoint { object, .. } => (object.address(), 1 << Endpoint::BITS),
        Capability::Notification { object, .. } => (object.address(), 1 << Notification::BITS),
        Capability::Reply { object } => (object.address(), 1 << Reply::BITS),
        Capability::SchedContext { object } => (object.address(), 1 << SchedContext::BITS),
        Capability::Irq { object } => (object.address(), 1 << Irq::BITS),
        Capability::AsidPool { object } => (object.address(), 1 << AsidPool::BITS),
        _ => return None,
    };
    Some((capability.kind()?, start.value(), bytes))
}

/// Each piece is aligned to its size, lies in memory of its class, and covers nothing of the kernel's.
///
/// # Panics
/// If one does not.
pub fn check_each(world: &World, pieces: &[Piece]) {
    let ram = RAM_START..RAM_START + world.kernel.system.store.machine.ram_bytes();
    for piece in pieces {
        assert!(piece.start.is_multiple_of(piece.end - piece.start), "{piece:x?} is not aligned to its size");
        assert!(piece.used <= piece.end, "{piece:x?} has its watermark behind its end");
        match piece.memory {
            MemoryClass::Normal => {
                assert!(ram.start <= piece.start && piece.end <= ram.end, "{piece:x?} is not in memory");
            }
            MemoryClass::Device => assert!(!piece.meets(ram.start, ram.end), "{piece:x?} is memory, not a device"),
        }
        assert!(!piece.meets(KERNEL_MEMORY.start, KERNEL_MEMORY.end), "{piece:x?} covers memory of the kernel");
    }
}

/// Objects are disjoint, whatever they were made of. What lies in an untyped descends from it and lies below its watermark. Pieces are
/// aligned to their sizes, powers of two: of two of them one lies in the other, or they are disjoint.
///
/// # Panics
/// If not.
pub fn check_together(tree: &Tree, pieces: &[Piece]) {
    let mut sorted: Vec<&Piece> = pieces.iter().collect();
    sorted.sort_by_key(|piece| {
        (piece.start, Reverse(piece.end), piece.kind != ObjectKind::Untyped, tree[&piece.slot].depth)
    });
    let mut untypeds: Vec<&Piece> = Vec::new();
    let mut last: Option<&Piece> = None;
    for piece in sorted {
        while untypeds.last().is_some_and(|untyped| untyped.end <= piece.start) {
            untypeds.pop();
        }
        if let Some(last) = last.filter(|last| last.end > piece.start) {
            assert!(last.is_same_object(piece), "objects overlap: {last:x?} and {piece:x?}");
        }
        check_inside(tree, piece, untypeds.last().copied());
        if piece.kind == ObjectKind::Untyped {
            untypeds.push(piece);
        } else {
            last = Some(piece);
        }
    }
}

/// `untyped` is the innermost that the piece lies in.
fn check_inside(tree: &Tree, piece: &Piece, untyped: Option<&Piece>) {
    let above = tree[&piece.slot].untyped;
    let Some(untyped) = untyped else {
        assert_eq!(above, None, "{piece:x?} lies outside its untyped");
        return;
    };
    assert_eq!(above, Some(untyped.slot), "{piece:x?} lies in an untyped that it does not descend from: {untyped:x?}");
    assert!(piece.end <= untyped.used, "{piece:x?} lies above the watermark of {untyped:x?}");
}
