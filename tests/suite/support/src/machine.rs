//! Single instructions and registers that the tests need and the compiler would not let them have: loads, stores and jumps that
//! are meant to fault. May call nothing.
#![allow(unsafe_code)]

use core::arch::asm;

use crate::arena::{KERNEL_ADDRESS, is_free_for_tests};
use crate::instructions::RETURN;
use crate::misdeed::{Misdeed, UNKNOWN_CALL};

/// Keeps three values in registers while it spins until the word at `address` in the arena is not zero; then gives them back.
/// Interrupts and other threads come in between.
pub fn spin_with_registers(address: u64, values: [u64; 3]) -> [u64; 3] {
    let [mut first, mut second, mut third] = values;
    // SAFETY: loads only, of a word that no Rust value overlaps or that is not mapped, in which case the thread stops.
    unsafe {
        asm!(
            "2: ldr {scratch}, [{address}]",
            "cbz {scratch}, 2b",
            scratch = out(reg) _,
            address = in(reg) address,
            inout("x9") first,
            inout("x20") second,
            inout("x28") third,
            options(nostack, readonly),
        );
    }
    [first, second, third]
}

/// Reads a word, whatever is there; faults if nothing is.
pub fn read(address: u64) -> u64 {
    let word;
    // SAFETY: one load, which changes nothing that a Rust value is made of; where nothing is mapped it faults.
    unsafe { asm!("ldr {}, [{}]", out(reg) word, in(reg) address, options(nostack, readonly)) };
    word
}

/// Says that others have more to do than this thread, which looks at something again and again (`yield`, C6.2).
pub fn pause() {
    // SAFETY: a hint, which changes no register and no memory.
    unsafe { asm!("yield", options(nomem, nostack, preserves_flags)) };
}

/// Writes a word; faults if nothing is there. Outside the tests' addresses it does nothing.
pub fn write(address: u64, word: u64) {
    if !is_free_for_tests(address) {
        return;
    }
    // SAFETY: one store to where no Rust value lies, as was checked.
    unsafe { asm!("str {}, [{}]", in(reg) word, in(reg) address, options(nostack)) };
}

/// Reads a device register of 32 bits.
pub fn read_register(address: u64) -> u32 {
    let word: u32;
    // SAFETY: one load, as in `read`; not `readonly`, since a device may take notice.
    unsafe { asm!("ldr {:w}, [{}]", out(reg) word, in(reg) address, options(nostack)) };
    word
}

/// Writes a device register or an instruction of 32 bits. Outside the tests' addresses it does nothing.
pub fn write_register(address: u64, word: u32) {
    if !is_free_for_tests(address) {
        return;
    }
    // SAFETY: as in `write`.
    unsafe { asm!("str {:w}, [{}]", in(reg) word, in(reg) address, options(nostack)) };
}

/// Calls code that a test has written, which keeps to the procedure call standard, and gives back its `x0`.
pub fn call(address: u64) -> u64 {
    let result;
    // SAFETY: at the tests' addresses there is code of theirs that returns, or nothing that can be executed, and the
    // fetch faults; anywhere else in the program only `execute_stack` jumps, to a `ret`, and `misaligned_jump`, to where
    // no instruction can begin (Arm ARM D1.3.10).
    unsafe { asm!("blr {}", in(reg) address, lateout("x0") result, clobber_abi("C")) };
    result
}

/// Commits a misdeed. Returns only if nobody stops it, or if a handler lets it go on.
pub fn commit(misdeed: Misdeed) {
    match misdeed {
        Misdeed::ReadZero => drop_word(read(0)),
        Misdeed::ReadKernel => drop_word(read(KERNEL_ADDRESS)),
        Misdeed::WriteKernel => write(KERNEL_ADDRESS, 0),
        Misdeed::JumpKernel => drop_word(call(KERNEL_ADDRESS)),
        Misdeed::ExecuteStack => execute_stack(),
        Misdeed::WriteCode => write_code(),
        Misdeed::MisalignedJump => misaligned_jump(),
        other => commit_instruction(other),
    }
}

/// The misdeeds that are one instruction without operands.
fn commit_instruction(misdeed: Misdeed) {
    // SAFETY: each of them is refused by the processor or by the kernel, or changes nothing but the registers named.
    unsafe {
        match misdeed {
            Misdeed::Undefined => asm!("udf #0", options(nostack)),
            Misdeed::PrivilegedRegister => asm!("mrs {}, SCTLR_EL1", out(reg) _, options(nostack)),
            Misdeed::UnknownCall => asm!("svc #0", in("x8") UNKNOWN_CALL, clobber_abi("C"), options(nostack)),
            Misdeed::CallWithImmediate => asm!("svc #1", in("x8") 10u64, clobber_abi("C"), options(nostack)),
            Misdeed::MisalignedStack => asm!("sub sp, sp, #8", "ldr {}, [sp]", "add sp, sp, #8", out(reg) _),
            Misdeed::Breakpoint => asm!("brk #7", options(nostack)),
            // fmov d0, x0
            Misdeed::FloatingPoint => asm!(".inst 0x9e670000", options(nostack)),
            _ => {}
        }
    }
}

fn drop_word(_: u64) {}

fn execute_stack() {
    let code = [RETURN; 2];
    drop_word(call((&raw const code).addr() as u64));
}

/// To where code is, so that the alignment is all there is to complain of.
fn misaligned_jump() {
    drop_word(call(misaligned_jump as fn() as usize as u64 + 2));
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
