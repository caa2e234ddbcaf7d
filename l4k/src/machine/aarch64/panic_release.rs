//! A release build without the debug console has no panic: its handler calls a function that does not exist, so that the linker fails if
//! anything that is linked can panic.
#![allow(unsafe_code)]

use core::panic::PanicInfo;

unsafe extern "C" {
    /// Does not exist. The linker names it if the kernel can panic.
    fn l4k_the_kernel_can_panic() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: is never called, since nothing that calls it can be linked.
    unsafe { l4k_the_kernel_can_panic() }
}
