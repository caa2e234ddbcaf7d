//! The FP/SIMD registers of a thread that uses them: they lie behind the thread, in the second half of its object.

use super::thread::Thread;
use crate::base::index::element_mut;
use crate::base::store::{Object, Ref};
use l4k_sys::abi::object::{FLOATING_POINT_THREAD_BITS, THREAD_BITS};
use l4k_sys::abi::thread::register;

/// FP/SIMD registers. The assembly that stores and loads them relies on this layout through `offset_of!`.
#[derive(Clone, Debug)]
#[repr(C, align(32))]
pub struct FloatingPoint {
    /// v0–v31, the low half of each first.
    pub v: [u64; 64],
    /// FPCR.
    pub control: u64,
    /// FPSR.
    pub status: u64,
}

impl Object for FloatingPoint {
    const BITS: u8 = THREAD_BITS;
}

const _: () = assert!(FLOATING_POINT_THREAD_BITS == THREAD_BITS + 1);

impl FloatingPoint {
    /// All zero.
    pub const NEW: FloatingPoint = FloatingPoint { v: [0; 64], control: 0, status: 0 };

    /// The register with a number of [`register`].
    #[must_use]
    pub fn register(&mut self, number: u64) -> Option<&mut u64> {
        match number {
            register::FLOATING_POINT_CONTROL => Some(&mut self.control),
            register::FLOATING_POINT_STATUS => Some(&mut self.status),
            _ => element_mut(&mut self.v, number.checked_sub(register::FLOATING_POINT_FIRST)?),
        }
    }
}

impl Ref<Thread> {
    /// The second half of a thread object that was made with room for FP/SIMD registers.
    #[must_use]
    pub const fn floating_point(self) -> Ref<FloatingPoint> {
        self.part(1 << THREAD_BITS)
    }
}
