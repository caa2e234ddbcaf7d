//! What a program must not do. Each is done by one instruction that the MMU is expected to refuse, in assembly, since in Rust
//! it would be undefined behaviour.
#![allow(unsafe_code)]

use core::arch::asm;

use hello_interface::CrashKind;

/// An address in the upper half, where the kernel is.
const KERNEL_ADDRESS: u64 = 0xffff_0000_0000_0000;

/// The instruction `ret`.
const RETURN: u64 = 0xd65f_03c0;

/// Does it. Returns only if nobody stops us.
pub fn commit(kind: CrashKind) {
    match kind {
        CrashKind::Read => read_zero(),
        CrashKind::Jump => branch_to(KERNEL_ADDRESS),
        CrashKind::Stack => execute_stack(),
        CrashKind::Write => write_code(),
    }
}

fn read_zero() {
    // SAFETY: nothing of this program is at address 0; the load faults, or its result is dropped.
    unsafe { asm!("ldr {0}, [{0}]", inout(reg) 0u64 => _, options(nostack, readonly)) };
}

fn branch_to(address: u64) {
    // SAFETY: the fetch faults; the one piece of memory that could be executed here, `execute_stack`'s, returns at once
    // and is called as a function, with everything that a function may change named as changed.
    unsafe { asm!("blr {}", in(reg) address, clobber_abi("C")) };
}

fn execute_stack() {
    let code = [RETURN; 2];
    branch_to((&raw const code).addr() as u64);
}

fn write_code() {
    // SAFETY: writes the word at the label, an instruction that is never executed, if the write is let through at all.
    unsafe {
        asm!(
            "adr {address}, 2f",
            "str wzr, [{address}]",
            "b 3f",
            "2: udf #0",
            "3:",
            address = out(reg) _,
            options(nostack),
        );
    }
}
