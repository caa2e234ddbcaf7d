//! Single instructions and registers that the tests need and the compiler would not let them have: loads, stores and jumps that
//! are meant to fault, and the registers around a system call. May call nothing.
#![allow(unsafe_code)]

use core::arch::{asm, naked_asm};

use crate::arena::{KERNEL_ADDRESS, is_free_for_tests};
use crate::instructions::RETURN;
use crate::misdeed::{Misdeed, UNKNOWN_CALL};

/// The general registers after a system call: element n is `x`n, 31 is `sp`, 32 is `sp` before the call.
pub type Snapshot = [u64; 33];

/// What `x`n holds before the call of [`around_system_call`], for n from 10.
#[must_use]
pub const fn filling(number: usize) -> u64 {
    0x5a00 + number as u64
}

/// Makes a system call with `x10`–`x30` filled, and tells what is in every register after it.
pub fn around_system_call(number: u64, capability: u64, tag: u64) -> Snapshot {
    let mut snapshot = [0; 33];
    // SAFETY: writes 33 words at the pointer, keeps what the procedure call standard wants kept, and does with the number
    // what `l4k_sys::stub` does, which is safe.
    unsafe { snapshot_around(&mut snapshot, number, capability, tag) };
    snapshot
}

/// `x0` snapshot, `x1` number, `x2` capability, `x3` tag.
#[unsafe(naked)]
unsafe extern "C" fn snapshot_around(_: &mut Snapshot, _: u64, _: u64, _: u64) {
    naked_asm!(
        // What the caller wants back (AAPCS64 6.1.1), then the snapshot's address, at sp.
        "stp x29, x30, [sp, #-112]!",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "str x0, [sp, #96]",
        "mov x9, sp",
        "str x9, [x0, #256]",
        "mov x8, x1",
        "mov x0, x2",
        "mov x1, x3",
        "mov x2, xzr; mov x3, xzr",
        "mov x9, xzr",
        ".irp number, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30",
        "mov x\\number, #(0x5a00 + \\number)",
        ".endr",
        "svc #0",
        // x0 and x1 give way to the snapshot's address.
        "stp x0, x1, [sp, #-16]!",
        "ldr x0, [sp, #112]",
        ".irp number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29",
        "str x\\number, [x0, #(8 * \\number)]",
        ".endr",
        "add x1, sp, #16",
        "stp x30, x1, [x0, #240]",
        "ldp x2, x3, [sp], #16",
        "stp x2, x3, [x0]",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp x29, x30, [sp], #112",
        "ret",
    )
}

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
