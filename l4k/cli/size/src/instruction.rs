//! The few instructions of AArch64 that tell where control goes and what becomes of the stack pointer (Arm ARM C4.1 and C6.2). May call nothing
//! of this directory.

/// The number of the stack pointer where an instruction takes one, else of the zero register.
const STACK_POINTER: u8 = 31;

/// The frame pointer, from which a function's end may restore the stack pointer.
const FRAME_POINTER: u8 = 29;

/// What an instruction does, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// `bl`: a call of an address.
    Call(u64),
    /// `b`: a jump to an address.
    Jump(u64),
    /// `b.cond`, `cbz`, `cbnz`, `tbz`, `tbnz`: a jump to an address, or on.
    JumpIf(u64),
    /// `blr`: a call of what a register holds.
    CallRegister,
    /// `br`: a jump to what a register holds.
    JumpRegister(u8),
    /// `ret`, `eret`: the end.
    Return,
    /// `adr`: an address to a register.
    Address { to: u8, address: u64 },
    /// `adrp`: the address of a page to a register.
    Page { to: u8, page: u64 },
    /// `add` of a constant.
    AddConstant { to: u8, from: u8, constant: u64 },
    /// `add` of two registers; the second may be shifted.
    AddRegisters { to: u8, from: u8 },
    /// The stack pointer goes down.
    StackDown(u64),
    /// The stack pointer becomes a multiple of a power of two, at or below what a register holds.
    StackAligned(u64),
    /// The stack pointer becomes something that cannot be told from the instruction.
    StackUnknown,
    /// Everything else.
    Other,
}

/// Decodes the instruction at an address.
pub fn decode(word: u32, address: u64) -> Instruction {
    let to = field(word, 0, 5) as u8;
    let from = field(word, 5, 5) as u8;
    let relative = |low, bits| address.wrapping_add_signed(signed(word, low, bits) * 4);
    match word {
        _ if word & 0xfc00_0000 == 0x9400_0000 => Instruction::Call(relative(0, 26)),
        _ if word & 0xfc00_0000 == 0x1400_0000 => Instruction::Jump(relative(0, 26)),
        _ if word & 0xff00_0000 == 0x5400_0000 => Instruction::JumpIf(relative(5, 19)),
        _ if word & 0x7e00_0000 == 0x3400_0000 => Instruction::JumpIf(relative(5, 19)),
        _ if word & 0x7e00_0000 == 0x3600_0000 => Instruction::JumpIf(relative(5, 14)),
        // `blr` and `br`, with their forms for signed pointers.
        _ if word & 0xfee0_0000 == 0xd620_0000 => Instruction::CallRegister,
        _ if word & 0xfee0_0000 == 0xd600_0000 => Instruction::JumpRegister(from),
        _ if matches!(word & 0xffe0_0000, 0xd640_0000 | 0xd680_0000) => Instruction::Return,
        _ if word & 0x9f00_0000 == 0x1000_0000 => {
            Instruction::Address { to, address: address.wrapping_add_signed(page_field(word)) }
        }
        _ if word & 0x9f00_0000 == 0x9000_0000 => {
            Instruction::Page { to, page: (address & !0xfff).wrapping_add_signed(page_field(word) << 12) }
        }
        _ if word & 0xff80_0000 == 0x9100_0000 => add_constant(to, from, constant(word)),
        _ if word & 0xff20_0000 == 0x8b00_0000 => Instruction::AddRegisters { to, from },
        _ => stack(word, to, from),
    }
}

fn add_constant(to: u8, from: u8, constant: u64) -> Instruction {
    match (to, from) {
        // The frame goes away.
        (STACK_POINTER, STACK_POINTER | FRAME_POINTER) => Instruction::Other,
        (STACK_POINTER, _) => Instruction::StackUnknown,
        _ => Instruction::AddConstant { to, from, constant },
    }
}

/// What is left: the stack pointer by `sub` and by stores that move their base, and other ways to write it.
fn stack(word: u32, to: u8, from: u8) -> Instruction {
    let down = |bytes: i64| if bytes < 0 { Instruction::StackDown(bytes.unsigned_abs()) } else { Instruction::Other };
    match word {
        // `sub` of a constant; what only sets flags has the zero register here.
        _ if word & 0xff80_0000 == 0xd100_0000 && to == STACK_POINTER => match from {
            STACK_POINTER => Instruction::StackDown(constant(word)),
            // A frame that was aligned more: it goes away by way of the frame pointer.
            FRAME_POINTER => Instruction::Other,
            _ => Instruction::StackUnknown,
        },
        // `add` and `sub` of an extended register, and the logical operations with a constant but `ands`.
        _ if word & 0xbfe0_0000 == 0x8b20_0000 && to == STACK_POINTER => Instruction::StackUnknown,
        _ if word & 0x9f80_0000 == 0x9200_0000 && word & 0x6000_0000 != 0x6000_0000 && to == STACK_POINTER => {
            alignment(word).map_or(Instruction::StackUnknown, Instruction::StackAligned)
        }
        // Pairs, `[sp, #n]!` and `[sp], #n`, of 32, 64 and 128 bits.
        _ if word & 0x3a80_0000 == 0x2880_0000 && from == STACK_POINTER => {
            down(signed(word, 15, 7) << pair_scale(word))
        }
        // One register, `[sp, #n]!` and `[sp], #n`.
        _ if word & 0x3b20_0400 == 0x3800_0400 && from == STACK_POINTER => down(signed(word, 12, 9)),
        _ => Instruction::Other,
    }
}

