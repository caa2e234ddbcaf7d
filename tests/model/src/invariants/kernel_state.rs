//! What a core and the kernel keep outside of objects refers to live objects only (invariants 4 and 6). Calls nobody.

use super::reach::Reached;
use crate::world::CORE;
use l4k::base::arch::SpaceRoot;
use l4k::machine::simulated::Simulated;
use l4k::operation::system::System;

/// The space that is loaded, the thread whose registers are, and who made the present call.
///
/// # Panics
/// If one is gone, or the machine has another loaded than the kernel believes.
pub fn check(system: &System<Simulated>, reached: &Reached) {
    let core = system.core(CORE);
    assert_eq!(core.loaded, system.store.machine.processors[0].root, "the loaded address space");
    if core.loaded != SpaceRoot::Nothing {
        let alive = reached.spaces.iter().any(|space| system.root_of_space(*space) == core.loaded);
        assert!(alive, "the loaded address space is gone: {:?}", core.loaded);
    }
    let threads = [("whose registers are loaded", core.loaded_thread), ("that makes a call", system.caller)];
    for (what, thread) in threads {
        assert!(thread.is_none_or(|thread| reached.threads.contains(&thread)), "the thread {what} is gone: {thread:?}");
    }
}
