//! Canaries: a thread fills all its registers, does one thing that takes it into the kernel, and looks at all of them again. May call `arena`.
#![allow(unsafe_code)]

use core::arch::naked_asm;
use core::mem::offset_of;

use crate::arena::is_free_for_tests;

/// Number of the stack pointer among [`Registers`]; those below are `x0`–`x30`.
pub const STACK_POINTER: usize = 31;
/// Number of the condition flags, which are bits 28 to 31.
pub const FLAGS: usize = 32;
/// Number of FPCR.
pub const CONTROL: usize = 33;
/// Number of FPSR.
pub const STATUS: usize = 34;
/// Number of the low half of `v0`; then its high half, `v1`, and so on.
pub const VECTORS: usize = 36;
/// How many there are.
pub const COUNT: usize = 100;

/// The registers of a thread. Number 35 stands for none.
pub type Registers = [u64; COUNT];

/// Whether a thread has FP/SIMD registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Units {
    /// It has not, and stops when it uses them.
    None = 0,
    /// It has.
    FloatingPoint = 1,
}

/// The one thing that a thread does with canaries in its registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Action {
    /// `svc #0`.
    SystemCall = 0,
    /// `svc #1`.
    OddCall = 1,
    /// Loads a word from the address in `x0`, into no register.
    Load = 2,
    /// Jumps to the address in `x0`, from where it returns with `ret`. `x30` is what that needs.
    Jump = 4,
    /// Spins until the word at the address in `x0` is not zero; then it is in `x28`.
    Spin = 8,
}

/// What a thread had in its registers, and what it found there.
#[derive(Clone, Debug)]
#[repr(C, align(16))]
pub struct Image {
    /// What it had: as it was asked for, but for the stack pointer and, after a jump, `x30`.
    pub given: Registers,
    /// What it found. Those of units that it does not have are as given.
    pub found: Registers,
    units: Units,
}

/// What [`filled`] puts into `x`n.
#[must_use]
pub const fn filling(seed: u64, number: usize) -> u64 {
    seed + 0x5a00 + number as u64
}

/// Canaries for all registers: those of another seed have no value in common if the seeds differ above the lowest 16 bits. Bits 32 to 36
/// of the seed are for the registers in which not every bit is free.
#[must_use]
pub fn filled(seed: u64) -> Registers {
    let few = seed >> 32 & 0x1f;
    let mut registers = core::array::from_fn(|number| filling(seed, number));
    (registers[STACK_POINTER], registers[VECTORS - 1]) = (0, 0);
    registers[FLAGS] = (few & 0xf) << 28;
    // The rounding mode and three more bits; five exception bits, and those in places of their own (Arm ARM C5.2.8, C5.2.9).
    registers[CONTROL] = few << 22;
    registers[STATUS] = few | (few & 1) << 7 | (few >> 1 & 1) << 27;
    for half in registers[VECTORS..].iter_mut().skip(1).step_by(2) {
        *half = !*half;
    }
    registers
}

/// Does one thing with these values in the registers, and tells what is in them after it.
pub fn around(action: Action, units: Units, given: &Registers) -> Image {
    let mut image = Image { given: *given, found: *given, units };
    if action == Action::Jump && !is_free_for_tests(given[0]) {
        return image;
    }
    // SAFETY: writes to the image only, and keeps what the procedure call standard wants kept; the compiler uses no FP register here.
    // The system call is what `l4k_sys::stub` lets anybody do, the load and the jump are what `machine::read` and `machine::call` do.
    unsafe { fill_and_look(&mut image, action as u64) };
    image
}

/// `x0` image, `x1` action.
// house: long function because no call may come between filling the registers and looking at them
#[unsafe(naked)]
unsafe extern "C" fn fill_and_look(_: &mut Image, _: u64) {
    naked_asm!(
        ".arch_extension fp",
        ".arch_extension simd",
        // What the caller wants back (AAPCS64 6.1.1); the image's address goes to where no system call and no thread comes.
        "stp x29, x30, [sp, #-112]!",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "mrs x9, TPIDR_EL0",
        "mov x10, sp",
        "str x9, [sp, #96]",
        "str x10, [x0, #{stack_pointer}]",
        "msr TPIDR_EL0, x0",
        // Fill all of them, x0 and x1 last.
        "ldr x9, [x0, #{units}]",
        "cbz x9, 2f",
        "ldp x9, x10, [x0, #{control}]",
        "msr FPCR, x9",
        "msr FPSR, x10",
        ".irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
        "ldr q\\number, [x0, #({vectors} + 16 * \\number)]",
        ".endr",
        "2: ldr x9, [x0, #{flags}]",
        "msr NZCV, x9",
        ".irp number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30",
        "ldr x\\number, [x0, #(8 * \\number)]",
        ".endr",
        // The thing itself. None of these branches looks at the flags.
        "tbnz x1, #0, 3f",
        "tbnz x1, #1, 4f",
        "tbnz x1, #2, 5f",
        "tbnz x1, #3, 6f",
        "ldp x0, x1, [x0]",
        "svc #0",
        "b 8f",
        "3: ldp x0, x1, [x0]",
        "svc #1",
        "b 8f",
        "4: ldp x0, x1, [x0]",
        "ldr xzr, [x0]",
        "b 8f",
        "5: adr x30, 8f",
        "str x30, [x0, #(8 * 30)]",
        "ldp x0, x1, [x0]",
        "br x0",
        "6: ldp x0, x1, [x0]",
        "7: ldr x28, [x0]",
        "cbz x28, 7b",
        // Look at all of them. x0 and x1 give way; below sp nobody writes.
        "8: stp x0, x1, [sp, #-16]",
        "mrs x0, TPIDR_EL0",
        "add x0, x0, #{found}",
        ".irp number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30",
        "str x\\number, [x0, #(8 * \\number)]",
        ".endr",
        "ldp x1, x2, [sp, #-16]",
        "stp x1, x2, [x0]",
        "mov x1, sp",
        "mrs x2, NZCV",
        "stp x1, x2, [x0, #{stack_pointer}]",
        "ldr x9, [x0, #({units} - {found})]",
        "cbz x9, 9f",
        "mrs x9, FPCR",
        "mrs x10, FPSR",
        "stp x9, x10, [x0, #{control}]",
        ".irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
        "str q\\number, [x0, #({vectors} + 16 * \\number)]",
        ".endr",
        "msr FPCR, xzr",
        // Back, on the stack that it was.
        "9: sub x0, x0, #{found}",
        "ldr x9, [x0, #{stack_pointer}]",
        "mov sp, x9",
        "ldr x9, [sp, #96]",
        "msr TPIDR_EL0, x9",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp x29, x30, [sp], #112",
        ".arch_extension nosimd",
        ".arch_extension nofp",
        "ret",
        stack_pointer = const 8 * STACK_POINTER,
        flags = const 8 * FLAGS,
        control = const 8 * CONTROL,
        vectors = const 8 * VECTORS,
        found = const offset_of!(Image, found),
        units = const offset_of!(Image, units),
    )
}

const _: () = assert!(offset_of!(Image, given) == 0 && offset_of!(Image, found) % 16 == 0 && VECTORS.is_multiple_of(2));
const _: () = assert!(FLAGS == STACK_POINTER + 1 && STATUS == CONTROL + 1 && VECTORS + 64 == COUNT);
