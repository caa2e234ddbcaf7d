//! Single instructions that the programs need and the compiler would not let them have: the emulator's services, faults, the FP unit, words
//! of shared memory, registers of a device, and a loop of known length. May call nothing.
#![allow(unsafe_code)]

use core::arch::asm;

/// The page that two programs share; no Rust value lies in it.
pub const SHARED: u64 = 0x10_0000_0000;

/// The page with the registers of the device that interrupts; no Rust value lies in it.
pub const DEVICE: u64 = 0x18_0000_0000;

/// Where nothing is ever mapped.
pub const NOWHERE: u64 = 0x20_0000_0000;

const PAGE: u64 = 4096;

/// Operations of semihosting (Arm semihosting 3.0, 5.27 and 5.8).
const WRITE_TEXT: u64 = 0x04;
const EXIT: u64 = 0x18;

/// The reason of an exit: the application has ended.
const APPLICATION_EXIT: u64 = 0x2_0026;

fn service(operation: u64, parameter: u64) {
    // SAFETY: the emulator reads at the parameter what its callers have put there, and changes x0 alone. On a machine without the service the
    // instruction is a fault of the program.
    unsafe { asm!("hlt #0xf000", inout("x0") operation => _, in("x1") parameter, options(nostack)) };
}

/// Writes text to the emulator's error output.
pub fn tell(text: &str) {
    let mut line = [0u8; 256];
    for (place, byte) in line.iter_mut().take(255).zip(text.bytes()) {
        *place = byte;
    }
    service(WRITE_TEXT, line.as_ptr() as u64);
}

/// Ends the machine with a status.
pub fn end(status: u64) {
    let block = [APPLICATION_EXIT, status];
    service(EXIT, block.as_ptr() as u64);
}

/// Turns so many rounds of two instructions; one round at least.
#[inline(always)]
pub fn turn(rounds: u64) {
    // SAFETY: changes the one register that is named, and the flags.
    unsafe { asm!("2: subs {0}, {0}, #1", "b.ne 2b", inout(reg) rounds => _, options(nomem, nostack)) };
}

/// One addition on the FP unit.
#[inline(always)]
pub fn use_floating_point() {
    // SAFETY: changes d0 alone, in which the compiler keeps nothing: these programs are compiled without the unit.
    unsafe { asm!(".arch_extension fp", "fadd d0, d0, d0", ".arch_extension nofp", options(nomem, nostack)) };
}

/// Reads where nothing is mapped; comes back when somebody has mapped a page there.
pub fn read_nowhere() {
    // SAFETY: a load, which faults.
    unsafe { asm!("ldr {}, [{}]", out(reg) _, in(reg) NOWHERE, options(nostack, readonly)) };
}

/// Executes an undefined instruction; comes back when somebody has set the thread behind it.
pub fn be_undefined() {
    // SAFETY: the instruction is permanently undefined and changes nothing.
    unsafe { asm!("udf #0", options(nomem, nostack)) };
}

/// Word `index` of the shared page, of which there are 512; later loads and stores come after it.
#[inline(always)]
pub fn load(index: u64) -> u64 {
    let word;
    // SAFETY: a load in the shared page, in which no Rust value lies; it faults if nothing is mapped.
    unsafe { asm!("ldar {}, [{}]", out(reg) word, in(reg) word_address(index), options(nostack)) };
    word
}

/// Sets word `index` of the shared page; earlier loads and stores come before it.
#[inline(always)]
pub fn store(index: u64, word: u64) {
    // SAFETY: a store in the shared page, in which no Rust value lies; it faults if nothing is mapped.
    unsafe { asm!("stlr {}, [{}]", in(reg) word, in(reg) word_address(index), options(nostack)) };
}

/// The register of 32 bits at an offset in the device's page.
pub fn read_register(offset: u64) -> u32 {
    let word: u32;
    // SAFETY: a load in the device's page, in which no Rust value lies; it faults if nothing is mapped. Not `readonly`,
    // since a device may take notice.
    unsafe { asm!("ldr {:w}, [{}]", out(reg) word, in(reg) register_address(offset), options(nostack)) };
    word
}

/// Sets the register of 32 bits at an offset in the device's page.
pub fn write_register(offset: u64, word: u32) {
    // SAFETY: a store in the device's page, in which no Rust value lies; it faults if nothing is mapped.
    unsafe { asm!("str {:w}, [{}]", in(reg) word, in(reg) register_address(offset), options(nostack)) };
}

const fn register_address(offset: u64) -> u64 {
    DEVICE + offset % PAGE
}

const fn word_address(index: u64) -> u64 {
    SHARED + index * 8 % PAGE
}
