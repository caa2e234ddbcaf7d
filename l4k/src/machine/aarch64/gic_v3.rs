//! GICv3 (IHI 0069H): how it begins, and where `arm-gic`'s driver gets its registers. The beginning is our own: the crate's can panic.
#![allow(unsafe_code)]

use super::instructions::{read_device, write_device};
use arm_gic::UniqueMmioPointer;
use arm_gic::gicv3::GicV3;
use arm_gic::gicv3::registers::{Gicd, GicrSgi};
use core::ptr::NonNull;

/// Distributor registers, and those of a redistributor's second frame.
const CTLR: u64 = 0x000;
const TYPER: u64 = 0x004;
const IGROUPR: u64 = 0x080;
const ICENABLER: u64 = 0x180;
const ISPENDR: u64 = 0x200;
const IPRIORITYR: u64 = 0x400;
const ICFGR: u64 = 0xc00;
const IROUTER: u64 = 0x6000;

/// From a redistributor's first frame to its second.
const SECOND_FRAME: u64 = 0x1_0000;

/// GICD_CTLR, as seen without or from outside the secure state: group 1, affinity routing, a write that is under way.
const GROUP_1: u32 = 1 << 1;
const AFFINITY_ROUTING: u32 = 1 << 4;
const UNDER_WAY: u32 = 1 << 31;

/// Looks at GICD_CTLR before a write is given up.
const PATIENCE: u32 = 1_000_000;

/// Priority of every line, four times; the mask lets all below 0xf0 pass.
const PRIORITIES: u32 = 0xa0a0_a0a0;

/// Most lines that are shared by cores; 1020 to 1023 mean something else.
const LINES_END: u64 = 1020;

/// The driver on registers at two virtual addresses, for the first core: all lines masked, in group 1, of one priority, level-triggered, and the shared ones
/// sent to the first core. `None` if there is no GICv3.
pub fn at(distributor: u64, redistributor: u64) -> Option<GicV3<'static>> {
    reset_shared(distributor);
    reset_private(redistributor + SECOND_FRAME);
    let distributor = NonNull::new(distributor as *mut Gicd)?;
    let redistributor = NonNull::new(redistributor as *mut GicrSgi)?;
    // SAFETY: start-up mapped both blocks as device memory at these addresses, once, and calls this once: no other pointer to them exists but
    // the addresses by which `raise` writes GICD_ISPENDR, which the driver leaves alone.
    let distributor = unsafe { UniqueMmioPointer::new(distributor) };
    // SAFETY: as above, for the redistributor of core 0, two frames of 64 KiB.
    unsafe { GicV3::new(distributor, redistributor, 1) }.ok()
}

/// Makes a shared line pending: the one register that the driver does not write, neither does anybody else.
pub fn raise(distributor: u64, number: u32) {
    write_device(distributor + ISPENDR + u64::from(number / 32) * 4, 1 << (number % 32));
}

fn reset_shared(distributor: u64) {
    control(distributor, 0);
    let lines = (32 * (u64::from(read_device(distributor + TYPER) & 0x1f) + 1)).min(LINES_END);
    for word in 1..lines.div_ceil(32) {
        write_device(distributor + ICENABLER + word * 4, u32::MAX);
        write_device(distributor + IGROUPR + word * 4, u32::MAX);
    }
    for word in 8..lines.div_ceil(4) {
        write_device(distributor + IPRIORITYR + word * 4, PRIORITIES);
    }
    for word in 2..lines.div_ceil(16) {
        write_device(distributor + ICFGR + word * 4, 0);
    }
    // Routing is by affinity from here on, and not by the older target registers.
    control(distributor, AFFINITY_ROUTING);
    for line in 32..lines {
        write_device(distributor + IROUTER + line * 8, 0);
        write_device(distributor + IROUTER + line * 8 + 4, 0);
    }
    control(distributor, AFFINITY_ROUTING | GROUP_1);
}

fn reset_private(frame: u64) {
    write_device(frame + ICENABLER, u32::MAX);
    write_device(frame + IGROUPR, u32::MAX);
    for word in 0..8 {
        write_device(frame + IPRIORITYR + word * 4, PRIORITIES);
    }
}

fn control(distributor: u64, value: u32) {
    write_device(distributor + CTLR, value);
    for _ in 0..PATIENCE {
        if read_device(distributor + CTLR) & UNDER_WAY == 0 {
            return;
        }
    }
}
