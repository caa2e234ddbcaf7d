//! The way into the kernel: `svc #0` and the few registers that a program reads. Called by everything else of this crate.
//!
//! The contract is that of [`SystemCall`]: `x0`–`x18` and `x30` do not survive, `x19`–`x29`, `sp` and the FP
//! registers do. The functions are safe to call: a system call changes the caller's memory only through capabilities
//! that the caller names, and a program that unmaps what it stands on stops with a fault. A program that puts
//! other contents where Rust values live has changed them itself; nobody else can.
#![allow(unsafe_code)]

use core::arch::asm;
use core::ptr::{read_volatile, write_volatile};

use crate::abi::SystemCall;
use crate::abi::memory::PAGE_SIZE;
use crate::abi::message::REGISTER_WORDS;
use crate::registers::Registers;

/// Any system call, with any number and arguments.
#[inline]
pub fn system_call(number: u64, registers: Registers) -> Registers {
    enter(number, registers)
}

/// [`SystemCall::Call`]. Returns status, tag and words in `x0`–`x7`.
#[inline(always)]
pub fn call(endpoint: u64, tag: u64, words: [u64; REGISTER_WORDS]) -> Registers {
    enter(SystemCall::Call as u64, with_words(endpoint, tag, words, 0))
}

/// [`SystemCall::ReplyReceive`]. Returns arrival, tag and words in `x0`–`x7`, the badge in `x9`.
#[inline(always)]
pub fn reply_receive(endpoint: u64, reply: u64, tag: u64, words: [u64; REGISTER_WORDS]) -> Registers {
    enter(SystemCall::ReplyReceive as u64, with_words(endpoint, tag, words, reply))
}

const fn with_words(capability: u64, tag: u64, words: [u64; REGISTER_WORDS], x9: u64) -> Registers {
    let [a, b, c, d, e, f] = words;
    Registers { x: [capability, tag, a, b, c, d, e, f], x9 }
}

/// Every argument register is set: one for each call, and for any number.
#[inline(always)]
fn enter(number: u64, registers: Registers) -> Registers {
    let [mut x0, mut x1, mut x2, mut x3, mut x4, mut x5, mut x6, mut x7] = registers.x;
    let mut x9 = registers.x9;
    // SAFETY: the kernel keeps x19-x29, sp and the FP registers; every other general register is named here as
    // changed, memory and flags are taken as changed by default, and nothing is pushed on the stack.
    unsafe {
        asm!(
            "svc #0",
            inlateout("x0") x0, inlateout("x1") x1, inlateout("x2") x2, inlateout("x3") x3,
            inlateout("x4") x4, inlateout("x5") x5, inlateout("x6") x6, inlateout("x7") x7,
            inlateout("x8") number => _, inlateout("x9") x9,
            lateout("x10") _, lateout("x11") _, lateout("x12") _, lateout("x13") _, lateout("x14") _,
            lateout("x15") _, lateout("x16") _, lateout("x17") _, lateout("x18") _, lateout("x30") _,
            options(nostack),
        );
    }
    Registers { x: [x0, x1, x2, x3, x4, x5, x6, x7], x9 }
}

/// [`SystemCall::Receive`] (or another receiving call). Returns arrival, tag and words in `x0`–`x7`, the badge in `x9`.
#[inline(always)]
pub fn receive(call: SystemCall, endpoint: u64, reply: u64) -> Registers {
    let (mut x0, mut x9) = (endpoint, reply);
    let (x1, x2, x3, x4, x5, x6, x7);
    // SAFETY: as in `enter`.
    unsafe {
        asm!(
            "svc #0",
            inlateout("x0") x0, lateout("x1") x1, lateout("x2") x2, lateout("x3") x3,
            lateout("x4") x4, lateout("x5") x5, lateout("x6") x6, lateout("x7") x7,
            inlateout("x8") call as u64 => _, inlateout("x9") x9,
            lateout("x10") _, lateout("x11") _, lateout("x12") _, lateout("x13") _, lateout("x14") _,
            lateout("x15") _, lateout("x16") _, lateout("x17") _, lateout("x18") _, lateout("x30") _,
            options(nostack),
        );
    }
    Registers { x: [x0, x1, x2, x3, x4, x5, x6, x7], x9 }
}

/// A call on one capability without further arguments, such as [`SystemCall::Signal`]. Returns the status and `x9`.
#[inline(always)]
pub fn on_capability(call: SystemCall, capability: u64) -> (u64, u64) {
    let mut x0 = capability;
    let x9;
    // SAFETY: as in `enter`.
    unsafe {
        asm!(
            "svc #0",
            inlateout("x0") x0, lateout("x1") _, lateout("x2") _, lateout("x3") _,
            lateout("x4") _, lateout("x5") _, lateout("x6") _, lateout("x7") _,
            inlateout("x8") call as u64 => _, lateout("x9") x9,
            lateout("x10") _, lateout("x11") _, lateout("x12") _, lateout("x13") _, lateout("x14") _,
            lateout("x15") _, lateout("x16") _, lateout("x17") _, lateout("x18") _, lateout("x30") _,
            options(nostack),
        );
    }
    (x0, x9)
}

/// Address of this thread's message buffer; 0 if it has none.
#[inline(always)]
pub fn buffer_address() -> u64 {
    let address;
    // SAFETY: reads TPIDRRO_EL0 (Arm ARM D24.2.157), which programs may read and only the kernel writes.
    unsafe { asm!("mrs {}, TPIDRRO_EL0", out(reg) address, options(nomem, nostack, preserves_flags)) };
    address
}

const BUFFER_WORDS: usize = PAGE_SIZE as usize / 8;

/// A word of this thread's message buffer; `None` without a buffer or past its end.
#[inline]
pub fn buffer_word(index: usize) -> Option<u64> {
    let address = buffer_address() as *const u64;
    if address.is_null() || index >= BUFFER_WORDS {
        return None;
    }
    // SAFETY: TPIDRRO_EL0 is 0 or a page of the user range where whoever set this thread up has mapped its buffer, 4 KiB,
    // writable (the kernel checks the range, not the mapping: without one the access faults); `index` is inside it, and
    // any value is a valid word.
    Some(unsafe { read_volatile(address.add(index)) })
}

/// Writes a word of this thread's message buffer; `None` without a buffer or past its end.
#[inline]
pub fn set_buffer_word(index: usize, word: u64) -> Option<()> {
    let address = buffer_address() as *mut u64;
    if address.is_null() || index >= BUFFER_WORDS {
        return None;
    }
    // SAFETY: as in `buffer_word`; no Rust reference to the buffer exists, since this file makes none.
    unsafe { write_volatile(address.add(index), word) };
    Some(())
}

/// The counter of the machine, in ticks.
#[inline(always)]
pub fn counter_ticks() -> u64 {
    let ticks;
    // SAFETY: reads CNTVCT_EL0 (Arm ARM D24.10.30), which the kernel lets programs read. Not `nomem`: it keeps its
    // place among system calls.
    unsafe { asm!("mrs {}, CNTVCT_EL0", out(reg) ticks, options(nostack, preserves_flags)) };
    ticks
}

/// Ticks of the counter per second.
#[inline(always)]
pub fn counter_frequency() -> u64 {
    let frequency;
    // SAFETY: reads CNTFRQ_EL0 (Arm ARM D24.10.1), which the kernel lets programs read.
    unsafe { asm!("mrs {}, CNTFRQ_EL0", out(reg) frequency, options(nomem, nostack, preserves_flags)) };
    frequency
}
