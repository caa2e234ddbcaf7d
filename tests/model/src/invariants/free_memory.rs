//! Free untyped memory is zero (invariant 3). Reading all of it takes long, so that most checks look at some of it only: at what is
//! handed out next, and at a part that is another each time. Calls `reach`.

use super::reach::{Reached, reach};
use super::walk::word;
use crate::world::World;
use l4k::machine::simulated::Simulated;
use l4k::object::capability::{Capability, MemoryClass};
use l4k::operation::system::System;
use std::ops::Range;

/// Bytes looked at behind each watermark, and elsewhere.
const PART: u64 = 4096;

/// Checks of which one looks at everything.
const ALL_EVERY: u64 = 16;

/// A number coprime to every power of two, far from small multiples of them (2^64 over the golden ratio): steps of it go everywhere.
const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Reads some of the free memory, and all of it from time to time.
///
/// # Panics
/// If it is not zero.
pub fn check_some(world: &World, reached: &Reached) {
    let system = &world.kernel.system;
    let round = world.next_round();
    for Range { start, end } in free(reached) {
        if round % ALL_EVERY == ALL_EVERY - 1 {
            assert_zero(system, start..end, "free memory");
            continue;
        }
        assert_zero(system, start..end.min(start + PART), "free memory");
        let parts = (end - start) / PART;
        if parts > 1 {
            let part = start + round.wrapping_mul(STRIDE) % parts * PART;
            assert_zero(system, part..part + PART, "free memory");
        }
    }
}

/// Reads all free memory.
///
/// # Panics
/// If it is not zero.
pub fn check_all(world: &World) {
    for range in free(&reach(world)) {
        assert_zero(&world.kernel.system, range, "free memory");
    }
}

/// Normal memory above the watermarks of untypeds.
fn free(reached: &Reached) -> Vec<Range<u64>> {
    let free = |capability: Capability| match capability {
        Capability::Untyped { size_bits, memory: MemoryClass::Normal, watermark, base } => {
            Some(base.value() + u64::from(watermark) * 32..base.value() + size_bits.bytes())
        }
        _ => None,
    };
    reached.slots.values().filter_map(|contents| free(contents.capability)).collect()
}

/// Reads a range of whole words.
pub fn assert_zero(system: &System<Simulated>, range: Range<u64>, what: &str) {
    for address in range.step_by(8) {
        assert_eq!(word(system, address), 0, "{what} at {address:#x} is not zero");
    }
}
