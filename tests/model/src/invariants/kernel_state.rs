//! What a core and the kernel keep outside of objects refers to live objects only (invariants 4 and 6). Calls nobody.

use super::reach::Reached;
use l4k::base::arch::{CoreNumber, SpaceRoot};
use l4k::machine::simulated::{Simulated, Whereabouts};
use l4k::operation::system::System;
use std::collections::BTreeSet;

/// The space that each core has loaded, the thread whose registers it has, and who made the present call.
///
/// # Panics
/// If one is gone, or the machine has another loaded than the kernel believes.
pub fn check(system: &System<Simulated>, reached: &Reached) {
    for number in 0..system.core_count {
        check_core(system, reached, number);
    }
    let alive = system.caller.is_none_or(|thread| reached.threads.contains(&thread));
    assert!(alive, "the thread that makes a call is gone: {:?}", system.caller);
    let mut loaded = BTreeSet::new();
    for thread in system.cores.iter().filter_map(|core| core.loaded_thread) {
        assert!(loaded.insert(thread), "{thread:?} is loaded on two cores");
    }
}

fn check_core(system: &System<Simulated>, reached: &Reached, number: u8) {
    let core = system.core(CoreNumber(number));
    let processor = &system.store.machine.processors[usize::from(number)];
    assert_eq!(core.loaded, processor.root, "the loaded address space");
    assert_eq!(core.payer, None, "whoever has left core {number} has paid");
    if core.loaded != SpaceRoot::NOTHING {
        let alive = reached.spaces.iter().any(|space| system.root_of_space(*space) == core.loaded);
        assert!(alive, "the loaded address space is gone: {:?}", core.loaded);
    }
    if let Some(thread) = core.current
        && processor.whereabouts == Whereabouts::Program
        && number != system.here.0
    {
        // A thread that lost its space does not go on in it on another core. One that was given a space may still run in none.
        let own = [SpaceRoot::NOTHING, system.look_up_tables(thread)].contains(&core.loaded);
        assert!(own, "core {number} runs {thread:?} in another space than its own");
    }
    if let Some(thread) = core.loaded_thread {
        assert!(reached.threads.contains(&thread), "the thread whose registers are loaded is gone: {thread:?}");
    }
}
