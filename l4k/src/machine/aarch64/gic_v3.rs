//! Where `arm-gic`'s driver for GICv3 gets its registers.
#![allow(unsafe_code)]

use arm_gic::UniqueMmioPointer;
use arm_gic::gicv3::GicV3;
use arm_gic::gicv3::registers::{Gicd, GicrSgi};
use core::ptr::NonNull;

/// The driver on registers at two virtual addresses, for the first core. `None` if they hold no GICv3.
pub fn at(distributor: u64, redistributor: u64) -> Option<GicV3<'static>> {
    let distributor = NonNull::new(distributor as *mut Gicd)?;
    let redistributor = NonNull::new(redistributor as *mut GicrSgi)?;
    // SAFETY: start-up mapped both blocks as device memory at these addresses, once, and calls this once: no other pointer to them exists.
    let distributor = unsafe { UniqueMmioPointer::new(distributor) };
    // SAFETY: as above, for the redistributor of core 0, two frames of 64 KiB.
    unsafe { GicV3::new(distributor, redistributor, 1) }.ok()
}
