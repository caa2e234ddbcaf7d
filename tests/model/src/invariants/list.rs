//! The list of all invariants, in the order in which they are checked: what later ones stand on comes first. Calls every file here.

use super::reach::{Reached, reach};
use super::{
    buffers, derivation, free_memory, identifiers, interrupts, kernel_state, liveness, queues, ranges, references,
    remnants, replies, rights, short_cuts, tables, time, translations,
};
use crate::world::World;

/// Checks every invariant.
///
/// # Panics
/// With the name of the invariant that does not hold.
pub fn check(world: &World) {
    let system = &world.kernel.system;
    let reached: Reached = reach(world);
    derivation::check_links(&reached);
    let tree = derivation::tree(&reached);
    let pieces = ranges::pieces(system, &reached);
    ranges::check_each(world, &pieces);
    ranges::check_together(&tree, &pieces);
    rights::check(&reached, &tree);
    remnants::check(system, &reached);
    liveness::check_counters(system, &reached);
    liveness::check_live(system, &reached);
    free_memory::check_some(world, &reached);
    references::check(system, &reached);
    queues::check_waiting(system, &reached);
    queues::check_ready(system, &reached);
    queues::check_links(system, &reached);
    short_cuts::check(system, &reached);
    replies::check_lists(system, &reached);
    replies::check_chains(system, &reached);
    replies::check_lent_time(system, &reached);
    replies::check_overdue(system, &reached);
    time::check(system, &reached);
    identifiers::check(system, &reached);
    let leaves = tables::check(world, &reached, &pieces);
    translations::check(system, &leaves);
    kernel_state::check(system, &reached);
    buffers::check(system, &reached);
    interrupts::check(system, &reached);
}
