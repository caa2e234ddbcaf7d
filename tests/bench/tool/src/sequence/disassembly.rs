//! Instructions as text. The decoder leaves names of system registers and operations as numbers; those that the kernel's ways through it have are
//! named here (Arm ARM C5.1, D24). May call nothing of this crate.

use yaxpeax_arch::{Arch, Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::ARMv8;

/// System registers, by the name that the decoder has for them.
const REGISTERS: [(&str, &str); 34] = [
    ("s2_0_c0_c2_2", "mdscr_el1"),
    ("s3_0_c0_c0_5", "mpidr_el1"),
    ("s3_0_c1_c0_0", "sctlr_el1"),
    ("s3_0_c1_c0_2", "cpacr_el1"),
    ("s3_0_c2_c0_0", "ttbr0_el1"),
    ("s3_0_c2_c0_1", "ttbr1_el1"),
    ("s3_0_c2_c0_2", "tcr_el1"),
    ("s3_0_c4_c0_0", "spsr_el1"),
    ("s3_0_c4_c0_1", "elr_el1"),
    ("s3_0_c4_c1_0", "sp_el0"),
    ("s3_0_c4_c2_2", "currentel"),
    ("s3_0_c4_c6_0", "icc_pmr_el1"),
    ("s3_0_c5_c2_0", "esr_el1"),
    ("s3_0_c6_c0_0", "far_el1"),
    ("s3_0_c7_c4_0", "par_el1"),
    ("s3_0_c10_c2_0", "mair_el1"),
    ("s3_0_c12_c0_0", "vbar_el1"),
    ("s3_0_c12_c1_0", "isr_el1"),
    ("s3_0_c12_c11_1", "icc_dir_el1"),
    ("s3_0_c12_c11_5", "icc_sgi1r_el1"),
    ("s3_0_c12_c12_0", "icc_iar1_el1"),
    ("s3_0_c12_c12_1", "icc_eoir1_el1"),
    ("s3_0_c13_c0_1", "contextidr_el1"),
    ("s3_0_c13_c0_4", "tpidr_el1"),
    ("s3_0_c14_c1_0", "cntkctl_el1"),
    ("s3_3_c0_c0_1", "ctr_el0"),
    ("s3_3_c4_c4_0", "fpcr"),
    ("s3_3_c4_c4_1", "fpsr"),
    ("s3_3_c9_c14_0", "pmuserenr_el0"),
    ("s3_3_c13_c0_3", "tpidrro_el0"),
    ("s3_3_c14_c0_0", "cntfrq_el0"),
    ("s3_3_c14_c3_1", "cntv_ctl_el0"),
    ("s3_3_c14_c3_2", "cntv_cval_el0"),
    ("pstate.0x1e", "daifset"),
];

/// Instructions of maintenance, by their words without the register.
const OPERATIONS: [(u32, &str); 11] = [
    (0xd508_7100, "ic ialluis"),
    (0xd508_7500, "ic iallu"),
    (0xd508_7620, "dc ivac"),
    (0xd50b_7420, "dc zva"),
    (0xd50b_7a20, "dc cvac"),
    (0xd50b_7b20, "dc cvau"),
    (0xd50b_7e20, "dc civac"),
    (0xd508_8320, "tlbi vae1is"),
    (0xd508_8340, "tlbi aside1is"),
    (0xd508_8300, "tlbi vmalle1is"),
    (0xd508_8700, "tlbi vmalle1"),
];

/// The text of an instruction word at an address. Addresses that it names are told from `base` on.
pub fn text(word: u32, address: u64, base: u64) -> String {
    if let Some((_, name)) = OPERATIONS.iter().find(|(known, _)| *known == word & !31) {
        let register = word & 31;
        return if register == 31 { (*name).to_owned() } else { format!("{name}, x{register}") };
    }
    let bytes = word.to_le_bytes();
    let Ok(decoded) = <ARMv8 as Arch>::Decoder::default().decode(&mut U8Reader::new(&bytes)) else {
        return format!(".word {word:#010x}");
    };
    with_extension(word, with_register(&with_target(&decoded.to_string(), address, base)))
}

/// With the extension of a 32-bit register that is added to a 64-bit one: the decoder calls it a shift, or leaves it out (C6.2.4).
fn with_extension(word: u32, text: String) -> String {
    const EXTENDED: u32 = 0x8b20_4000;
    match (word & 0x9fe0_e000 == EXTENDED, text.rsplit_once(", lsl ")) {
        (true, Some((before, shift))) => format!("{before}, uxtw {shift}"),
        (true, None) => text + ", uxtw",
        (false, _) => text,
    }
}

/// With the name of a system register.
fn with_register(text: &str) -> String {
    match REGISTERS.iter().find(|(known, _)| text.split([' ', ',']).any(|part| part == *known)) {
        Some((known, name)) => text.replacen(known, name, 1),
        None => text.to_owned(),
    }
}

/// With the address that is meant in the place of a distance.
fn with_target(text: &str, address: u64, base: u64) -> String {
    let Some((before, distance)) = text.rsplit_once('$') else { return text.to_owned() };
    let Some(number) = distance.get(1..).and_then(|digits| digits.strip_prefix("0x")) else { return text.to_owned() };
    let Ok(number) = u64::from_str_radix(number, 16) else { return text.to_owned() };
    // `adrp` counts pages (C6.2.13).
    let from = if text.starts_with("adrp ") { address & !0xfff } else { address };
    let target = if distance.starts_with('-') { from.wrapping_sub(number) } else { from.wrapping_add(number) };
    format!("{before}{}", offset(target, base))
}

/// An address as it is told: from the beginning of the kernel's code on.
pub fn offset(address: u64, base: u64) -> String {
    format!("{:05x}", address.wrapping_sub(base))
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn instructions_are_told_as_assemblers_take_them() {
        let words = [
            (0xa900_07e0, "stp x0, x1, [sp]"),
            (0xd345_fd29, "lsr x9, x9, #0x5"),
            (0x8b2c_450d, "add x13, x8, w12, uxtw #1"),
            (0xeb28_413f, "cmp x9, w8, uxtw"),
            (0x8b0c_050d, "add x13, x8, x12, lsl #1"),
            (0xd280_0028, "mov x8, #0x1"),
            (0xd518_2003, "msr ttbr0_el1, x3"),
            (0xd538_4115, "mrs x21, sp_el0"),
            (0xd53b_e042, "mrs x2, cntvct_el0"),
            (0xd508_831f, "tlbi vmalle1is"),
            (0xd508_8328, "tlbi vae1is, x8"),
            (0xd50b_742a, "dc zva, x10"),
            (0xd503_3b9f, "dsb ish"),
            (0xd503_42df, "msr daifset, #0x2"),
            (0xd69f_03e0, "eret"),
            (0xffff_ffff, ".word 0xffffffff"),
        ];
        for (word, expected) in words {
            assert_eq!(text(word, 0x4000, 0x4000), expected, "{word:#x}");
        }
    }

    #[test]
    fn targets_are_told_from_the_base_on() {
        let base = 0xffff_ffff_8000_0000;
        assert_eq!(text(0x5400_05c3, base + 0x4e1c, base), "b.lo 04ed4");
        assert_eq!(text(0x17ff_ffff, base + 0x4e1c, base), "b 04e18");
        assert_eq!(text(0x9000_0001, base + 0x9c, base), "adrp x1, 00000");
        assert_eq!(text(0x1013_7d00, base + 0x60, base), "adr x0, 27000");
    }
}
