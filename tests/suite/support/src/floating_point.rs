//! The FP/SIMD registers, which the compiler leaves alone in these programs: filled and looked at again, and a computation. May call
//! nothing.
#![allow(unsafe_code)]

use core::arch::naked_asm;

/// What a bit of [`hold`]'s result stands for, past the 32 registers: FPCR.
pub const CONTROL_BIT: u64 = 1 << 32;
/// FPSR.
pub const STATUS_BIT: u64 = 1 << 33;

/// What [`hold`] puts into the low half of `v`n.
#[must_use]
pub const fn low_half(seed: u64, number: u64) -> u64 {
    seed + number
}

/// What [`hold`] puts into the high half of `v`n.
#[must_use]
pub const fn high_half(seed: u64, number: u64) -> u64 {
    !(seed + number)
}

/// What [`hold`] puts into FPCR: a rounding mode.
#[must_use]
pub const fn control(seed: u64) -> u64 {
    (seed & 3) << 22
}

/// What [`hold`] puts into FPSR: cumulative exception bits.
#[must_use]
pub const fn status(seed: u64) -> u64 {
    seed & 0x1f
}

/// How [`hold`] passes its time.
#[derive(Clone, Copy, Debug)]
pub enum Pastime {
    /// It spins until the word at this address is not zero.
    Spin {
        /// A word that is mapped.
        address: u64,
    },
    /// It makes a system call.
    Call {
        /// Number of the call.
        number: u64,
        /// On which capability.
        capability: u64,
    },
}

/// Fills all FP/SIMD registers after the seed, passes its time, and tells which registers have changed by then: bit n for `v`n,
/// [`CONTROL_BIT`], [`STATUS_BIT`].
pub fn hold(seed: u64, pastime: Pastime) -> u64 {
    // SAFETY: keeps what the procedure call standard wants kept of the general registers; the compiler uses no FP register here. The
    // word is only loaded, and the system call is what `l4k_sys::stub` lets anybody do.
    unsafe {
        match pastime {
            Pastime::Spin { address } => hold_registers(seed, address, 0, 0),
            Pastime::Call { number, capability } => hold_registers(seed, 0, number, capability),
        }
    }
}

/// `x0` seed, `x1` address or 0, `x2` number, `x3` capability. Returns the registers that have changed.
// house: long function because no call may come between filling the registers and looking at them
#[unsafe(naked)]
unsafe extern "C" fn hold_registers(_: u64, _: u64, _: u64, _: u64) -> u64 {
    naked_asm!(
        ".arch_extension fp",
        ".arch_extension simd",
        "stp x29, x30, [sp, #-32]!",
        "stp x19, x20, [sp, #16]",
        "mov x19, x0",
        // low_half and high_half.
        ".irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
        "add x9, x19, #\\number",
        "mvn x10, x9",
        "mov v\\number\\().d[0], x9",
        "mov v\\number\\().d[1], x10",
        ".endr",
        "and x9, x19, #3",
        "lsl x9, x9, #22",
        "msr FPCR, x9",
        "and x9, x19, #0x1f",
        "msr FPSR, x9",
        // Spin, or call.
        "cbz x1, 3f",
        "2: ldr x9, [x1]",
        "cbz x9, 2b",
        "b 4f",
        "3: mov x8, x2",
        "mov x0, x3",
        "mov x1, xzr",
        "mov x9, xzr",
        "svc #0",
        "4: mov x0, xzr",
        // A bit for each register that has changed.
        ".irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
        "add x9, x19, #\\number",
        "mov x10, v\\number\\().d[0]",
        "eor x11, x9, x10",
        "mov x10, v\\number\\().d[1]",
        "mvn x9, x9",
        "eor x10, x9, x10",
        "orr x11, x11, x10",
        "cmp x11, #0",
        "cset x11, ne",
        "orr x0, x0, x11, lsl #\\number",
        ".endr",
        "and x9, x19, #3",
        "lsl x9, x9, #22",
        "mrs x10, FPCR",
        "cmp x9, x10",
        "cset x11, ne",
        "orr x0, x0, x11, lsl #32",
        "and x9, x19, #0x1f",
        "mrs x10, FPSR",
        "cmp x9, x10",
        "cset x11, ne",
        "orr x0, x0, x11, lsl #33",
        "ldp x19, x20, [sp, #16]",
        "ldp x29, x30, [sp], #32",
        ".arch_extension nosimd",
        ".arch_extension nofp",
        "ret",
    )
}

/// All bits that are set in any FP/SIMD register, FPCR and FPSR included.
pub fn bits_set() -> u64 {
    // SAFETY: reads FP registers only.
    unsafe { all_bits() }
}

#[unsafe(naked)]
unsafe extern "C" fn all_bits() -> u64 {
    naked_asm!(
        ".arch_extension fp",
        ".arch_extension simd",
        "mrs x0, FPCR",
        "mrs x9, FPSR",
        "orr x0, x0, x9",
        ".irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
        "mov x9, v\\number\\().d[0]",
        "orr x0, x0, x9",
        "mov x9, v\\number\\().d[1]",
        "orr x0, x0, x9",
        ".endr",
        ".arch_extension nosimd",
        ".arch_extension nofp",
        "ret",
    )
}

/// So many rounds of multiply, add, divide and subtract on the FP unit, each rounded by itself as [`in_software`] does it; the
/// result's bits.
pub fn compute(rounds: u64, start: u64) -> u64 {
    if rounds == 0 {
        return (start as f64).to_bits();
    }
    // SAFETY: keeps the general registers that the procedure call standard wants kept; the compiler uses no FP register here.
    unsafe { compute_rounds(rounds, start) }
}

#[unsafe(naked)]
unsafe extern "C" fn compute_rounds(_: u64, _: u64) -> u64 {
    naked_asm!(
        ".arch_extension fp",
        "ucvtf d0, x1",
        "fmov d1, #1.5",
        "fmov d2, #0.375",
        "fmov d3, #7.0",
        "2: fmul d0, d0, d1",
        "fadd d0, d0, d2",
        "fdiv d0, d0, d3",
        "fsub d0, d0, d1",
        "fmul d0, d0, d0",
        "subs x0, x0, #1",
        "b.ne 2b",
        "fmov x0, d0",
        ".arch_extension nofp",
        "ret",
    )
}

/// The same as [`compute`], without the FP unit.
#[must_use]
pub fn in_software(rounds: u64, start: u64) -> u64 {
    let mut value = start as f64;
    for _ in 0..rounds {
        value = (value * 1.5 + 0.375) / 7.0 - 1.5;
        value *= value;
    }
    value.to_bits()
}
