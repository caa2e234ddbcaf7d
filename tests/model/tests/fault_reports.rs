//! What the kernel prints about a fault that nobody handles.

use l4k_model::objects::Time;
use l4k_model::world::{World, slot};
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, ObjectKind, Rights, SystemCall};

const PAGE: u64 = 4096;
const STACK: u64 = 0x4000_0000;

/// A world in which a thread has a stack of three pages and has faulted at an address, and what the kernel said.
fn said(access: Access, cause: FaultCause, address: u64, stack_pointer: u64) -> String {
    let mut world = World::new();
    let thread = world.spawn(200, Time::Own);
    for page in 0..3 {
        let frame = world.make(ObjectKind::Frame, 12);
        let rights = Rights::READ.union(Rights::WRITE).bits();
        world.call(SystemCall::FrameMap, &[frame, slot::ADDRESS_SPACE, STACK + page * PAGE, rights, 0]).unwrap();
    }
    world.run(thread.thread);
    world.fault(Fault {
        kind: FaultKind::Page,
        access,
        cause,
        level: 3,
        instruction_pointer: 0x20_0000,
        address,
        syndrome: 0,
        stack_pointer,
        link_register: 0,
    });
    String::from_utf8(world.kernel.system.store.machine.console.clone()).unwrap()
}

const OVERFLOW: &str = "stack overflow";

#[test]
fn a_stack_overflow_is_called_one_with_its_size() {
    for (address, stack_pointer) in [(STACK - 16, STACK), (STACK - PAGE, STACK - PAGE), (STACK - 8, STACK - PAGE + 8)] {
        let said = said(Access::Write, FaultCause::NotMapped, address, stack_pointer);
        assert!(said.contains("no fault handler"), "{said}");
        assert!(said.contains("l4k:   stack overflow: the stack has 12288 bytes\n"), "{said}");
    }
}

#[test]
fn other_faults_are_no_stack_overflow() {
    use FaultCause::{NotMapped, Permission};
    for (access, cause, address, stack_pointer) in [
        // Below the guard page; far from the stack pointer; no access of data; something is mapped there; above the stack.
        (Access::Write, NotMapped, STACK - PAGE - 8, STACK - PAGE),
        (Access::Write, NotMapped, STACK - 16, STACK + 2 * PAGE),
        (Access::Execute, NotMapped, STACK - 16, STACK),
        (Access::Write, Permission, STACK - 16, STACK),
        (Access::Write, NotMapped, STACK + 3 * PAGE, STACK + 3 * PAGE),
    ] {
        let said = said(access, cause, address, stack_pointer);
        assert!(said.contains("no fault handler") && !said.contains(OVERFLOW), "{said}");
    }
}
