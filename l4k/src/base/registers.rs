//! The registers of a thread while it is not running, in the layout that the vectors store and load.

use super::index::element_mut;
use l4k_sys::abi::message::REGISTER_WORDS;
use l4k_sys::abi::thread::register;
use l4k_sys::abi::{Arrival, Tag};

/// PSTATE.N, Z, C, V (Arm ARM C5.2.20, SPSR_EL1).
pub const FLAGS: u64 = 0xf << 28;

/// PSTATE.SS, software step (Arm ARM D2.12).
const STEP: u64 = 1 << 21;

/// Which registers of a [`Context`] the thread owns, and so how it is resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Shape {
    /// Stopped by a system call: x19–x29, sp, pc and pstate, and as results x0–x7, and x9 in its place for that. All others are zero on return.
    SystemCall = 0,
    /// Stopped by an interrupt or a fault, or not yet started: every register.
    Full = 1,
}

/// Number of the status register, x0.
pub const STATUS: usize = 0;
/// Number of the tag register, x1.
pub const TAG: usize = 1;
/// Number of the first register with a message word, x2.
pub const FIRST_WORD: usize = 2;
/// Number of the register with the system call's number on entry.
const X8: usize = 8;
/// Number of the register with the badge on return and the reply object on entry.
const X9: usize = 9;
/// Where the context of a thread in a system call has x8: in the place of x16, which does not survive, and is in one line of memory with what does.
pub const NUMBER: usize = 16;
/// Where it has x9: in the place of x17.
pub const BADGE: usize = 17;

/// The registers of a thread. The assembly of the vectors relies on this layout through `offset_of!`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Context {
    /// x0–x30.
    pub x: [u64; 31],
    /// SP_EL0.
    pub sp: u64,
    /// ELR_EL1.
    pub pc: u64,
    /// SPSR_EL1.
    pub pstate: u64,
    /// Which of them count.
    pub shape: Shape,
    /// TPIDR_EL0: the program's own.
    pub thread_pointer: u64,
    /// TPIDRRO_EL0: user address of the message buffer, 0 if there is none.
    pub buffer_address: u64,
}

/// PSTATE.F. An FIQ is an interrupt of group 0, which the kernel gives to nobody: whoever else raises one does not stop the kernel.
pub const FAST_INTERRUPTS_OFF: u64 = 1 << 6;

impl Context {
    /// All zero, user mode (PSTATE.M = EL0t), interrupts on but for fast ones.
    pub const START: Context = Context {
        x: [0; 31],
        sp: 0,
        pc: 0,
        pstate: FAST_INTERRUPTS_OFF,
        shape: Shape::Full,
        thread_pointer: 0,
        buffer_address: 0,
    };

    /// Makes the system call that the thread is in start again from the beginning when it is resumed: `svc` is 4 bytes long.
    #[inline(never)]
    pub fn restart_system_call(&mut self) {
        self.pc = self.pc.wrapping_sub(4);
        let number = self.x[NUMBER];
        self.own_all();
        self.x[X8] = number;
    }

    /// Makes the thread own every register: those that it would have found zero after its system call are zero.
    pub fn own_all(&mut self) {
        if self.shape == Shape::SystemCall {
            self.own_the_rest();
        }
    }

    #[inline(never)]
    fn own_the_rest(&mut self) {
        self.x[X9] = self.x[BADGE];
        for register in [X8].into_iter().chain(10..=18).chain([30]) {
            self.x[register] = 0;
        }
        self.shape = Shape::Full;
    }

    /// x9: what a thread in a system call has it for, or what it has in it.
    #[must_use]
    pub const fn badge(&self) -> u64 {
        match self.shape {
            Shape::SystemCall => self.x[BADGE],
            Shape::Full => self.x[X9],
        }
    }

    /// Begins a system call with the registers as they are, like the vectors.
    pub const fn begin_system_call(&mut self) {
        self.x[NUMBER] = self.x[X8];
        self.x[BADGE] = self.x[X9];
        self.shape = Shape::SystemCall;
    }

    /// Sets every result register: status, x1–x7, badge.
    pub fn set_results(&mut self, status: u64, values: [u64; 7], badge: u64) {
        self.x[STATUS] = status;
        for (register, value) in self.x[TAG..].iter_mut().zip(values) {
            *register = value;
        }
        self.x[BADGE] = badge;
    }

    /// The same for a message, or what is told as one.
    pub fn set_message(&mut self, arrival: Arrival, tag: Tag, words: [u64; REGISTER_WORDS], badge: u64) {
        let [a, b, c, d, e, f] = words;
        self.set_results(arrival as u64, [tag.bits(), a, b, c, d, e, f], badge);
    }

    /// The register with a number of [`register`]; every register must be owned. Not for the flags.
    #[must_use]
    pub fn register(&mut self, number: u64) -> Option<&mut u64> {
        match number {
            register::STACK_POINTER => Some(&mut self.sp),
            register::INSTRUCTION_POINTER => Some(&mut self.pc),
            register::THREAD_POINTER => Some(&mut self.thread_pointer),
            _ => element_mut(&mut self.x, number),
        }
    }

    /// The condition flags.
    #[must_use]
    pub const fn flags(&self) -> u64 {
        self.pstate & FLAGS
    }

    /// Changes the condition flags, and nothing else of the status register.
    pub fn set_flags(&mut self, flags: u64) {
        self.pstate = self.pstate & !FLAGS | flags & FLAGS;
    }

    /// Sets the step bit: after the next return the thread executes one instruction, if it is stepped.
    pub fn arm_step(&mut self) {
        self.pstate |= STEP;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_program_can_be_interrupted_by_what_the_kernel_gives_to_nobody() {
        let mut context = Context::START;
        context.set_flags(u64::MAX);
        context.arm_step();
        context.set_flags(0);
        assert_eq!(context.pstate, FAST_INTERRUPTS_OFF | STEP, "PSTATE.F stays, and nothing else is masked");
    }
}
