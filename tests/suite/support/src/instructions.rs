//! Encodings of the few instructions that tests write into memory and let threads run (Arm ARM C6.2). May call nothing.

/// `nop`.
pub const NOP: u32 = 0xd503_201f;
/// `ret`.
pub const RETURN: u32 = 0xd65f_03c0;
/// `udf #0`: where a routine ends, with a fault.
pub const END: u32 = 0;

/// `movz x{register}, #value`.
#[must_use]
pub const fn set(register: u32, value: u16) -> u32 {
    0xd280_0000 | (value as u32) << 5 | register
}

/// `add x{register}, x{register}, #value`; the value is below 4096.
#[must_use]
pub const fn add(register: u32, value: u32) -> u32 {
    0x9100_0000 | value << 10 | register << 5 | register
}

/// `b` by so many instructions, forward or back.
#[must_use]
pub const fn branch(instructions: i32) -> u32 {
    0x1400_0000 | instructions as u32 & 0x03ff_ffff
}

/// `b.eq` by so many instructions forward.
#[must_use]
pub const fn branch_if_equal(instructions: u32) -> u32 {
    0x5400_0000 | instructions << 5
}

/// `b.cs` by so many instructions forward.
#[must_use]
pub const fn branch_if_carry(instructions: u32) -> u32 {
    0x5400_0002 | instructions << 5
}

/// `svc #immediate`.
#[must_use]
pub const fn system_call(immediate: u32) -> u32 {
    0xd400_0001 | immediate << 5
}

/// `brk #immediate`.
#[must_use]
pub const fn breakpoint(immediate: u32) -> u32 {
    0xd420_0000 | immediate << 5
}

/// Loads 2^`bits` bytes from `[x{address}]`.
#[must_use]
pub const fn load(bits: u32, register: u32, address: u32) -> u32 {
    bits << 30 | 0x3940_0000 | address << 5 | register
}

/// Stores 2^`bits` bytes to `[x{address}]`.
#[must_use]
pub const fn store(bits: u32, register: u32, address: u32) -> u32 {
    bits << 30 | 0x3900_0000 | address << 5 | register
}

/// `ldxr x{register}, [x{address}]`.
#[must_use]
pub const fn load_exclusive(register: u32, address: u32) -> u32 {
    0xc85f_7c00 | address << 5 | register
}

/// `stxr w{status}, x{register}, [x{address}]`.
#[must_use]
pub const fn store_exclusive(status: u32, register: u32, address: u32) -> u32 {
    0xc800_7c00 | status << 16 | address << 5 | register
}

/// `mrs x{register}, TPIDR_EL0`.
#[must_use]
pub const fn read_thread_pointer(register: u32) -> u32 {
    0xd53b_d040 | register
}

/// `msr TPIDR_EL0, x{register}`.
#[must_use]
pub const fn write_thread_pointer(register: u32) -> u32 {
    0xd51b_d040 | register
}
