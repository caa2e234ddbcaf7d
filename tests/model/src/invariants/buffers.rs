//! The capabilities inside threads and Irqs are of the kinds that belong there; a message buffer is what the kernel writes messages
//! into without looking: a page of normal memory that its thread may read and write (invariant 13). Calls nobody.
//!
//! The kernel does not promise that the buffer is mapped: it is a copy of a frame capability, without a mapping of its own, and where the
//! program sees it is the program's affair.

use super::reach::Reached;
use l4k::base::address::UserPage;
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::capability::{Capability, MemoryClass};
use l4k::object::thread::{Thread, ThreadSlot};
use l4k::operation::system::System;
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::{FrameSize, Rights};

/// Checks the slots inside objects.
///
/// # Panics
/// If something is in them that does not belong there.
pub fn check(system: &System<Simulated>, reached: &Reached) {
    for &thread in &reached.threads {
        for which in ThreadSlot::ALL {
            let capability = system.store.get(thread.slot(which)).capability;
            let fits = match capability {
                Capability::Empty => true,
                Capability::CNode { .. } | Capability::Remnant { .. } => which == ThreadSlot::CNode,
                Capability::AddressSpace { .. } => which == ThreadSlot::AddressSpace,
                Capability::Endpoint { rights, .. } => {
                    matches!(which, ThreadSlot::FaultEndpoint | ThreadSlot::TimeoutEndpoint)
                        && rights.contains(Rights::CALL)
                }
                Capability::Frame { .. } => which == ThreadSlot::Buffer,
                _ => false,
            };
            assert!(fits, "{thread:?} has {capability:?} as its {which:?}");
        }
        check_buffer(system, thread);
    }
    for &irq in &reached.irqs {
        let capability = system.store.get(irq.notification()).capability;
        let fits = matches!(capability, Capability::Empty | Capability::Notification { .. });
        assert!(fits, "{irq:?} signals {capability:?}");
    }
}

fn check_buffer(system: &System<Simulated>, thread: Ref<Thread>) {
    let Ok(frame) = system.frame_in(thread.slot(ThreadSlot::Buffer)) else { return };
    let is_page = frame.size == FrameSize::Small && frame.memory == MemoryClass::Normal;
    assert!(is_page, "the buffer of {thread:?} is not a page of normal memory");
    let allowed = frame.rights.contains(Rights::READ.union(Rights::WRITE));
    assert!(allowed, "{thread:?} may not read and write its buffer");
    assert_eq!(frame.mapping, None, "the buffer of {thread:?} has a mapping of its own");
    let address = system.store.get(thread).context.buffer_address;
    assert!(UserPage::new(address, PAGE_SIZE).is_ok(), "the buffer of {thread:?} is at {address:#x}");
}
