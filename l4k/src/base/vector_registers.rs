//! The FP/SIMD registers of a thread that uses them, as they are stored. Calls nobody.

use super::index::element_mut;
use super::store::Object;
use l4k_sys::abi::object::THREAD_BITS;
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