/// The scale of a pair's offset, as a power of two.
fn pair_scale(word: u32) -> u32 {
    match (field(word, 26, 1), field(word, 30, 2)) {
        (0, size) => 2 + (size >> 1),
        (_, size) => 2 + size,
    }
}

/// The alignment that an `and` makes: its constant is as many zeros as the alignment has, below ones. The constant is written as the number of
/// its ones less one, and how far they are turned.
fn alignment(word: u32) -> Option<u64> {
    let (ones, turned) = (field(word, 10, 6) + 1, field(word, 16, 6));
    let is_mask = word & 0xffc0_0000 == 0x9240_0000 && ones == turned;
    is_mask.then(|| 1 << (64 - ones))
}

/// The constant of `add` and `sub`, which may be shifted by twelve.
fn constant(word: u32) -> u64 {
    u64::from(field(word, 10, 12)) << (12 * field(word, 22, 1))
}

/// The offset of `adr` and `adrp`, whose lowest two bits stand apart.
fn page_field(word: u32) -> i64 {
    signed(word, 5, 19) << 2 | i64::from(field(word, 29, 2))
}

fn field(word: u32, low: u32, bits: u32) -> u32 {
    word >> low & ((1 << bits) - 1)
}

fn signed(word: u32, low: u32, bits: u32) -> i64 {
    i64::from((word << (32 - low - bits)) as i32 >> (32 - bits))
}

#[cfg(test)]
mod tests {
    use super::Instruction::*;
    use super::decode;

    #[test]
    fn branches_go_where_the_arm_manual_says() {
        for (word, expected) in [
            (0x9400_0002, Call(0x1008)),
            (0x97ff_ffff, Call(0xffc)),
            (0x17ff_fffe, Jump(0xff8)),
            (0x5400_0041, JumpIf(0x1008)), // b.ne
            (0xb4ff_ffe0, JumpIf(0xffc)),  // cbz x0
            (0x3500_0040, JumpIf(0x1008)), // cbnz w0
            (0x3707_ffe0, JumpIf(0xffc)),  // tbnz w0, #0
            (0xd63f_0100, CallRegister),   // blr x8
            (0xd61f_0060, JumpRegister(3)),
            (0xd65f_03c0, Return),
            (0xd69f_03e0, Return), // eret
        ] {
            assert_eq!(decode(word, 0x1000), expected, "{word:#x}");
        }
    }

    #[test]
    fn addresses_are_made_as_the_arm_manual_says() {
        for (word, expected) in [
            (0x1000_0041, Address { to: 1, address: 0x1008 }),
            (0x70ff_ffe1, Address { to: 1, address: 0xfff }),
            (0xb000_0008, Page { to: 8, page: 0x2000 }),
            (0x9104_8128, AddConstant { to: 8, from: 9, constant: 0x120 }),
            (0x8b07_08c6, AddRegisters { to: 6, from: 6 }), // add x6, x6, x7, lsl #2
            (0xd503_201f, Other),                           // nop
        ] {
            assert_eq!(decode(word, 0x1000), expected, "{word:#x}");
        }
    }

    #[test]
    fn stack_pointer_is_followed() {
        for (word, expected) in [
            (0xd101_03ff, StackDown(64)),     // sub sp, sp, #64
            (0xd140_07ff, StackDown(0x1000)), // sub sp, sp, #1, lsl #12
            (0xa9be_7bfd, StackDown(32)),     // stp x29, x30, [sp, #-32]!
            (0xf81f_0ffe, StackDown(16)),     // str x30, [sp, #-16]!
            (0x9101_03ff, Other),             // add sp, sp, #64
            (0xa8c2_7bfd, Other),             // ldp x29, x30, [sp], #32
            (0xa901_07e0, Other),             // stp x0, x1, [sp, #16]
            (0xf840_07fe, Other),             // ldr x30, [sp], #0
            (0x9100_03bf, Other),             // mov sp, x29
            (0x9100_027f, StackUnknown),      // mov sp, x19
            (0x927c_ed3f, StackAligned(16)),  // and sp, x9, #~15
            (0x9274_cd3f, StackAligned(4096)),
            (0x927c_e93f, StackUnknown), // and sp, x9, #0xfffffffffffffff0 without the highest bit
            (0xcb28_63ff, StackUnknown), // sub sp, sp, x8
        ] {
            assert_eq!(decode(word, 0x1000), expected, "{word:#x}");
        }
    }
}
