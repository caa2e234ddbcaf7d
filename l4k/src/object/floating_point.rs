//! Where the FP/SIMD registers of a thread that uses them lie: behind the thread, in the second half of its object.

use super::thread::Thread;
use crate::base::store::Ref;
use crate::base::vector_registers::FloatingPoint;
use l4k_sys::abi::object::{FLOATING_POINT_THREAD_BITS, THREAD_BITS};

const _: () = assert!(FLOATING_POINT_THREAD_BITS == THREAD_BITS + 1);

impl Ref<Thread> {
    /// The second half of a thread object that was made with room for FP/SIMD registers.
    #[must_use]
    pub const fn floating_point(self) -> Ref<FloatingPoint> {
        self.part(1 << THREAD_BITS)
    }
}
